package session

import (
	"context"
	"encoding/json"
	"io"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/cli/demo"
	"github.com/seed-7adb9000/diarizer/internal/network/modelfile"
	"github.com/seed-7adb9000/diarizer/internal/pipeline"
	"github.com/seed-7adb9000/diarizer/internal/session/correct"
)

// part is a sound that begins at a position.
type part struct {
	sound []float32
	at    int64
}

func (p *part) Next(context.Context) (capture.Block, error) {
	if len(p.sound) == 0 {
		return capture.Block{}, io.EOF
	}
	n := min(320, len(p.sound))
	b := capture.Block{Start: p.at, Samples: p.sound[:n]}
	p.sound, p.at = p.sound[n:], p.at+int64(n)
	return b, nil
}

func (p *part) Close() error { return nil }

// When no more sound comes, the state is kept, and only once.
func TestPauseIsKept(t *testing.T) {
	m, _, err := modelfile.Embedded(modelfile.Light)
	if err != nil {
		t.Fatal(err)
	}
	src := &pausing{part: part{sound: make([]float32, 3*capture.Rate)}, on: make(chan struct{})}
	kept := 0 // snapshots of all sound: a machine that stalls makes others before
	if _, err := Run(t.Context(), src, Options{Stream: "talk", Pipeline: pipeline.Config{Model: m}, Keep: &Keep{Every: 10 * capture.Rate, Save: func(s Snapshot) {
		if s.At != 3*capture.Rate {
			return
		}
		if kept++; kept == 1 {
			time.AfterFunc(2*idle, func() { close(src.on) }) // nothing new to keep comes in this time
		}
	}}}); err != nil {
		t.Fatal(err)
	}
	if kept != 2 { // the second one is that of the end
		t.Errorf("%d snapshots", kept)
	}
}

// Whatever is corrected while no sound comes is kept: a server that is killed in a pause goes
// on with it.
func TestCorrectionInPauseIsKept(t *testing.T) {
	m, _, err := modelfile.Embedded(modelfile.Light)
	if err != nil {
		t.Fatal(err)
	}
	rec, err := capture.OpenReader(t.Context(), demo.Recording(), demo.Name, capture.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer rec.Close()
	sound, err := capture.ReadAll(t.Context(), rec)
	if err != nil {
		t.Fatal(err)
	}
	sound = sound[:20*capture.Rate]
	src := &pausing{part: part{sound: sound}, on: make(chan struct{})}
	var desk *correct.Desk
	kept := make(chan Snapshot, 100)
	next := func(what string) (s Snapshot) {
		select {
		case s = <-kept:
		case <-time.After(30 * time.Second):
			t.Errorf("%s is not kept", what)
		}
		return s
	}
	corrections := func() {
		defer close(src.on)
		was := next("the pause")
		first := 0
		for _, e := range was.Events {
			if e.Kind == event.TurnEnded && first == 0 {
				first = e.Turn.ID
			}
		}
		for _, c := range []correct.Correction{{Action: correct.Give, Turns: []int{first}}, {Action: correct.Undo}, {Action: correct.Mark}} {
			if _, err := desk.Correct(c); err != nil {
				t.Error(err)
				return
			}
			s := next(string(c.Action))
			if t.Failed() {
				return
			}
			if c.Action == correct.Mark {
				if !slices.ContainsFunc(s.Events, func(e event.Event) bool { return e.Kind == event.Marked }) {
					t.Error("the mark is not kept")
				}
			} else if slices.Equal(s.Desk, was.Desk) {
				t.Errorf("%s: kept as it was before", c.Action)
			}
			was = s
		}
	}
	begin := sync.OnceFunc(func() { go corrections() })
	if _, err := Run(t.Context(), src, Options{Stream: "talk", Pipeline: pipeline.Config{Model: m}, OnDesk: func(d *correct.Desk) { desk = d },
		Keep: &Keep{Every: 1000 * capture.Rate, Save: func(s Snapshot) {
			if s.At == int64(len(sound)) { // a machine that stalls makes others before
				kept <- s
				begin()
			}
		}}}); err != nil {
		t.Fatal(err)
	}
}

// pausing is a source without more sound until on is closed.
type pausing struct {
	part
	on chan struct{}
}

func (p *pausing) Next(ctx context.Context) (capture.Block, error) {
	if len(p.sound) == 0 {
		<-p.on
	}
	return p.part.Next(ctx)
}

// A run that goes on with another one has that run's speakers, names and turns, reports the
// gap between them, and recognises every speaker.
func TestRunGoesOn(t *testing.T) {
	rec, err := capture.OpenReader(t.Context(), demo.Recording(), demo.Name, capture.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer rec.Close()
	sound, err := capture.ReadAll(t.Context(), rec)
	if err != nil {
		t.Fatal(err)
	}
	m, _, err := modelfile.Embedded(modelfile.Light)
	if err != nil {
		t.Fatal(err)
	}
	const half, away = 35 * capture.Rate, 60 * capture.Rate
	hear := func(src capture.Source, opts Options) *event.Timeline {
		opts.Stream, opts.Pipeline = "talk", pipeline.Config{Model: m}
		tl, err := Run(t.Context(), src, opts)
		if err != nil {
			t.Fatal(err)
		}
		return tl
	}
	whole := hear(&part{sound: sound}, Options{})

	var desk *correct.Desk
	var kept []Snapshot
	first := hear(&part{sound: sound[:half]}, Options{
		OnDesk: func(d *correct.Desk) { desk = d },
		OnProgress: func(at int64) {
			if at == 20*capture.Rate {
				if _, err := desk.Correct(correct.Correction{Action: correct.Rename, Speaker: 1, Name: "Ada"}); err != nil {
					t.Error(err)
				}
			}
		},
		Keep: &Keep{Every: 10 * capture.Rate, Save: func(s Snapshot) { kept = append(kept, s) }},
	})
	// Every ten seconds, and at the end. A busy machine takes longer between two.
	if len(kept) < 4 || kept[len(kept)-1].At != half {
		t.Fatalf("%d snapshots, the last one at %d", len(kept), kept[len(kept)-1].At)
	}
	data, err := json.Marshal(kept[len(kept)-1])
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("a snapshot of %d s takes %d bytes", half/capture.Rate, len(data))
	var from Snapshot
	if err := json.Unmarshal(data, &from); err != nil {
		t.Fatal(err)
	}
	var gaps []event.Gap
	second := hear(&part{sound: sound[half:], at: half + away}, Options{
		Keep: &Keep{Every: 10 * capture.Rate, Save: func(Snapshot) {}, From: &from, Begin: half + away},
		OnEvent: func(e event.Event) error {
			if e.Kind == event.GapFound {
				gaps = append(gaps, *e.Gap)
			}
			return nil
		},
	})
	if len(gaps) != 1 || gaps[0] != (event.Gap{Start: half, End: half + away}) {
		t.Errorf("gaps %v", gaps)
	}
	if second.Name(1) != "Ada" || first.Run() == second.Run() {
		t.Errorf("speaker 1 is %s, runs %s and %s", second.Name(1), first.Run(), second.Run())
	}
	// The speakers are those of a run without the interruption.
	same, all := 0, 0
	for at := event.Time(0); at < event.Time(len(sound)); at += capture.Rate / 10 {
		later := at
		if at > half {
			later += away
		}
		a, b := whole.Between(at, at+1), second.Between(later, later+1)
		if len(a) == 0 {
			continue
		}
		if all++; len(b) > 0 && a[0].Speaker == b[0].Speaker {
			same++
		}
	}
	t.Logf("%d of %d tenths of a second are the same speaker's", same, all)
	if same*10 < all*9 {
		t.Errorf("%d of %d tenths of a second are the same speaker's", same, all)
	}
}
