// Package bus knows of a connection to NATS what the connection itself does not:
// in which JetStream domain its streams are, and on what it may not publish.
//
// Everything in this program, and in programs that import it, hands a *nats.Conn on. What
// belongs to it travels in its dialer, the one part of it that is an interface.
// A connection that was made otherwise has no such part and is used as it is.
package bus

import (
	"net"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Place says where the JetStream is that a connection uses. The zero value is that
// of the server which the connection goes to.
type Place struct {
	// Domain is a JetStream domain, such as that of the hub of a leaf node.
	Domain string
	// APIPrefix begins the subjects of the JetStream API, where it is another
	// account's. Beside a Domain it does not count.
	APIPrefix string
}

// Line is what is known of one connection. Make it with [NewLine].
type Line struct {
	inner   nats.CustomDialer // nil for that of the library
	timeout time.Duration
	place   Place

	mu        sync.Mutex
	said      map[string]bool
	forbidden map[string]bool
}

// NewLine returns the Line of a connection that is about to be made.
func NewLine() *Line { return &Line{said: map[string]bool{}, forbidden: map[string]bool{}} }

// Option makes l that of the connection. It is to be the last of its options.
func (l *Line) Option() nats.Option {
	return func(o *nats.Options) error {
		l.inner, l.timeout = o.CustomDialer, o.Timeout
		o.CustomDialer = l
		return nil
	}
}

// Locate says where JetStream is, before anything asks for it.
func (l *Line) Locate(p Place) { l.place = p }

// Dial implements [nats.CustomDialer] as the library would without one.
func (l *Line) Dial(network, address string) (net.Conn, error) {
	if l.inner != nil {
		return l.inner.Dial(network, address)
	}
	return (&net.Dialer{Timeout: l.timeout}).Dial(network, address)
}

// of returns the Line of a connection, nil if it has none.
func of(nc *nats.Conn) *Line {
	l, _ := nc.Opts.CustomDialer.(*Line)
	return l
}

// JetStream returns the JetStream that a connection uses. All handles are made
// here, so that none is of another place.
func JetStream(nc *nats.Conn, opts ...jetstream.JetStreamOpt) (jetstream.JetStream, error) {
	var p Place
	if l := of(nc); l != nil {
		p = l.place
	}
	switch {
	case p.Domain != "":
		return jetstream.NewWithDomain(nc, p.Domain, opts...)
	case p.APIPrefix != "":
		return jetstream.NewWithAPIPrefix(nc, strings.TrimSuffix(p.APIPrefix, "."), opts...)
	}
	return jetstream.New(nc, opts...)
}
