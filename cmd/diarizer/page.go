package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"

	"github.com/spf13/pflag"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/session"
	"github.com/seed-7adb9000/diarizer/internal/session/heard"
	"github.com/seed-7adb9000/diarizer/internal/session/meter"
	"github.com/seed-7adb9000/diarizer/internal/web/page"
)

// pageFlags are the flags of every command that can show the live page.
type pageFlags struct {
	addr, token string
	tls         tlsFlags
}

func (o *pageFlags) register(f *pflag.FlagSet) {
	f.StringVar(&o.addr, "http", o.addr, "show who speaks on a page at this `address`, such as 8080; others can open it with 0.0.0.0:8080")
	f.StringVar(&o.token, "http-token", "", "what opens the page, at least 16 characters (default: a random one where others can reach it, none where only this machine can)")
	o.tls.register(f)
}

// livePage is the page of the streams that this process diarizes. A nil
// livePage shows nothing.
type livePage struct {
	hub    *page.Hub
	server *page.Server
}

// open serves the page, where there is to be one, and says where.
func (o pageFlags) open(ctx context.Context, stderr io.Writer, opts page.Options) (*livePage, error) {
	if o.addr == "" {
		if o.token != "" {
			return nil, usage("--http-token: expected it with --http")
		}
		return nil, nil
	}
	p := &livePage{hub: page.NewHub()}
	server, err := o.serve(ctx, stderr, p.hub, opts)
	if err != nil {
		return nil, err
	}
	p.server = server
	return p, nil
}

// serve serves the streams of a hub and says where.
func (o pageFlags) serve(ctx context.Context, stderr io.Writer, hub *page.Hub, opts page.Options) (*page.Server, error) {
	opts.Addr, opts.Token = o.addr, o.token
	var err error
	if opts.TLS, err = o.tls.config(stderr); err != nil {
		return nil, err
	}
	server, err := page.Serve(ctx, hub, opts)
	if err != nil {
		status := exitUsage
		var network *net.OpError
		if errors.As(err, &network) {
			status = exitServer
		}
		return nil, as(status, fmt.Errorf("--http: %w", err))
	}
	fmt.Fprintf(stderr, "live page: %s\n", server.URL())
	return server, nil
}

// attach shows a run on the page.
func (p *livePage) attach(opts *session.Options) {
	if p == nil {
		return
	}
	tell := opts.OnEvent
	opts.OnEvent = func(e event.Event) error {
		if err := p.hub.Event(e); err != nil {
			return err
		}
		if tell != nil {
			return tell(e)
		}
		return nil
	}
	partial := opts.OnPartial
	opts.OnPartial = func(stream string, m heard.Message) {
		p.hub.Partial(stream, m)
		if partial != nil {
			partial(stream, m)
		}
	}
	hear := opts.OnMeter
	opts.OnMeter = func(r meter.Reading) {
		p.hub.Reading(r)
		if hear != nil {
			hear(r)
		}
	}
}

// linger keeps the page up after the streams have ended, until ctx is done.
func (p *livePage) linger(ctx context.Context, stderr io.Writer) {
	if p == nil || ctx.Err() != nil {
		return
	}
	fmt.Fprintf(stderr, "the page stays at %s until Ctrl-C\n", p.server.URL())
	<-ctx.Done()
}

func (p *livePage) close() error {
	if p == nil {
		return nil
	}
	return p.server.Close()
}
