package pipeline

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/features"
	"github.com/seed-7adb9000/diarizer/internal/testkit/raced"
	"github.com/seed-7adb9000/diarizer/online"
	"github.com/seed-7adb9000/diarizer/online/model/eigenvoice"
	"github.com/seed-7adb9000/diarizer/segment"
	"github.com/seed-7adb9000/diarizer/vad"
)

func TestMain(m *testing.M) {
	if raced.Enabled {
		if err := flag.Set("rapid.checks", "10"); err != nil {
			panic(err)
		}
	}
	goleak.VerifyTestMain(m)
}

// anyModel returns a model of random parameters: what a stage does with it
// makes no sense to a listener, but must be the same every time.
func anyModel(seed uint64) *eigenvoice.Model {
	rng := rand.New(rand.NewPCG(seed, 7))
	fc := features.Config{Ceps: 12, Energy: true, Deltas: true, DeltaSpan: 2, Filters: 24, LowHz: 100, HighHz: 3800, MeanPrior: 100}
	const size, nu = 16, 4
	m := &eigenvoice.Model{Features: fc, Nu: nu, Phi: 0.1, Slope: 1, FeatureMean: make([]float64, fc.Dim())}
	for range size {
		m.Weights = append(m.Weights, 1.0/size)
		for range fc.Dim() {
			m.Means = append(m.Means, 5*rng.NormFloat64())
			m.Vars = append(m.Vars, 10)
			for range nu {
				m.V = append(m.V, rng.NormFloat64())
			}
		}
	}
	return m
}

// voices is the beginning of sound that the detector takes for speech: harmonics of
// a gliding pitch through two formant-like weights, in turns with pauses between
// them.
func voices(seconds float64) []float32 {
	return slices.Clone(allVoices()[:int(seconds*capture.Rate)])
}

var allVoices = sync.OnceValue(func() []float32 {
	rng := rand.New(rand.NewPCG(11, 12))
	x := make([]float32, 50*capture.Rate)
	var phase float64
	for i := range x {
		t := float64(i) / capture.Rate
		turn := int(t / 2.3)
		x[i] = float32(0.001 * rng.NormFloat64())
		if math.Mod(t, 2.3) > 1.9 {
			continue
		}
		f0 := []float64{110, 190, 145}[turn%3] * (1 + 0.1*math.Sin(3*t))
		phase += f0 / capture.Rate
		syllable := 0.6 + 0.4*math.Sin(2*math.Pi*4*t)
		for h := 1.0; h*f0 < 3500; h++ {
			formant := 500.0 + 200*float64(turn%3)
			w := 1/(1+math.Pow((h*f0-formant)/200, 2)) + 0.3/(1+math.Pow((h*f0-2*formant-400)/300, 2))
			x[i] += float32(0.05 * syllable * w * math.Sin(2*math.Pi*h*phase))
		}
	}
	return x
})

// cutUp is a source of blocks of given sizes, used over and over.
type cutUp struct {
	x     []float32
	sizes []int
	at, i int
	fail  error
}

func (c *cutUp) Next(ctx context.Context) (capture.Block, error) {
	if err := ctx.Err(); err != nil {
		return capture.Block{}, err
	}
	if c.at == len(c.x) {
		if c.fail != nil {
			return capture.Block{}, c.fail
		}
		return capture.Block{}, io.EOF
	}
	n := min(c.sizes[c.i%len(c.sizes)], len(c.x)-c.at)
	b := capture.Block{Start: int64(c.at), Samples: c.x[c.at : c.at+n]}
	c.at += n
	c.i++
	return b, nil
}

func (c *cutUp) Close() error { return nil }

// collect runs a source and returns its events.
func collect(t interface{ Fatalf(string, ...any) }, src capture.Source, cfg Config) []online.Event {
	var events []online.Event
	ended := false
	err := Run(context.Background(), src, cfg, func(o Output) error {
		events = append(events, o.Events...)
		ended = ended || o.End
		return nil
	})
	if err != nil || !ended {
		t.Fatalf("run: %v, ended %v", err, ended)
	}
	return events
}

// sameEvents compares events; NaN equals NaN.
func sameEvents(a, b []online.Event) bool {
	return slices.EqualFunc(a, b, func(x, y online.Event) bool { return fmt.Sprint(x) == fmt.Sprint(y) })
}

// TestAnyBlockSize holds that blocks of any sizes, and the chain without
// goroutines, give the same events at the same stream positions.
func TestAnyBlockSize(t *testing.T) {
	x := voices(14)
	cfg := Config{Model: anyModel(1)}
	want := collect(t, &cutUp{x: x, sizes: []int{320}}, cfg)
	if len(want) < 10 {
		t.Fatalf("%d events: expected the sound to be taken for speech", len(want))
	}
	rapid.Check(t, func(t *rapid.T) {
		sizes := rapid.SliceOfN(rapid.IntRange(1, 20000), 1, 5).Draw(t, "sizes")
		if got := collect(t, &cutUp{x: x, sizes: sizes}, cfg); !sameEvents(got, want) {
			t.Fatalf("blocks of %v: %d events that are not the %d of blocks of 320", sizes, len(got), len(want))
		}
	})
	s, err := NewStream(cfg)
	if err != nil {
		t.Fatal(err)
	}
	var got []online.Event
	emit := func(e online.Event) { got = append(got, e) }
	s.Push(x, emit)
	if err := s.Flush(emit); err != nil {
		t.Fatal(err)
	}
	if !sameEvents(got, want) {
		t.Errorf("without goroutines %d events that are not the %d with", len(got), len(want))
	}
}

// TestGivenSpeech holds that turns lie where speech was said to be.
func TestGivenSpeech(t *testing.T) {
	spans := []vad.Span{{Start: 16000, End: 48000}, {Start: 64000, End: 80000}}
	events := collect(t, &cutUp{x: voices(6), sizes: []int{1600}}, Config{Model: anyModel(1), Speech: spans})
	for _, e := range events {
		if e.Kind == online.TurnEnded && (e.Turn.Start < 16000 || e.Turn.End > 80000) {
			t.Errorf("turn from %d to %d outside the given speech", e.Turn.Start, e.Turn.End)
		}
	}
	if len(events) == 0 {
		t.Error("no events")
	}
}

// TestGivenUtterances holds that overlapping utterances each get a turn.
func TestGivenUtterances(t *testing.T) {
	utts := []segment.Utterance{{Start: 8000, End: 40000}, {Start: 30000, End: 60000}}
	turns := map[int]online.Turn{}
	for _, e := range collect(t, &cutUp{x: voices(5), sizes: []int{777}}, Config{Model: anyModel(1), Utterances: utts}) {
		if e.Kind < online.TurnWithdrawn {
			turns[e.Turn.ID] = e.Turn
		} else if e.Kind == online.TurnWithdrawn {
			delete(turns, e.Turn.ID)
		}
	}
	start, end := int64(math.MaxInt64), int64(0)
	for _, turn := range turns {
		start, end = min(start, turn.Start), max(end, turn.End)
	}
	if start != 8000 || end != 60000 {
		t.Errorf("turns %v, expected from 8000 to 60000", turns)
	}
}

// TestGap holds that lost sound stays in the time and is reported.
func TestGap(t *testing.T) {
	x := voices(10)
	src := &gappy{cutUp: cutUp{x: x, sizes: []int{1600}}, after: 64000, lost: 32000}
	var gap vad.Span
	var at int64
	err := Run(context.Background(), src, Config{Model: anyModel(1)}, func(o Output) error {
		if o.Gap.End != 0 {
			gap = o.Gap
		}
		at = o.At
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if gap != (vad.Span{Start: 64000, End: 96000}) || at != int64(len(x))+32000 {
		t.Errorf("gap %v, end at %d; expected {64000 96000} and %d", gap, at, len(x)+32000)
	}
}

// gappy loses sound after a position.
type gappy struct {
	cutUp
	after, lost int64
}

func (g *gappy) Next(ctx context.Context) (capture.Block, error) {
	b, err := g.cutUp.Next(ctx)
	if b.Start >= g.after {
		b.Start += g.lost
	}
	return b, err
}

// TestGapWithoutSound holds that a gap is reported although no sound follows it
// yet, as when a device has gone.
func TestGapWithoutSound(t *testing.T) {
	told := make(chan vad.Span, 1)
	src := &waiting{cutUp: cutUp{x: voices(2), sizes: []int{1600}}, told: told}
	err := Run(context.Background(), src, Config{Model: anyModel(1)}, func(o Output) error {
		if o.Gap.End != 0 {
			told <- o.Gap
		}
		return nil
	})
	if err != nil || src.got != (vad.Span{Start: 32000, End: 64000}) {
		t.Errorf("gap %v, %v, expected {32000 64000}", src.got, err)
	}
}

// waiting tells of a gap at its end, and ends when that has been passed on.
type waiting struct {
	cutUp
	told chan vad.Span
	got  vad.Span
	said bool
}

func (w *waiting) Next(ctx context.Context) (capture.Block, error) {
	b, err := w.cutUp.Next(ctx)
	switch {
	case err != io.EOF:
		return b, err
	case !w.said:
		w.said = true
		return capture.Block{Start: 64000}, nil
	}
	w.got = <-w.told
	return capture.Block{}, io.EOF
}

// TestInterrupted holds that cancelling ends the stream as its end would: every
// turn closed, everything heard passed on, and ctx's error returned.
func TestInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	open := map[int]bool{}
	ended := false
	blocks := 0
	err := Run(ctx, &cutUp{x: voices(20), sizes: []int{1600}}, Config{Model: anyModel(1)}, func(o Output) error {
		if blocks++; blocks == 30 {
			cancel()
		}
		ended = o.End
		for _, e := range o.Events {
			switch e.Kind {
			case online.TurnStarted:
				open[e.Turn.ID] = true
			case online.TurnEnded, online.TurnWithdrawn:
				delete(open, e.Turn.ID)
			}
		}
		return nil
	})
	if !errors.Is(err, context.Canceled) || !ended || len(open) != 0 {
		t.Errorf("error %v, ended %v, open turns %v; expected context canceled after the end", err, ended, open)
	}
}

// TestErrors holds that a failing source ends the stream like its end, and a
// failing sink at once.
func TestErrors(t *testing.T) {
	broken := errors.New("unplugged")
	ended := false
	err := Run(context.Background(), &cutUp{x: voices(3), sizes: []int{1600}, fail: broken}, Config{Model: anyModel(1)},
		func(o Output) error { ended = o.End; return nil })
	if !errors.Is(err, broken) || !ended {
		t.Errorf("error %v, ended %v; expected unplugged after the end", err, ended)
	}
	full := errors.New("full")
	err = Run(context.Background(), &cutUp{x: voices(30), sizes: []int{160}}, Config{Model: anyModel(1)},
		func(Output) error { return full })
	if !errors.Is(err, full) {
		t.Errorf("error %v, expected full", err)
	}
	if err := Run(context.Background(), &cutUp{}, Config{}, nil); err == nil {
		t.Error("no model: no error")
	}
}
