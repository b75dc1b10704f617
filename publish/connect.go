package publish

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/synadia-io/orbit.go/natscontext"

	"github.com/seed-7adb9000/diarizer/internal/bus"
	"github.com/seed-7adb9000/diarizer/internal/bus/wait"
)

// ErrUnreachable is matched by the error of [Connect] when no server answers.
var ErrUnreachable = errors.New("no NATS server answers")

// ConnectOptions say how to connect. The zero value is fine.
type ConnectOptions struct {
	// Name is what the server lists the connection as; "diarizer" if empty.
	Name string
	// Wait makes Connect return at once where no server answers, and keep trying.
	Wait bool
	// WaitFor is how long Connect tries again while no server answers. 0 is
	// one attempt.
	WaitFor time.Duration
	// Context, where not empty, names a context of the nats command, or the absolute path
	// of a context's file. It says where the server is, who connects and which JetStream
	// is used. Connect then ignores the URL.
	Context string
	// Domain is the JetStream domain that keeps events and sound, where it is not the
	// domain of the server: the hub's, for a client of a leaf node. APIPrefix is the
	// beginning of the subjects of the JetStream API where another account has it. Both
	// take precedence over Context.
	Domain, APIPrefix string
	// Security says who connects and whom it trusts.
	Security Security
	// Timeout bounds one attempt to connect; 5 s if 0.
	Timeout time.Duration
	// OnError hears of lost connections and of what the server complains
	// about, once for each kind of thing that is not permitted. It is called from
	// other goroutines.
	OnError func(error)
	// NATS adds options to the connection.
	NATS []nats.Option
}

const (
	connectTimeout  = 5 * time.Second
	reconnectAtMost = 5 * time.Second
)

// Connect connects to the NATS server at url, or to the first that answers of several
// separated by commas. It seeks a lost connection again without end, at random intervals
// of up to 5 s. Meanwhile it refuses messages, because the [Publisher] keeps them.
func Connect(ctx context.Context, url string, opts ConnectOptions) (*nats.Conn, error) {
	if opts.Name == "" {
		opts.Name = "diarizer"
	}
	if opts.Timeout == 0 {
		opts.Timeout = connectTimeout
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	where := Redact(url)
	if opts.Context != "" {
		where = "NATS context " + opts.Context
	}
	options, err := opts.options(where)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", where, err)
	}
	deadline := time.Now().Add(opts.WaitFor)
	for attempt := 0; ; attempt++ {
		nc, err := opts.dial(url, options)
		if err == nil {
			return nc, nil
		}
		err = connectError(where, err)
		if !errors.Is(err, ErrUnreachable) || !time.Now().Before(deadline) ||
			!wait.Sleep(ctx, min(reconnectDelay(attempt), time.Until(deadline))) {
			return nil, err
		}
	}
}

// dial connects to the server of the context, or to the URL if there is no context.
func (o ConnectOptions) dial(url string, options []nats.Option) (nc *nats.Conn, err error) {
	line := bus.NewLine()
	options = append(slices.Clip(options), line.Option())
	var settings natscontext.Settings
	if o.Context == "" {
		nc, err = nats.Connect(url, options...)
	} else {
		nc, settings, err = natscontext.Connect(o.Context, options...)
	}
	place := bus.Place{Domain: o.Domain, APIPrefix: o.APIPrefix}
	if place == (bus.Place{}) {
		place = bus.Place{Domain: settings.JSDomain, APIPrefix: settings.JSAPIPrefix}
	}
	line.Locate(place)
	return nc, err
}

// options are the options of a connection. where is its server, for messages.
func (o ConnectOptions) options(where string) ([]nats.Option, error) {
	security, err := o.Security.options()
	if err != nil {
		return nil, err
	}
	report := func(err error) {
		if o.OnError != nil && err != nil {
			o.OnError(err)
		}
	}
	options := []nats.Option{
		nats.Name(o.Name),
		nats.Timeout(o.Timeout),
		nats.MaxReconnects(-1),
		nats.CustomReconnectDelay(reconnectDelay),
		nats.ReconnectBufSize(-1),
		nats.RetryOnFailedConnect(o.Wait),
		nats.IgnoreAuthErrorAbort(),
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) {
			if err != nil {
				report(fmt.Errorf("%s: connection lost, trying again: %w", where, err))
			}
		}),
		nats.ReconnectHandler(bus.Reconnected),
		nats.ErrorHandler(func(nc *nats.Conn, _ *nats.Subscription, err error) {
			if err = bus.Hear(nc, err); err != nil {
				report(fmt.Errorf("%s: %w", where, err))
			}
		}),
	}
	return append(append(options, security...), o.NATS...), nil
}

// reconnectDelay grows from about 50 ms to 5 s and is random, so that many
// clients do not come back at once.
func reconnectDelay(attempt int) time.Duration {
	most := min(reconnectAtMost, 50*time.Millisecond<<min(attempt, 10))
	return most/2 + rand.N(most/2)
}

func connectError(where string, err error) error {
	var bad *url.Error
	switch {
	case errors.As(err, &bad): // whose text has the whole URL, with its password
		return fmt.Errorf("%s: expected a URL such as nats://host:4222, with special characters of a password escaped (%%2F)", where)
	case errors.Is(err, nats.ErrAuthorization), errors.Is(err, nats.ErrAuthExpired), errors.Is(err, nats.ErrAuthRevoked):
		return fmt.Errorf("%s: %w: check user, token or credentials", where, err)
	case errors.Is(err, nats.ErrNoServers), errors.Is(err, nats.ErrTimeout), isNetwork(err):
		return fmt.Errorf("%s: %w (%w): start one with \"nats-server -js\", or correct the URL; a meeting of listen has a server of its own, whose URL it prints", where, ErrUnreachable, err)
	}
	return fmt.Errorf("%s: %w", where, err)
}

func isNetwork(err error) bool {
	var n interface{ Timeout() bool } // net.Error and its relatives
	return errors.As(err, &n)
}

// Redact hides user, password and token in a URL or a list of URLs. Of what is no URL, it
// leaves no more than the host behind an @: the rest may be a password with special characters.
func Redact(urls string) string {
	parts := strings.Split(urls, ",")
	for i, p := range parts {
		at := strings.LastIndex(p, "@")
		u, err := parseURL(strings.TrimSpace(p))
		switch {
		case at < 0 && err == nil:
		case at < 0:
			parts[i] = "***"
		case err == nil && strings.Contains(p, "://"):
			parts[i] = u.Scheme + "://***@" + p[at+1:]
		default:
			parts[i] = "***@" + p[at+1:]
		}
	}
	return strings.Join(parts, ",")
}

// parseURL reads a URL as the library does, which adds a scheme where there is none.
func parseURL(text string) (*url.URL, error) {
	if !strings.Contains(text, "://") {
		text = "nats://" + text
	}
	return url.Parse(text)
}
