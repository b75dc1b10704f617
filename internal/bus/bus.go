// Package bus adds to a NATS connection what the connection itself does not know: the JetStream
// domain of its streams, and the subjects on which it may not publish.
//
// This program, and programs that import it, pass on a *nats.Conn. The additions travel in the
// dialer of the connection, which is the only part of it that is an interface. A connection that
// was made without this package has no additions and is used as it is.
package bus

import (
	"net"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Place is the JetStream that a connection uses. The zero value is the JetStream of the server that
// the connection goes to.
type Place struct {
	// Domain is a JetStream domain, such as that of the hub of a leaf node.
	Domain string
	// APIPrefix begins the subjects of the JetStream API of another account. It is ignored
	// if Domain is set.
	APIPrefix string
}

// Line has the additions to one connection. Make it with [NewLine].
type Line struct {
	inner   nats.CustomDialer // nil for the dialer of the library
	timeout time.Duration
	place   Place

	mu        sync.Mutex
	said      map[string]bool
	forbidden map[string]bool
}

// NewLine returns the Line of a connection that is about to be made.
func NewLine() *Line { return &Line{said: map[string]bool{}, forbidden: map[string]bool{}} }

// Option returns the option that makes l the Line of a connection. It has to be the last option.
func (l *Line) Option() nats.Option {
	return func(o *nats.Options) error {
		l.inner, l.timeout = o.CustomDialer, o.Timeout
		o.CustomDialer = l
		return nil
	}
}

// Locate sets the place of JetStream. It has to be called before JetStream is used.
func (l *Line) Locate(p Place) { l.place = p }

// Dial implements [nats.CustomDialer]. It dials as the library does without a custom dialer.
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

// JetStream returns the JetStream that a connection uses. All handles are made here, so that all
// have the same place.
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
