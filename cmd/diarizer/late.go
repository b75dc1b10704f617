package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/session/correct"
)

// remember keeps the events of a stream's new run for corrections after its end. Without a
// page or a view that stays, nobody can make such a correction, and it keeps nothing.
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

// correct hands a correction to the run that diarizes the stream in this process. When the
// run is over, it makes the correction itself.
func (o *output) correct(ctx context.Context, stream string, c correct.Correction) (correct.Reply, error) {
	if c.ID == "" {
		c.ID = rand.Text()
	}
	reply, err := o.desks.Correct(ctx, stream, c)
	if !errors.Is(err, correct.ErrEnded) {
		return reply, err
	}
	reply, news, note, err := o.correctLate(ctx, stream, c)
	o.warn(note)
	for _, e := range news {
		err = errors.Join(err, o.bar.print(func() error { return o.tell(ctx, e) }))
	}
	return reply, err
}

// correctLate corrects a stream that is over and writes the files again. It returns the
// events that are still to be printed, and what is to be told of the files.
func (o *output) correctLate(ctx context.Context, stream string, c correct.Correction) (reply correct.Reply, news []event.Event, note, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	late := o.lates[stream]
	at := slices.IndexFunc(o.timelines, func(t *event.Timeline) bool { return late != nil && t.Run() == late.Timeline().Run() })
	if at < 0 {
		return reply, nil, nil, fmt.Errorf("%w: the stream is just ending: try again", correct.ErrRefused)
	}
	tl := o.timelines[at]
	add := o.following(late, tl, &news)
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
	note, failed := o.file(news)
	return correct.Reply{Seq: tl.Seq()}, news, note, errors.Join(err, failed)
}

// file puts the events of corrections after the end into the files. They are part of the
// timelines now, so that no later reading brings them again, whatever else failed. The
// caller holds the lock, and tells the note without it.
func (o *output) file(news []event.Event) (note, err error) {
	switch {
	case !o.written: // the other files are still to be written
		for _, e := range news {
			o.files.event(e)
		}
		return nil, nil
	case len(news) == 0 && !o.files.stale:
		return nil, nil
	}
	return o.files.rewrite(o.how, o.timelines, news)
}

// following returns a function that applies an event of a correction after the end to the
// timeline and the page, each event once, and adds the event to news. The caller of the
// function holds the lock.
func (o *output) following(late *correct.Late, tl *event.Timeline, news *[]event.Event) func(event.Event) error {
	return func(e event.Event) error {
		if e.Run != tl.Run() || e.Seq <= tl.Seq() {
			return nil
		}
		*news = append(*news, e)
		o.voices.event(e)
		err := errors.Join(late.Apply(e), tl.Apply(e))
		if o.page != nil {
			err = errors.Join(err, o.page.hub.Event(e))
		}
		return err
	}
}

// catchUpWithin bounds how long the end of a command waits for the corrections of other
// programs.
const catchUpWithin = 5 * time.Second

// catchUp writes the files again with the corrections that other programs have made over
// NATS while a page or a view stayed, and with those that could not be written before.
func (o *output) catchUp(ctx context.Context) error {
	note, err := o.fileOthers(ctx)
	o.warn(note)
	return err
}

func (o *output) fileOthers(ctx context.Context) (note, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.written {
		return nil, nil
	}
	news, err := o.others(ctx)
	note, failed := o.file(news)
	return note, errors.Join(err, failed)
}

// others reads the corrections that other programs have made over NATS. The caller holds
// the lock.
func (o *output) others(ctx context.Context) (news []event.Event, err error) {
	if o.nc == nil || !o.nc.IsConnected() {
		return nil, nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), catchUpWithin)
	defer cancel()
	var errs []error
	for _, tl := range o.timelines {
		late := o.lates[tl.Stream()]
		if late == nil || late.Timeline().Run() != tl.Run() {
			continue
		}
		if _, _, err := correct.Corrections(ctx, o.nc, tl.Stream(), o.following(late, tl, &news)); err != nil {
			errs = append(errs, fmt.Errorf("stream %s: what was corrected since its end is not in the files: %w", tl.Stream(), err))
		}
	}
	return news, errors.Join(errs...)
}
