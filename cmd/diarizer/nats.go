package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/spf13/pflag"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/cli"
	"github.com/seed-7adb9000/diarizer/internal/session"
	"github.com/seed-7adb9000/diarizer/publish"
)

// natsFlags are the flags of every command that connects to a NATS server, without its URL.
type natsFlags struct {
	context  string
	domain   string
	security publish.Security
	wait     waitValue
}

func (o *natsFlags) register(f *pflag.FlagSet) {
	f.StringVar(&o.context, "nats-context", "", "connect as this context of the nats command says, instead of to a URL")
	f.StringVar(&o.domain, "nats-domain", "", "JetStream domain that keeps events and sound, such as that of the hub for a client of a leaf node (default as the context says, or the server's)")
	f.StringVar(&o.security.Creds, "nats-creds", "", "file with NATS credentials")
	f.StringVar(&o.security.NKey, "nats-nkey", "", "file with the seed of an nkey")
	f.StringVar(&o.security.Token, "nats-token", "", "file with a token")
	f.StringVar(&o.security.CA, "nats-ca", "", "PEM file of the authorities that the server is checked with")
	f.StringVar(&o.security.Cert, "nats-cert", "", "PEM file of the client's certificate")
	f.StringVar(&o.security.Key, "nats-key", "", "PEM file of that certificate's key")
	f.Var(&o.wait, "nats-wait", "how long to wait for a NATS server that is not there yet, such as 30s, or forever; with forever, listen, replay and run begin without it")
}

// connect connects as name to url, or to the server of --nats-context. It waits for the
// server as long as --nats-wait says.
func (o *natsFlags) connect(ctx context.Context, url, name string, onError func(error), more ...nats.Option) (*nats.Conn, error) {
	opts := o.options(name, onError)
	opts.NATS = more
	return connected(publish.Connect(ctx, url, opts))
}

// connected gives the error of a connection its exit status: that of a file that cannot be
// read, or that of a server.
func connected(nc *nats.Conn, err error) (*nats.Conn, error) {
	if cli.Status(err) == exitFailed {
		err = as(exitServer, err)
	}
	return nc, err
}

// begin connects as connect does, but returns at once with --nats-wait forever.
func (o *natsFlags) begin(ctx context.Context, url, name string, onError func(error)) (*nats.Conn, error) {
	opts := o.options(name, onError)
	opts.Wait = o.wait == forever
	return connected(publish.Connect(ctx, url, opts))
}

func (o *natsFlags) options(name string, onError func(error)) publish.ConnectOptions {
	return publish.ConnectOptions{Name: name, OnError: onError, Context: o.context, Domain: o.domain,
		Security: o.security, WaitFor: time.Duration(o.wait)}
}

// waitValue is a duration or forever.
type waitValue time.Duration

const forever = waitValue(math.MaxInt64)

func (w *waitValue) String() string {
	if *w == forever {
		return "forever"
	}
	return time.Duration(*w).String()
}

// Set reads what String returns.
func (w *waitValue) Set(s string) error {
	if s == "forever" {
		*w = forever
		return nil
	}
	d, err := time.ParseDuration(s)
	if err != nil || d < 0 {
		return fmt.Errorf("expected a duration such as 30s, or forever")
	}
	*w = waitValue(d)
	return nil
}

// Type names the value in the help.
func (w *waitValue) Type() string { return "duration" }

// publishFlags are the flags of every command that publishes events.
type publishFlags struct {
	natsFlags
	journal string
	retain  time.Duration
}

func (o *publishFlags) register(f *pflag.FlagSet) {
	o.natsFlags.register(f)
	f.StringVar(&o.journal, "journal", defaultJournal(), "directory that keeps events until the NATS server has them, or off; not used with an embedded server")
	f.DurationVar(&o.retain, "retain", 0, "how long the NATS server keeps events (default 720h, or as its stream is configured)")
}

// publishing returns the options of publishing to url. url is empty for an embedded server.
func (o *publishFlags) publishing(url string) session.Publishing {
	p := session.Publishing{Stream: publish.StreamOptions{Retain: o.retain}}
	if o.journal != "off" && (url != "" || o.context != "") {
		p.Journal = filepath.Join(o.journal, o.server(url))
	}
	return p
}

// server is the directory of a server in the journal, of its URL or context and its domain.
// Each server has a directory, so that events for one are not published to another.
func (o *natsFlags) server(url string) string {
	name := server(url, o.context)
	if o.domain != "" {
		name += "." + event.Token(o.domain)
	}
	return name
}

// journalIn makes the directory of a journal and checks that files can be made there. An
// empty dir is no journal. A full disk is no error: events then wait in memory.
func journalIn(dir string) error {
	if dir == "" {
		return nil
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return as(exitOutput, fmt.Errorf("--journal: %w", err))
	}
	f, err := os.CreateTemp(dir, "writable-")
	if err == nil {
		err = errors.Join(f.Close(), os.Remove(f.Name()))
	}
	if err != nil && !errors.Is(err, syscall.ENOSPC) {
		return as(exitOutput, fmt.Errorf("--journal: %w", err))
	}
	return nil
}

// server is a directory name for the server at a URL, or for that of a context.
func server(url, context string) string {
	if context != "" {
		return event.Token("context-" + filepath.Base(context))
	}
	hosts := strings.Split(url, ",")
	for i, h := range hosts {
		if _, rest, ok := strings.Cut(h, "://"); ok {
			h = rest
		}
		hosts[i] = strings.TrimSpace(h[strings.LastIndex(h, "@")+1:])
	}
	slices.Sort(hosts)
	return event.Token(strings.Join(hosts, ","))
}

// defaultJournal is in the user's directory for the state of programs.
func defaultJournal() string { return filepath.Join(stateHome(), "diarizer", "journal") }

// stateHome is XDG_STATE_HOME, or the default of the XDG Base Directory Specification; on
// Windows, it is the directory for local data.
func stateHome() string {
	if dir := os.Getenv("XDG_STATE_HOME"); filepath.IsAbs(dir) {
		return dir
	}
	if runtime.GOOS == "windows" {
		if dir, err := os.UserCacheDir(); err == nil {
			return dir
		}
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return os.TempDir()
	}
	return filepath.Join(home, ".local", "state")
}
