package main

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/cli"
	"github.com/seed-7adb9000/diarizer/internal/pipeline"
	"github.com/seed-7adb9000/diarizer/internal/session"
)

// replayer diarizes the recordings of one command.
type replayer struct {
	cmd   *cobra.Command
	out   *output
	speed capture.Speed
	opts  capture.Options
	cfg   pipeline.Config
	ids   *claims
	jobs  int
}

// several diarizes recordings at the same time. A recording that fails is named and does not
// stop the others.
func (p *replayer) several(all []recording) error {
	ctx := p.cmd.Context()
	if p.jobs == 0 {
		p.jobs = len(all)
		if p.speed == capture.MaxSpeed {
			p.jobs = runtime.GOMAXPROCS(0)
		}
	}
	p.sayHow(all)
	p.out.bar.recordings(len(all))
	var g, scan errgroup.Group
	if p.out.bar.shown {
		scan.Go(func() error {
			p.out.bar.total(lengths(ctx, all, p.opts).sum)
			return nil
		})
	}
	g.SetLimit(p.jobs)
	failed := make([]error, len(all))
	for i, r := range all {
		g.Go(func() error {
			if ctx.Err() != nil || p.out.term.gone() {
				return nil
			}
			if err := errors.Join(cli.Told(ctx, p.recording(r))...); err != nil {
				failed[i] = err
				p.out.warn(err)
			}
			p.out.bar.finished()
			return nil
		})
	}
	_ = g.Wait() // failures are in failed
	_ = scan.Wait()
	failed = slices.DeleteFunc(failed, func(err error) bool { return err == nil })
	var several error
	if n := len(failed); n > 0 {
		several = as(cli.StatusOf(failed), fmt.Errorf("%d of %d recordings failed", n, len(all)))
	}
	if ctx.Err() != nil {
		return errors.Join(ctx.Err(), several)
	}
	if p.out.term.gone() {
		return errors.Join(cli.ErrQuit, several)
	}
	heard, took := p.out.bar.sum()
	p.out.bar.end()
	p.out.say("%d recordings, %v of sound in %v: %.0f × real time\n",
		len(all), heard.Round(time.Second), took.Round(time.Second/10), heard.Seconds()/took.Seconds())
	return several
}

// sayHow prints how long a replay at a limited speed will take, and which flag avoids the
// wait.
func (p *replayer) sayHow(all []recording) {
	if p.speed == capture.MaxSpeed {
		return
	}
	l := lengths(p.cmd.Context(), all, p.opts)
	took := l.most
	if p.jobs > 0 && p.jobs < len(all) {
		took = max(took, l.sum/time.Duration(p.jobs))
	}
	if took = time.Duration(float64(took) / float64(p.speed)); took < waitWorth {
		return
	}
	how := "as it was spoken"
	if p.speed != 1 {
		how = fmt.Sprintf("at %v times the speed", p.speed)
	}
	p.out.say("replayed %s this takes %v, until %s; --speed max does not wait\n",
		how, took.Round(time.Second), time.Now().Add(took).Format(time.TimeOnly))
}

// waitWorth is the shortest wait that is worth a line.
const waitWorth = 2 * time.Second

// recording diarizes one recording, or all its channels at once.
func (p *replayer) recording(r recording) error {
	sources, err := openRecordings(p.cmd, r.path, p.opts)
	if err != nil {
		p.out.fail()
		return err
	}
	// The channels of one pipe wait for each other, so the failure of one ends all.
	g, ctx := errgroup.WithContext(p.cmd.Context())
	errs := make([]error, len(sources))
	for i, src := range sources {
		id := r
		if p.opts.Channel == capture.Each {
			id = r.channel(src.Channel())
			if err := p.ids.claim(id); err != nil {
				p.out.fail()
				g.Go(func() error {
					errs[i] = errors.Join(err, src.Close())
					return errs[i]
				})
				continue
			}
		}
		if r.path != "-" {
			p.out.sounds.Add(id.stream, r.path)
		}
		g.Go(func() error {
			errs[i] = p.one(ctx, id, src)
			return errs[i]
		})
	}
	first := g.Wait()
	return errors.Join(append([]error{first}, others(p.cmd.Context(), errs, first)...)...)
}

// others are the errors of streams that did not end because of the first failure.
func others(ctx context.Context, errs []error, first error) (all []error) {
	for _, err := range errs {
		for _, e := range cli.Apart(err) {
			if err != first && (ctx.Err() != nil || !errors.Is(e, context.Canceled)) {
				all = append(all, e)
			}
		}
	}
	return all
}

// one diarizes one stream and closes its source.
func (p *replayer) one(ctx context.Context, id recording, src *capture.Recording) error {
	cfg, err := p.out.flags.given(p.cfg, id.name)
	if err != nil {
		p.out.fail()
		return errors.Join(err, src.Close())
	}
	length, _ := src.Duration()
	err = p.out.run(ctx, capture.NewReplay(src, p.speed, nil), session.Options{
		Stream:   id.stream,
		Source:   event.Source{Name: id.name},
		Pipeline: cfg,
	}, length)
	err = errors.Join(err, src.Close())
	if w := src.Warning(); w != nil {
		p.out.warn(w)
	}
	return err
}
