package main

import (
	"context"
	"io"
	"log/slog"
	"sync"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/internal/serve"
	"github.com/seed-7adb9000/diarizer/internal/web/page"
)

// workerPage is the HTTP server of a worker: the live page of all streams on the bus,
// including those of other workers, and the metrics and health of this worker. The zero value
// serves nothing.
type workerPage struct {
	server *page.Server
	stop   context.CancelFunc
	wg     sync.WaitGroup
}

// open serves the page, unless it is off. It follows the bus from the first visitor on, so
// that a page without visitors costs nothing.
func (p *workerPage) open(ctx context.Context, nc *nats.Conn, stderr io.Writer, o serveOptions, w *serve.Worker, log *slog.Logger) (err error) {
	if o.page.addr == "off" {
		return nil
	}
	ctx, p.stop = context.WithCancel(context.WithoutCancel(ctx))
	hub := page.NewHub()
	say := func(err error) { log.Warn("page", "error", err) }
	p.server, err = o.page.serve(ctx, stderr, hub, page.Options{
		Correct: correctOver(nc, nil), Also: w.Inspection(), Open: w.Probes(),
		OnFirst: func() {
			p.wg.Go(func() {
				for ctx.Err() == nil {
					if err := follow(ctx, nc, viewOptions{url: o.url}, say, display{hub.Event, hub.Reading, hub.Partial}); err != nil && ctx.Err() == nil {
						say(err)
						_ = (capture.SystemClock{}).Sleep(ctx, time.Second) // ends with ctx
					}
				}
			})
		},
	})
	return err
}

func (p *workerPage) close() error {
	if p.stop == nil {
		return nil
	}
	var err error
	if p.server != nil {
		err = p.server.Close()
	}
	p.stop()
	p.wg.Wait()
	return err
}
