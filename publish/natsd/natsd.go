// Package natsd runs a NATS server with JetStream inside this process, so that publishing and
// subscribing need no installed server.
package natsd

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

// Options say where the server listens and keeps its streams. The zero value listens on a free port of
// the loopback interface and deletes the streams when it stops.
type Options struct {
	// Host is the address to listen on, 127.0.0.1 if empty.
	Host string
	// Port is the port to listen on, a free one if 0.
	Port int
	// StoreDir is the directory of the streams. Another server over the same directory has
	// them again. If it is empty, the streams are in a temporary directory. After the death of the
	// process, the next server removes that.
	StoreDir string
	// MaxPayload is the largest message in bytes, 1 MiB if 0.
	MaxPayload int
}

// Server is a running NATS server.
type Server struct {
	opts server.Options // with the port that it listens on
	url  string
	temp *tempDir // which Close removes, nil without one
	once sync.Once
	err  error

	unwatch  context.CancelFunc
	watching sync.WaitGroup

	mu   sync.Mutex
	nats *server.Server // guarded by mu
}

// unlimited is how many bytes JetStream may promise to its streams. By default it promises three quarters
// of what is free on the disk. It then refuses a stream whose limit is above that, however few bytes will
// ever be in it.
const unlimited = 1 << 62

// readyWithin bounds the wait for the start, which takes milliseconds.
const readyWithin = 15 * time.Second

// Start returns a server that accepts connections. It stops with
// [Server.Close] only. If its disk was full, it starts itself again when there is room: clients
// have to reconnect then.
func Start(ctx context.Context, opts Options) (*Server, error) {
	if opts.Host == "" {
		opts.Host = "127.0.0.1"
	}
	port := opts.Port
	if port == 0 {
		port = server.RANDOM_PORT
	} else if err := portFree(ctx, opts.Host, port); err != nil {
		return nil, err
	}
	s := &Server{}
	store := opts.StoreDir
	if store == "" {
		temp, err := newTemp()
		if err != nil {
			return nil, fmt.Errorf("embedded NATS server: no place for its streams: %w", err)
		}
		s.temp, store = temp, temp.path
	} else if err := writable(store); err != nil {
		return nil, fmt.Errorf("embedded NATS server: cannot keep its streams in %s: %w", store, err)
	}
	s.opts = server.Options{
		ServerName: "diarizer",
		Host:       opts.Host,
		Port:       port,
		JetStream:  true,
		StoreDir:   store,
		MaxPayload: int32(opts.MaxPayload),
		NoLog:      true,
		NoSigs:     true,

		JetStreamMaxStore: unlimited,
	}
	if err := s.start(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	s.url = s.nats.ClientURL()
	if addr, ok := s.nats.Addr().(*net.TCPAddr); ok {
		s.opts.Port = addr.Port
	}
	s.watch()
	return s, nil
}

// start starts a server. Except for Start, the caller holds the lock.
func (s *Server) start(ctx context.Context) error {
	opts := s.opts // the server changes its own copy
	nats, err := server.NewServer(&opts)
	if err != nil {
		return fmt.Errorf("embedded NATS server: %w", err)
	}
	s.nats = nats
	nats.Start()
	for deadline := time.Now().Add(readyWithin); !nats.ReadyForConnections(time.Second); {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if time.Now().After(deadline) || !nats.Running() {
			return fmt.Errorf("embedded NATS server on %s:%d, streams in %s: not ready after %v",
				opts.Host, opts.Port, opts.StoreDir, readyWithin)
		}
	}
	return nil
}

// shutdown stops the server, if there is one, and waits until it has stopped.
func (s *Server) shutdown() {
	if s.nats != nil {
		s.nats.Shutdown()
		s.nats.WaitForShutdown()
	}
}

// writable checks that dir exists, or can be created, and that a file can be made in it. The server
// itself would not report an error.
func writable(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, "writable-")
	if err != nil {
		return err
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

// portFree returns an error in one line if the port is in use. The server would only log it.
func portFree(ctx context.Context, host string, port int) error {
	var config net.ListenConfig
	l, err := config.Listen(ctx, "tcp", net.JoinHostPort(host, fmt.Sprint(port)))
	if err != nil {
		return fmt.Errorf("embedded NATS server: %w: choose another port", err)
	}
	return l.Close()
}

// URL is where clients connect, such as nats://127.0.0.1:41873.
func (s *Server) URL() string { return s.url }

// Close stops the server, waits until it has stopped and removes its streams
// if they were temporary. Closing again returns the same error.
func (s *Server) Close() error {
	s.once.Do(func() {
		if s.unwatch != nil {
			s.unwatch()
			s.watching.Wait()
		}
		s.shutdown()
		if s.temp != nil {
			s.err = s.temp.remove()
		}
	})
	return s.err
}
