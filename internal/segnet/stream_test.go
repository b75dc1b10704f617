package segnet

import (
	"errors"
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/seed-7adb9000/diarizer/internal/simd"
	"github.com/seed-7adb9000/diarizer/internal/state"
	"github.com/seed-7adb9000/diarizer/internal/state/statetest"
)

func newStream(tb testing.TB, net *Network, path simd.Path, cfg Config) *Stream {
	tb.Helper()
	s, err := NewStream(net, path, cfg)
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

// all returns the frames of a sound.
func all(s *Stream, samples []float32) []Frame {
	var out []Frame
	add := func(f Frame) { out = append(out, f) }
	s.Push(samples, add)
	s.Flush(add)
	return out
}

// TestOneHopIsAWindow holds that a stream that hears everything before anything comes
// out computes what a runner does, to the bit.
func TestOneHopIsAWindow(t *testing.T) {
	net := load(t)
	sound := talk(Field + 80*Step)
	want := make([]Frame, Frames(len(sound)))
	NewRunner(net, simd.Best()).Run(want, sound)
	if got := all(newStream(t, net, simd.Best(), Config{Hop: len(want), Ahead: -1}), sound); !slices.Equal(got, want) {
		t.Error("a hop of the length of the sound has other frames than the window")
	}
}

// TestBlocks holds that the blocks in which a sound is pushed change nothing, and that
// no frame is missing.
func TestBlocks(t *testing.T) {
	net, sound := load(t), talk(2*Rate+77)
	cfg := Config{Hop: 6, Ahead: 9, Memory: 50}
	want := all(newStream(t, net, simd.Best(), cfg), sound)
	if len(want) != Frames(len(sound)) {
		t.Fatalf("%d frames, expected %d", len(want), Frames(len(sound)))
	}
	s := newStream(t, net, simd.Best(), cfg)
	rapid.Check(t, func(t *rapid.T) {
		s.Reset()
		var got []Frame
		add := func(f Frame) { got = append(got, f) }
		for rest := sound; len(rest) > 0; {
			n := min(len(rest), rapid.OneOf(rapid.IntRange(0, 40), rapid.IntRange(1, 9000)).Draw(t, "block"))
			s.Push(rest[:n], add)
			rest = rest[n:]
		}
		if s.Flush(add); !slices.Equal(got, want) {
			t.Fatal("other frames than in one block")
		}
	})
}

// TestLengths holds that there are as many frames as whole fields, for sounds of any length.
func TestLengths(t *testing.T) {
	net, sound := load(t), talk(Rate)
	for _, cfg := range []Config{{}, {Hop: 4, Ahead: 6}, {Hop: 5, Ahead: 7}, {Hop: 1, Ahead: -1, Memory: 3}} {
		s := newStream(t, net, simd.Best(), cfg)
		for n := 0; n <= len(sound); n += 89 {
			s.Reset()
			if got := len(all(s, sound[:n])); got != Frames(n) {
				t.Fatalf("%+v: %d frames of %d samples, expected %d", cfg, got, n, Frames(n))
			}
		}
	}
}

// TestDelay holds that a hop comes out as soon as the frames ahead of it are heard.
func TestDelay(t *testing.T) {
	s := newStream(t, load(t), simd.Best(), Config{})
	count := 0
	add := func(Frame) { count++ }
	n := Field + (DefaultHop+DefaultAhead-1)*Step
	s.Push(talk(n-1), add)
	if count != 0 {
		t.Errorf("%d frames before the frames ahead were heard", count)
	}
	s.Push([]float32{0}, add)
	if count != DefaultHop {
		t.Errorf("%d frames after %d samples, expected %d", count, n, DefaultHop)
	}
}

// TestFeaturesOfHops holds that features are the same in hops as at once, where the norms
// are: nothing is computed twice, left out or shifted at the seams.
func TestFeaturesOfHops(t *testing.T) {
	net, sound := load(t), talk(Field+99*Step)
	r := NewRunner(net, simd.Best())
	n := Frames(len(sound))
	r.Run(make([]Frame, n), sound)
	s := newStream(t, net, simd.Best(), Config{Hop: 7, Ahead: 200})
	known := func(dst *running, src moments) {
		dst.seen, dst.limit = 1<<50, 1<<50
		copy(dst.mean, src.mean)
		copy(dst.variance, src.variance)
	}
	known(&s.sound, r.level)
	for i := range s.stages {
		known(&s.stages[i], r.moments[i])
	}
	s.Push(sound, nil)
	if len(s.features) != n/7*7*narrow {
		t.Fatalf("%d features", len(s.features))
	}
	for i, v := range s.features {
		if w := r.features[2][i]; math.Abs(float64(v-w)) > 1e-4 {
			t.Fatalf("feature %d of frame %d is %v, at once %v", i%narrow, i/narrow, v, w)
		}
	}
}

func TestStateIsComplete(t *testing.T) {
	s := newStream(t, load(t), simd.Best(), Config{})
	var arrays []any
	for i := range s.rows {
		arrays = append(arrays, &s.rows)
		_ = i
	}
	statetest.Covers(t, s, append(append(s.fields(), arrays...), &s.forward, &s.stages), "worker", "cfg", "ahead", "backward", "layers", "frames")
	statetest.Covers(t, &s.sound, append(s.sound.fields(), &s.sound.moments), "limit", "block")
	statetest.Covers(t, &s.forward[0], append(s.forward[0].fields(), s.forward[0].h[:]))
}

// TestMovedStream holds that a stream that is replaced at any sample by one of the same
// state goes on to the same frames, and that a damaged state is refused.
func TestMovedStream(t *testing.T) {
	net, sound := load(t), talk(2*Rate)
	cfg := Config{Hop: 6, Ahead: 9, Memory: 50}
	want := all(newStream(t, net, simd.Best(), cfg), sound)
	a, b := newStream(t, net, simd.Best(), cfg), newStream(t, net, simd.Best(), cfg)
	rapid.Check(t, func(t *rapid.T) {
		cut := rapid.IntRange(0, len(sound)).Draw(t, "cut")
		a.Reset()
		var got []Frame
		add := func(f Frame) { got = append(got, f) }
		a.Push(sound[:cut], add)
		raw, err := a.AppendBinary(nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := b.UnmarshalBinary(raw[:len(raw)-1]); !errors.Is(err, state.ErrState) {
			t.Fatalf("a state cut short: %v", err)
		}
		if err := b.UnmarshalBinary(raw); err != nil {
			t.Fatal(err)
		}
		b.Push(sound[cut:], add)
		if b.Flush(add); !slices.Equal(got, want) {
			t.Fatalf("moved at sample %d: other frames", cut)
		}
	})
}

// TestStateOfAnotherConfig is refused where it would not fit.
func TestStateOfAnotherConfig(t *testing.T) {
	net := load(t)
	long, short := newStream(t, net, simd.Best(), Config{Hop: 30, Ahead: 60}), newStream(t, net, simd.Best(), Config{Hop: 5, Ahead: 5})
	long.Push(talk(Rate), func(Frame) {})
	raw, err := long.AppendBinary(nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := short.UnmarshalBinary(raw); !errors.Is(err, state.ErrState) {
		t.Errorf("error %v, expected ErrState", err)
	}
	if n := len(all(short, talk(5000))); n != Frames(5000) {
		t.Errorf("%d frames after a refused state", n)
	}
}

// TestSilence holds that digital silence, for longer than any memory, neither leaves
// subnormal numbers nor changes what the norms know of the sound before.
func TestSilence(t *testing.T) {
	s := newStream(t, load(t), simd.Best(), Config{Memory: 40})
	check := func(f Frame) {
		sum := f.Nobody() + f.One() + f.Two()
		if !(math.Abs(float64(sum)-1) < 1e-5) {
			t.Fatalf("probabilities %v", f)
		}
	}
	quiet := make([]float32, 60*Rate)
	s.Push(quiet, check)
	if at := statetest.Subnormal(s); at != "" {
		t.Errorf("%s is subnormal after silence", at)
	}
	s.Push(talk(4*Rate), check)
	s.Push(quiet[:Rate], check)
	before := slices.Clone(s.stages[1].variance)
	s.Push(quiet, check)
	if !slices.Equal(before, s.stages[1].variance) {
		t.Error("digital silence changed the variance")
	}
	if at := statetest.Subnormal(s); at != "" {
		t.Errorf("%s is subnormal after sound and silence", at)
	}
	loud := []float32{float32(math.NaN()), float32(math.Inf(1)), 1e30, -1e-42}
	s.Push(slices.Repeat(loud, 10000), check)
	s.Flush(check)
	if s.Replaced() != 30000 {
		t.Errorf("%d samples replaced, expected 30000", s.Replaced())
	}
}

func TestNothingIsAllocated(t *testing.T) {
	net, sound := load(t), talk(Rate)
	frames := make([]Frame, Frames(len(sound)))
	for _, path := range simd.Paths() {
		r, s := NewRunner(net, path), newStream(t, net, path, Config{})
		r.Run(frames, sound)
		n := 0
		emit := func(Frame) { n++ }
		if a := testing.AllocsPerRun(1, func() {
			r.Run(frames, sound)
			s.Push(sound, emit)
			s.Flush(emit)
			s.Reset()
		}); a != 0 || n == 0 {
			t.Errorf("%v: %v allocations for %d frames", path, a, n)
		}
	}
}

func TestConfig(t *testing.T) {
	net := load(t)
	for _, cfg := range []Config{{Hop: -1}, {Hop: longest + 1}, {Ahead: -2}, {Ahead: longest + 1}, {Hop: 9, Memory: 8}, {Memory: -1}} {
		if _, err := NewStream(net, simd.Best(), cfg); !errors.Is(err, ErrConfig) {
			t.Errorf("%+v: error %v, expected ErrConfig", cfg, err)
		}
	}
}
