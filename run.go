package diarizer

import (
	"context"
	"errors"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/pipeline"
	"github.com/seed-7adb9000/diarizer/online"
)

// Run diarizes a source until the source ends or ctx is done, with a goroutine for each
// stage. It hands the events to sink, in order; [event.Timeline.Apply] can be the sink.
// All that was heard is told before the last event, which says why the stream ended. Run
// does not close the source.
//
// Run returns ctx.Err() if ctx was done, and the error of the source if the source
// failed. An error of sink ends the run at once.
func Run(ctx context.Context, src capture.Source, cfg Config, sink func(event.Event) error) error {
	enc, err := cfg.encoder()
	if err != nil {
		return err
	}
	stages, err := cfg.stages()
	if err != nil {
		return err
	}
	var refused error // by sink
	tell := func(e event.Event) error {
		if refused == nil {
			refused = sink(e)
		}
		return refused
	}
	if err := tell(enc.Start(cfg.Source)); err != nil {
		return err
	}
	at := int64(0)
	err = pipeline.Run(ctx, src, stages, func(o pipeline.Output) error {
		at = o.At
		if o.Gap.End > 0 {
			if err := tell(enc.Gap(o.Gap.Start, o.Gap.End)); err != nil {
				return err
			}
		}
		for _, e := range o.Events {
			if err := tell(online.Encode(&enc, e)); err != nil {
				return err
			}
		}
		return nil
	})
	switch {
	case refused != nil:
		return err
	case err == nil:
		return tell(enc.Finish(at, event.Finished, ""))
	case ctx.Err() != nil:
		return errors.Join(err, tell(enc.Finish(at, event.Interrupted, "")))
	}
	return errors.Join(err, tell(enc.Finish(at, event.Failed, err.Error())))
}
