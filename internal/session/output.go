package session

import (
	"fmt"
	"time"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/pipeline"
	"github.com/seed-7adb9000/diarizer/internal/session/meter"
	"github.com/seed-7adb9000/diarizer/online"
)

// statusEvery is the stream time between two status events, in samples.
const statusEvery = 60 * capture.Rate

// output passes on what one block of sound led to.
func (r *run) output(o pipeline.Output) error {
	if o.Before != nil && r.opts.Keep != nil {
		r.keep(func() []byte { return o.Before })
	}
	r.at = o.At
	if o.Gap.End != 0 {
		gap := func(enc *event.Encoder) event.Event { return enc.Gap(o.Gap.Start, o.Gap.End) }
		if err := r.desk.Encode(gap); err != nil {
			return err
		}
		r.gap = o.Gap
		r.status = r.due(r.status)
	}
	for _, e := range o.Events {
		if err := r.report(e.At - 1); err != nil {
			return err
		}
		if e.Kind == online.TurnUpdated && r.pub != nil && r.pub.GiveWay() {
			continue
		}
		if err := r.desk.Decide(e); err != nil {
			return err
		}
		if err := r.call(e); err != nil {
			return err
		}
	}
	// Every decision is made less than a second of sound after its stream time.
	if err := r.report(o.At - capture.Rate); err != nil {
		return err
	}
	r.desk.Heard(o.At)
	if r.meter != nil {
		r.meter.Decided(o.At)
	}
	if r.opts.OnProgress != nil {
		r.opts.OnProgress(o.At)
	}
	return nil
}

// call names a new speaker whose name is known beforehand.
func (r *run) call(e online.Event) error {
	if e.Kind != online.SpeakerAdded || r.opts.Called == nil {
		return nil
	}
	name := r.opts.Called(e.Speaker)
	if name == "" {
		return nil
	}
	return r.desk.Identify(e.At, e.Speaker, name, 1)
}

// report emits one status event for every minute of the stream that was over by at. All
// decisions up to that minute have been emitted, so that the place of a status among them
// does not depend on how the sound was cut into blocks.
func (r *run) report(at int64) error {
	for ; r.status <= at; r.status = r.due(r.status + statusEvery) {
		lag := time.Since(r.began) - capture.Duration(r.status)
		status := func(enc *event.Encoder) event.Event {
			return enc.Status(r.status, event.Status{Lag: max(0, lag.Seconds())})
		}
		if err := r.desk.Encode(status); err != nil {
			return err
		}
	}
	return nil
}

// due returns when the status of a minute is due. A gap may hold thousands of minutes: only
// the last of them has a status.
func (r *run) due(minute int64) int64 {
	if minute > r.gap.Start && minute <= r.gap.End {
		return r.gap.End / statusEvery * statusEvery
	}
	return minute
}

// reading passes a reading of the meter on.
func (r *run) reading(m meter.Reading) {
	m.Stream, m.Run = r.opts.Stream, r.desk.Run()
	if r.opts.NATS != nil {
		_ = meter.Publish(r.opts.NATS, m) // without a connection a reading may be lost
	}
	if r.opts.OnMeter != nil {
		r.opts.OnMeter(m)
	}
}
func (r *run) event(e event.Event) error {
	if err := r.timeline.Apply(e); err != nil {
		return fmt.Errorf("session: %w", err)
	}
	if r.opts.Keep != nil {
		r.told.apply(e)
		if e.Kind == event.SpeakerIdentified || e.Kind == event.SpeakerMerged {
			r.corrected.Store(true)
		}
	}
	if r.pub != nil {
		if err := r.pub.Publish(e); err != nil {
			return err
		}
	}
	if r.opts.OnEvent != nil {
		return r.opts.OnEvent(e)
	}
	return nil
}
