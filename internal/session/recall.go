package session

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/internal/pipeline"
	"github.com/seed-7adb9000/diarizer/internal/voices/enroll"
	"github.com/seed-7adb9000/diarizer/internal/voices/identify"
	"github.com/seed-7adb9000/diarizer/internal/voices/recall"
	"github.com/seed-7adb9000/diarizer/online"
	"github.com/seed-7adb9000/diarizer/online/model"
)

// Recall lists the voices that are known beforehand.
type Recall struct {
	// People are the people who may be recognised. Their voices are of the run's model.
	People []enroll.Speaker
	// Heard, where not nil, is handed every speaker's statistics at the end. who returns, for a
	// number that a speaker had at any time, the speaker who stands for it at the end, and that
	// one's name; see [correct.Desk.Called].
	Heard func(said map[int]model.Stats, who func(speaker int) (person int, name string))
	// Learnt are the statistics of speakers that were learnt when an earlier run ended, with
	// which this run goes on. They are taken out of those that Heard is handed.
	Learnt map[int]model.Stats
}

// lookEvery is the stream time between two comparisons of the speakers with the known
// voices, in samples. Comparisons are made at its multiples, whatever the block size: the
// same samples lead to the same events.
const lookEvery = 2 * capture.Rate

// recalling runs the pipeline of a run that recognises known voices or keeps snapshots. Its
// steps run one after the other, where [pipeline.Run] runs them at the same time:
// statistics and snapshots are of the whole pipeline at one moment.
type recalling struct {
	*run
	stream *pipeline.Stream
	people *recall.Recaller // nil where no voice is known
	next   int64            // when the next comparison is due
	kept   int64            // when the latest snapshot was made
}

// diarize diarizes src as [pipeline.Run] does.
func (r *recalling) diarize(ctx context.Context, src capture.Source) (err error) {
	if err := r.begin(); err != nil {
		return err
	}
	whole, stop := context.WithCancel(context.WithoutCancel(ctx)) // sound that was read is heard
	reading, end := context.WithCancel(ctx)
	blocks, ended := readAhead(reading, whole, src)
	defer func() {
		stop()
		end()
		for range blocks { // until the reader of src has ended
		}
	}()
	pause := time.NewTimer(idle)
	defer pause.Stop()
	for {
		select {
		case b, ok := <-blocks:
			if !ok {
				return errors.Join(r.flush(), ended())
			}
			if err := r.block(whole, b); err != nil {
				return err
			}
		case <-pause.C:
			r.keepIdle()
		}
		pause.Reset(idle)
	}
}

// begin makes the pipeline, or restores the pipeline of the run that this run goes on with.
func (r *recalling) begin() (err error) {
	cfg := r.opts.Pipeline
	if from := r.opts.Keep.from(); from != nil {
		r.stream, err = pipeline.RestoreStream(cfg, from.Chain)
	} else {
		r.stream, err = pipeline.NewStream(cfg)
	}
	if err != nil {
		return err
	}
	if r.opts.Recall != nil {
		r.people = recall.New(cfg.Model, r.opts.Recall.People)
	}
	r.next = (r.stream.At()/lookEvery + 1) * lookEvery
	if r.opts.Keep != nil {
		r.kept = r.stream.At()
	}
	return nil
}

// block hears a block, in pieces that end where a comparison is due.
func (r *recalling) block(ctx context.Context, b capture.Block) error {
	for {
		n := min(len(b.Samples), int(lookEvery-b.Start%lookEvery))
		o := pipeline.Output{}
		r.stream.Obey()
		replaced := r.stream.Replaced()
		gap, err := r.stream.Hear(ctx, capture.Block{Start: b.Start, Samples: b.Samples[:n]}, func(e online.Event) { o.Events = append(o.Events, e) })
		if err != nil {
			return err
		}
		o.At, o.Gap, o.Replaced = r.stream.At(), gap, int(r.stream.Replaced()-replaced)
		if err := r.output(o); err != nil {
			return err
		}
		if o.At >= r.next {
			r.next = o.At/lookEvery*lookEvery + lookEvery
			if err := r.look(o.At); err != nil {
				return err
			}
		}
		if r.opts.Keep != nil && r.keepDue(o.At) {
			r.keep(r.snapshot)
			r.kept = o.At
		}
		if b.Start, b.Samples = b.Start+int64(n), b.Samples[n:]; len(b.Samples) == 0 {
			return nil
		}
	}
}

// snapshot returns the state of the chain.
func (r *recalling) snapshot() []byte { return r.stream.AppendSnapshot(nil) }

// soon is the least stream time between two snapshots, however many corrections people make.
const soon = capture.Rate

// keepDue reports whether a snapshot is due. A correction is kept within the time that a snapshot
// takes.
func (r *recalling) keepDue(at int64) bool {
	due := at >= r.kept+r.opts.Keep.Every || at >= r.kept+soon && r.corrected.Load()
	if due {
		r.corrected.Store(false) // before the snapshot is made, not after
	}
	return due
}

// idle is the time without sound after which a snapshot is made: the sender may wait for
// the snapshot before it sends more.
const idle = time.Second

// keepIdle makes a snapshot if there is anything new to keep.
func (r *recalling) keepIdle() {
	if r.opts.Keep == nil || r.stream.At() == r.kept && !r.corrected.Swap(false) {
		return
	}
	r.keep(r.snapshot)
	r.kept = r.stream.At()
}

// flush ends the stream and looks once more.
func (r *recalling) flush() error {
	r.stream.Obey()
	if r.opts.Keep != nil {
		r.keep(r.snapshot)
	}
	o := pipeline.Output{End: true}
	if err := r.stream.Flush(func(e online.Event) { o.Events = append(o.Events, e) }); err != nil {
		return err
	}
	o.At = r.stream.At()
	if err := r.output(o); err != nil {
		return err
	}
	if err := r.look(o.At); err != nil {
		return err
	}
	if r.opts.Recall != nil && r.opts.Recall.Heard != nil {
		r.opts.Recall.Heard(r.unlearnt(), r.desk.Called)
	}
	return nil
}

// look names the speakers whose voices are known by now.
func (r *recalling) look(at int64) error {
	if r.people == nil {
		return nil
	}
	for _, f := range r.people.Look(r.said()) {
		if err := r.desk.Identify(at, f.Speaker, f.Name, f.Confidence); err != nil {
			return err
		}
	}
	return nil
}

// said returns the statistics of every speaker. Speakers that people have merged have one
// sum.
func (r *recalling) said() map[int]model.Stats {
	return identify.Persons(r.stream.Speakers(), r.desk.Who)
}

// unlearnt returns what every speaker has said that no earlier run has learnt.
func (r *recalling) unlearnt() map[int]model.Stats {
	said := r.said()
	for n, learnt := range r.opts.Recall.Learnt {
		who := r.desk.Who(n)
		if sum, ok := said[who]; ok {
			sum.Sub(learnt)
			said[who] = sum
		}
	}
	return said
}

// readAhead reads src a few blocks ahead, until src ends or ctx is done, and gives up when
// run is done. When blocks is closed, ended returns the error of src; the end of the sound
// is no error.
func readAhead(ctx, run context.Context, src capture.Source) (blocks <-chan capture.Block, ended func() error) {
	ch := make(chan capture.Block, 16)
	var why error
	go func() {
		defer close(ch)
		for {
			b, err := src.Next(ctx)
			if run.Err() != nil {
				return
			}
			if err == nil || len(b.Samples) > 0 {
				select {
				case ch <- b:
				case <-run.Done():
					return
				}
			}
			if errors.Is(err, io.EOF) {
				return
			}
			if err != nil {
				why = err
				return
			}
		}
	}()
	return ch, func() error { return why }
}
