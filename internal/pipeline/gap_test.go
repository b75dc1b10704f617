package pipeline

import (
	"context"
	"errors"
	"io"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/internal/state/statetest"
	"github.com/seed-7adb9000/diarizer/online"
	"github.com/seed-7adb9000/diarizer/segment"
	"github.com/seed-7adb9000/diarizer/vad"
)

// part is a stretch of a stream: sound, or where there is none, what is missing.
type part struct {
	sound []float32
	lost  int64
}

// inFull pushes parts with every sample of what is missing.
func inFull(t interface{ Fatal(...any) }, cfg Config, parts []part) (events []online.Event) {
	s := newStream(t, cfg)
	emit := func(e online.Event) { events = append(events, e) }
	for _, p := range parts {
		s.Push(p.sound, emit)
		s.Push(make([]float32, p.lost), emit)
	}
	if err := s.Flush(emit); err != nil {
		t.Fatal(err)
	}
	return events
}

// configs are the ways to find speech, and a pause inside turns that is longer than
// what the stages need to rest.
func configs() map[string]Config {
	return map[string]Config{
		"detected":      {Model: anyModel(1)},
		"two looks":     {Model: tracked{anyModel(1)}},
		"long join gap": {Model: anyModel(1), Online: online.Config{JoinGap: 6 * capture.Rate}},
		"patient": {Model: anyModel(1), Detector: vad.Config{Before: 300, MinSpeech: 20, Hangover: 400},
			Segment: segment.Config{Max: 500}},
		"given speech":     {Model: anyModel(2), Speech: []vad.Span{{Start: 16000, End: 90000}, {Start: 130000, End: 180000}, {Start: 3e5, End: 3e5 + 7000}}},
		"given utterances": {Model: anyModel(3), Utterances: []segment.Utterance{{Start: 8000, End: 90000}, {Start: 60000, End: 190000}, {Start: 3e5, End: 3e5 + 80000}}},
	}
}

// TestGapIsSilence holds that a gap leads to the events, at the same positions, of
// as many samples of 0 pushed in full: whatever its length and what is before and
// behind it, in how many blocks it is told of, what part of it comes as samples of
// 0, and where the stream is moved to another process.
func TestGapIsSilence(t *testing.T) {
	x := voices(5)
	for name, cfg := range configs() {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				var parts []part
				rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1)) // lengths as likely long as short
				for range 2 {
					from := rng.IntN(len(x))
					parts = append(parts, part{sound: x[from : from+rng.IntN(len(x)-from)]},
						part{lost: rng.Int64N(rapid.SampledFrom([]int64{1000, 100_000, 500_000}).Draw(t, "lost less than"))})
				}
				want := inFull(t, cfg, parts)
				var got []online.Event
				emit := func(e online.Event) { got = append(got, e) }
				s := newStream(t, cfg)
				moved := func() {
					if rng.IntN(4) > 0 {
						return
					}
					next, err := RestoreStream(cfg, s.AppendSnapshot(nil))
					if err != nil {
						t.Fatal(err)
					}
					s = next
				}
				at := int64(0)
				hear := func(b capture.Block) {
					gap, err := s.Hear(context.Background(), b, emit)
					if want := (vad.Span{Start: at, End: b.Start}); err != nil || gap != want && at < b.Start || gap.End != 0 && at == b.Start {
						t.Fatalf("block at %d after %d: gap %v, %v", b.Start, at, gap, err)
					}
					at = b.End()
					moved()
				}
				for _, p := range parts {
					at := s.At()
					for rest := p.sound; len(rest) > 0; {
						n := min(len(rest), 1+rng.IntN(50_000))
						hear(capture.Block{Start: at, Samples: rest[:n]})
						at, rest = at+int64(n), rest[n:]
					}
					if p.lost > 0 && rapid.Bool().Draw(t, "in parts") {
						n := rng.Int64N(min(p.lost, 100_000))
						hear(capture.Block{Start: at, Samples: make([]float32, n)})
						hear(capture.Block{Start: at + n + rng.Int64N(p.lost-n)})
					}
					hear(capture.Block{Start: at + p.lost})
				}
				if err := s.Flush(emit); err != nil {
					t.Fatal(err)
				}
				for i := range min(len(got), len(want)) {
					if !sameEvents(got[i:i+1], want[i:i+1]) {
						t.Fatalf("event %d is\n%+v, expected\n%+v", i, got[i], want[i])
					}
				}
				if len(got) != len(want) {
					t.Fatalf("%d events, expected %d", len(got), len(want))
				}
			})
		})
	}
}

// TestLongGap holds that a gap of a day costs a few seconds of silence: that many
// frames of it, and as many ticks, are looked at, and the state afterwards is as
// large as before.
func TestLongGap(t *testing.T) {
	const day = 24 * 3600 * capture.Rate
	s := newStream(t, Config{Model: anyModel(1)})
	s.Push(voices(9), func(online.Event) {})
	before := len(s.AppendSnapshot(nil))
	ticks := 0
	if _, err := s.front.skipTo(context.Background(), s.At()+day, func(segment.Event) { ticks++ }); err != nil {
		t.Fatal(err)
	}
	if ticks > 60 {
		t.Errorf("%d events of the segmentation in a gap of a day, expected those of some seconds", ticks)
	}
	if n := testing.AllocsPerRun(1, func() {
		if _, err := s.front.skipTo(context.Background(), s.At()+day, func(segment.Event) {}); err != nil {
			t.Fatal(err)
		}
	}); n > 10 {
		t.Errorf("%v allocations for a gap of a day", n)
	}
	if after := len(s.AppendSnapshot(nil)); after > before {
		t.Errorf("a snapshot of %d bytes after gaps, %d before", after, before)
	}
}

// TestPositionsAreBounded holds that a block too far on is refused, and not worked
// towards.
func TestPositionsAreBounded(t *testing.T) {
	for _, start := range []int64{capture.MaxPosition + 1, math.MaxInt64 / 2, math.MaxInt64 - 10} {
		src := &jumping{at: []int64{0, start}}
		err := Run(context.Background(), src, Config{Model: anyModel(1)}, func(Output) error { return nil })
		if err == nil || !strings.Contains(err.Error(), "expected positions up to") {
			t.Errorf("a block at %d: %v", start, err)
		}
	}
	at := int64(0)
	src := &jumping{at: []int64{0, capture.MaxPosition - 1600}}
	err := Run(context.Background(), src, Config{Model: anyModel(1)}, func(o Output) error {
		at = o.At
		return nil
	})
	if err != nil || at != capture.MaxPosition || capture.Duration(at) < 100*365*24*time.Hour {
		t.Errorf("the last block there may be: %v at %d, %v", err, at, capture.Duration(at))
	}
}

// jumping has blocks of a tenth of a second at given positions.
type jumping struct{ at []int64 }

func (j *jumping) Next(context.Context) (capture.Block, error) {
	if len(j.at) == 0 {
		return capture.Block{}, io.EOF
	}
	b := capture.Block{Start: j.at[0], Samples: voices(0.1)}
	j.at = j.at[1:]
	return b, nil
}

func (j *jumping) Close() error { return nil }

// TestLongBlockIsLeft holds that a run that is over does not work its way through a
// block of hours.
func TestLongBlockIsLeft(t *testing.T) {
	f := newStream(t, Config{Model: anyModel(1)}).front
	ctx, cancel := context.WithCancelCause(context.Background())
	over := errors.New("over")
	cancel(over)
	for name, b := range map[string]capture.Block{
		"sound": {Samples: make([]float32, 100*capture.Rate)},
		"a gap": {Start: 100 * capture.Rate},
	} {
		before := f.pushed
		b.Start += before
		if _, err := f.hear(ctx, b, func(segment.Event) {}); !errors.Is(err, over) || f.pushed-before > piece {
			t.Errorf("%s: %v after %d samples, expected %v after %d", name, err, f.pushed-before, over, piece)
		}
	}
}

// TestBadSamples holds that samples that are no sound are silence and nothing more,
// wherever the stream's entrance is, and are told of.
func TestBadSamples(t *testing.T) {
	x := voices(10)
	y := slices.Clone(x)
	for i, bad := range []float32{float32(math.NaN()), float32(math.Inf(1)), float32(math.Inf(-1)), math.MaxFloat32, -1e20} {
		x[20_000+i*30_011], y[20_000+i*30_011] = 0, bad
	}
	cfg := Config{Model: anyModel(1)}
	want := inFull(t, cfg, []part{{sound: x}})
	s := newStream(t, cfg)
	var got []online.Event
	emit := func(e online.Event) { got = append(got, e) }
	s.Push(y, emit)
	if err := s.Flush(emit); err != nil {
		t.Fatal(err)
	}
	if !sameEvents(got, want) {
		t.Errorf("pushed: %d events that are not the %d with silence in place of the bad samples", len(got), len(want))
	}
	if s.Replaced() != 5 {
		t.Errorf("%d samples replaced, expected 5", s.Replaced())
	}
	got = nil
	replaced := 0
	err := Run(context.Background(), &cutUp{x: y, sizes: []int{777}}, cfg, func(o Output) error {
		got = append(got, o.Events...)
		replaced += o.Replaced
		return nil
	})
	if err != nil || !sameEvents(got, want) || replaced != 5 {
		t.Errorf("run: %d events, expected the same %d; %d samples replaced, expected 5; %v", len(got), len(want), replaced, err)
	}
}

// TestStreamInSilence holds that no number of a stream becomes subnormal in the
// silence behind sound.
func TestStreamInSilence(t *testing.T) {
	s := newStream(t, Config{Model: anyModel(1)})
	s.Push(voices(10), func(online.Event) {})
	for i := range 60 {
		if at := statetest.Subnormal(s); at != "" {
			t.Fatalf("%d s of silence: Stream%s is a subnormal number", i, at)
		}
		s.Push(make([]float32, capture.Rate), func(online.Event) {})
	}
}
