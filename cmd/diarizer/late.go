package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/session/correct"
)

// remember keeps what corrections after the end of a stream's new run need, where
// somebody can make them: on a page or in a view that stay.
func (o *output) remember(stream string) func(event.Event) error {
	if o.page == nil && o.term == nil {
		return func(event.Event) error { return nil }
	}
	late := &correct.Late{}
	late.Bound(keptTurns)
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.lates == nil {
		o.lates = map[string]*correct.Late{}
	}
	o.lates[stream] = late
	return func(e event.Event) error {
		o.mu.Lock()
		defer o.mu.Unlock()
		return late.Apply(e)
	}
}

// correct hands a correction to the program that diarizes the stream here, and when it is over
// makes it itself.
func (o *output) correct(ctx context.Context, stream string, c correct.Correction) (correct.Reply, error) {
	if c.ID == "" {
		c.ID = rand.Text()
	}
	reply, err := o.desks.Correct(ctx, stream, c)
	if !errors.Is(err, correct.ErrEnded) {
		return reply, err
	}
	reply, news, err := o.correctLate(ctx, stream, c)
	for _, e := range news {
		err = errors.Join(err, o.bar.print(func() error { return o.tell(ctx, e) }))
	}
	return reply, err
}

// correctLate corrects a stream that is over and has the files follow. It returns the
// events that are not printed yet.
func (o *output) correctLate(ctx context.Context, stream string, c correct.Correction) (reply correct.Reply, news []event.Event, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	late := o.lates[stream]
	at := slices.IndexFunc(o.timelines, func(t *event.Timeline) bool { return late != nil && t.Run() == late.Timeline().Run() })
	if at < 0 {
		return reply, nil, fmt.Errorf("%w: the stream is just ending: try again", correct.ErrRefused)
	}
	tl := o.timelines[at]
	add := func(e event.Event) error {
		if e.Seq <= tl.Seq() {
			return nil
		}
		news = append(news, e)
		o.voices.event(e)
		err := errors.Join(late.Apply(e), tl.Apply(e))
		if o.page != nil {
			err = errors.Join(err, o.page.hub.Event(e))
		}
		return err
	}
	if o.nc != nil {
		_, _, err = correct.After(ctx, o.nc, stream, c, add)
	} else {
		var events []event.Event
		if events, err = late.Correct(c); err == nil {
			for _, e := range events {
				err = errors.Join(err, add(e))
			}
		}
	}
	if err == nil && o.written {
		err = o.files.rewrite(o.how, o.timelines, news)
	}
	return correct.Reply{Seq: tl.Seq()}, news, err
}
