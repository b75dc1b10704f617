package segnet

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/seed-7adb9000/diarizer/internal/network/half"
	"github.com/seed-7adb9000/diarizer/internal/network/simd"
	"github.com/seed-7adb9000/diarizer/internal/state"
	"github.com/seed-7adb9000/diarizer/internal/state/statetest"
)

// short is a plan of half a second a window, for tests.
var short = plan{window: Field + 27*Step + 100, hop: 8, ahead: 3, spare: 200}

// list collects frames and fails where they are not in order without a hole.
type list struct {
	tb    testing.TB
	first int64
	got   []Frame
}

func (l *list) add(k int64, f *Frame) {
	if k != l.first+int64(len(l.got)) {
		l.tb.Fatalf("frame %d after %d from %d on", k, len(l.got), l.first)
	}
	l.got = append(l.got, *f)
}

// all returns the frames of a sound.
func all(s *Stream, samples []float32) []Frame {
	var out []Frame
	add := func(_ int64, f *Frame) { out = append(out, *f) }
	s.Push(samples, add)
	s.Flush(add)
	return out
}

// rounded16 is x as a stream keeps it.
func rounded16(x []float32) []float32 {
	out := make([]float32, len(x))
	for i, v := range x {
		out[i] = half.Float32(half.Of(v))
	}
	return out
}

// wanted is what the documentation says of a stream, with all of the sound at hand.
func wanted(r *Runner, p plan, x []float32) []Frame {
	x = rounded16(x)
	total := Frames(len(x))
	if total == 0 {
		return nil
	}
	type window struct {
		first, end int
		frames     []Frame
	}
	var windows []window
	add := func(first, samples int, end int) {
		frames := make([]Frame, Frames(samples))
		r.Run(frames, append(slices.Clone(x[first*Step:min(len(x), first*Step+samples)]), make([]float32, max(0, samples-len(x)))...))
		if n := len(windows); n > 0 {
			last := windows[n-1]
			match(last.frames[p.hop:p.useful()], frames[max(0, last.first+p.hop-first):], frames)
		}
		windows = append(windows, window{first, end, frames})
	}
	for first := 0; first*Step+p.window <= len(x); first += p.hop {
		add(first, p.window, first+p.useful())
	}
	first, samples := max(0, total-Frames(p.window)), p.window
	if n := len(windows); n > 0 {
		if len(x) > (n-1)*p.hop*Step+p.window+p.spare { // what the next window has not is forgotten
			first = max(first, n*p.hop)
		}
		samples = min(p.window, len(x)-first*Step)
	}
	add(first, samples, total)
	var out []Frame
	for k := range total {
		var have []Frame
		for _, w := range windows {
			if k >= w.first && k < w.end && len(have) < 2 {
				have = append(have, w.frames[k-w.first])
			}
		}
		switch {
		case len(have) == 2 && k >= p.hop:
			have[1].average(&have[0])
			out = append(out, have[1])
		default: // before the second window begins, there is but one
			out = append(out, have[0])
		}
	}
	return out
}

// TestStreams compares streams of many lengths with windows chosen by hand.
func TestStreams(t *testing.T) {
	r := NewRunners(load(t), simd.Best())
	s := newStream(r, short)
	other := NewRunner(r.net, simd.Best())
	sound := talk(2 * Rate)
	rapid.Check(t, func(t *rapid.T) {
		x := sound[:rapid.IntRange(0, len(sound)).Draw(t, "samples")]
		s.Reset()
		got, want := all(s, x), wanted(other, short, x)
		if len(got) != Frames(len(x)) || !slices.Equal(got, want) {
			t.Fatalf("%d frames other than the %d of the windows", len(got), len(want))
		}
	})
}

// TestPublished holds that the plan that is used keeps what its documentation says: as
// many frames as the sound has, and when they come out.
func TestPublished(t *testing.T) {
	s := NewStream(load(t))
	l := list{tb: t}
	sound := talk(13 * Rate)
	s.Push(sound[:10*Rate-1], l.add)
	if len(l.got) != 0 {
		t.Errorf("%d frames before 10 s", len(l.got))
	}
	s.Push(sound[10*Rate-1:12*Rate-141], l.add)
	if len(l.got) != 118 {
		t.Errorf("%d frames of the first window, expected 118", len(l.got))
	}
	s.Push(sound[12*Rate-141:12*Rate-140], l.add)
	if len(l.got) != 559 {
		t.Errorf("%d frames of the second window, expected 559", len(l.got))
	}
	s.Push(sound[12*Rate-140:], l.add)
	s.Flush(l.add)
	if len(l.got) != Frames(len(sound)) {
		t.Errorf("%d frames, expected %d", len(l.got), Frames(len(sound)))
	}
}

// TestBlocks holds that the blocks in which a sound is pushed change nothing.
func TestBlocks(t *testing.T) {
	sound := talk(3 * Rate / 2)
	s := newStream(NewRunners(load(t), simd.Best()), short)
	want := all(s, sound)
	rapid.Check(t, func(t *rapid.T) {
		s.Reset()
		var got []Frame
		add := func(_ int64, f *Frame) { got = append(got, *f) }
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

// TestGaps holds that the sound between gaps is that of streams of its own from the next
// frame of the stream on, and that frames keep their place.
func TestGaps(t *testing.T) {
	r := NewRunners(load(t), simd.Best())
	s, alone := newStream(r, short), newStream(NewRunners(r.net, simd.Best()), short)
	sound := talk(2 * Rate)
	rapid.Check(t, func(t *rapid.T) {
		s.Reset()
		type placed struct {
			k int64
			f Frame
		}
		var got, want []placed
		var position int64
		add := func(k int64, f *Frame) { got = append(got, placed{k, *f}) }
		for range rapid.IntRange(1, 3).Draw(t, "parts") {
			x := sound[:rapid.IntRange(0, 15000).Draw(t, "samples")]
			alone.Reset()
			first := (position + Step - 1) / Step
			for i, f := range all(alone, x[min(len(x), int(first*Step-position)):]) {
				want = append(want, placed{first + int64(i), f})
			}
			s.Push(x[:len(x)/3], add)
			s.Push(x[len(x)/3:], add)
			gap := rapid.Int64Range(0, 5000).Draw(t, "gap")
			s.Skip(gap, add)
			position += int64(len(x)) + gap
		}
		if !slices.Equal(got, want) {
			t.Fatalf("%d frames, expected %d, or others", len(got), len(want))
		}
	})
}

// TestSound holds that the samples of a frame are at hand when it comes out, as far as there
// was sound, with silence for a gap.
func TestSound(t *testing.T) {
	s, sound := newStream(NewRunners(load(t), simd.Best()), short), talk(2*Rate)
	const gap = 1234
	stream := append(append(slices.Clone(sound[:Rate]), make([]float32, gap)...), sound[Rate:]...)
	first, n := int64(0), 0
	var buf []float32
	emit := func(k int64, _ *Frame) {
		n++
		from, to := max(first, k*Step), k*Step+Field
		if buf = s.Sound(from, to, buf[:0]); !slices.Equal(buf, rounded16(stream[from:to])) {
			t.Fatalf("samples %d to %d of frame %d are others", from, to, k)
		}
	}
	s.Push(sound[:Rate], emit)
	s.Skip(gap, emit)
	if first = 64 * Step; len(s.Sound(0, 10, nil)) != 10 {
		t.Error("not ten samples")
	}
	s.Push(sound[Rate:], emit)
	s.Flush(emit)
	if want := Frames(Rate) + Frames(len(stream)-int(first)); n != want {
		t.Errorf("%d frames, expected %d", n, want)
	}
}

// TestSoundWaits holds that the sound behind the frames that a push let out can still be
// had as long as no more is pushed than there is to spare.
func TestSoundWaits(t *testing.T) {
	s, sound := newStream(NewRunners(load(t), simd.Best()), short), talk(2*Rate)
	want := rounded16(sound)
	before, last, since := int64(0), int64(-1), 0
	for at := 0; at < len(sound); at++ {
		out := false
		s.Push(sound[at:at+1], func(k int64, _ *Frame) {
			if !out {
				before = last
			}
			last, out = k, true
		})
		if since++; out {
			since = 0
		}
		if from, to := Centre(max(0, before)), Centre(last); last >= 0 && since <= short.spare {
			if got := s.Sound(from, to, nil); !slices.Equal(got, want[from:to]) {
				t.Fatalf("after sample %d, samples %d to %d behind frame %d are others", at, from, to, last)
			}
		}
	}
	if last < 0 {
		t.Error("no frames")
	}
}

func TestStateIsComplete(t *testing.T) {
	s := newStream(NewRunners(load(t), simd.Best()), short)
	statetest.Covers(t, &s.kept, s.kept.fields())
	statetest.Covers(t, s, s.fields(), "runners", "plan", "frames", "out")
}

// TestMovedStream holds that a stream that is replaced at any sample by one of the same
// state goes on to the same frames, and that a damaged state is refused.
func TestMovedStream(t *testing.T) {
	r, sound := NewRunners(load(t), simd.Best()), talk(3*Rate/2)
	a, b := newStream(r, short), newStream(r, short)
	want := all(a, sound)
	rapid.Check(t, func(t *rapid.T) {
		cut := rapid.IntRange(0, len(sound)).Draw(t, "cut")
		a.Reset()
		var got []Frame
		add := func(_ int64, f *Frame) { got = append(got, *f) }
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

// TestImpossibleStates are refused, and leave a stream that works.
func TestImpossibleStates(t *testing.T) {
	r := NewRunners(load(t), simd.Best())
	s, other := newStream(r, short), newStream(r, short)
	for name, harm := range map[string]func(){
		"windows":      func() { other.windows = -1 },
		"more windows": func() { other.windows = 1 },
		"drop":         func() { other.drop = Step },
		"samples":      func() { other.kept.samples = make([]uint16, other.due()) },
		"frames":       func() { other.before = append(other.before, Frame{}) },
		"origin":       func() { other.kept.first += Step },
	} {
		other.Reset()
		other.Push(talk(3000), nil)
		harm()
		raw, err := other.AppendBinary(nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.UnmarshalBinary(raw); !errors.Is(err, state.ErrState) {
			t.Errorf("%s: error %v, expected ErrState", name, err)
		}
		if n := len(all(s, talk(5000))); n != Frames(5000) {
			t.Errorf("%s: %d frames after a refused state", name, n)
		}
	}
}

// TestSilence holds that nobody speaks in digital silence, which takes no network, that no
// sample makes a probability that is none, and that what is no sound is counted.
func TestSilence(t *testing.T) {
	s := newStream(NewRunners(load(t), simd.Best()), short)
	for i, f := range all(s, make([]float32, Rate)) {
		if f != (Frame{1}) {
			t.Fatalf("frame %d of silence is %v", i, f)
		}
	}
	loud := []float32{float32(math.NaN()), float32(math.Inf(1)), 1e30, -1e-42, -60000, 0x1p-24}
	for name, x := range map[string][]float32{"loud": slices.Repeat(loud, 3000), "faint": slices.Repeat([]float32{0x1p-24, 0, 0}, 6000), "click": append(make([]float32, Rate), 1)} {
		s.Reset()
		for i, f := range all(s, append(x, make([]float32, 3000)...)) {
			if sum := f.Nobody() + f.One() + f.Two(); !(math.Abs(float64(sum)-1) < 1e-5) {
				t.Fatalf("%s: frame %d is %v", name, i, f)
			}
		}
		r := s.runners.take()
		if at := statetest.Subnormal(&r.features) + statetest.Subnormal(&r.layers); at != "" {
			t.Errorf("%s: %s is subnormal", name, at)
		}
		s.runners.give(r)
		if want := map[string]int64{"loud": 9000}[name]; s.Replaced() != want {
			t.Errorf("%s: %d samples replaced, expected %d", name, s.Replaced(), want)
		}
	}
}

// TestMatch holds that voices are renamed by when they speak.
func TestMatch(t *testing.T) {
	want := []Frame{{0, 1}, {0, 0, 1}, {0, 0, 0, 1}, {0, 0, 0, 0, 1}, {0, 0, 0, 0, 0, 1}, {0, 0, 0, 0, 0, 0, 1}, {1}}
	for _, o := range orders {
		all := make([]Frame, len(want))
		for i, f := range want {
			all[i] = f.renamed(o)
			for v, from := range o {
				if all[i].Active(v) != f.Active(from) {
					t.Fatalf("%v renamed by %v is %v", f, o, all[i])
				}
			}
			if f.One() != all[i].One() || f.Two() != all[i].Two() {
				t.Fatalf("%v renamed by %v is %v", f, o, all[i])
			}
		}
		if match(want[:4], all, all); !slices.Equal(all, want) {
			t.Errorf("order %v is not undone: %v", o, all)
		}
	}
}

func TestNothingIsAllocated(t *testing.T) {
	net, sound := load(t), talk(Rate/2)
	frames := make([]Frame, Frames(len(sound)))
	for _, path := range simd.Paths() {
		rs := NewRunners(net, path)
		s := newStream(rs, short)
		r := rs.take()
		rs.give(r)
		r.Run(frames, sound)
		n := 0
		emit := func(int64, *Frame) { n++ }
		// The average of several runs is rounded down: what the runtime allocates once is not counted.
		if a := testing.AllocsPerRun(4, func() {
			r.Run(frames, sound)
			s.Push(sound, emit)
			s.Flush(emit)
			s.Reset()
		}); a != 0 || n == 0 {
			t.Errorf("%v: %v allocations for %d frames", path, a, n)
		}
	}
}

// TestConcurrentRunners holds, under the race detector, that a network can be shared.
func TestConcurrentRunners(t *testing.T) {
	net, sound := load(t), talk(Rate/2)
	want := make([]Frame, Frames(len(sound)))
	NewRunner(net, simd.Best()).Run(want, sound)
	for i := range 3 {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			t.Parallel()
			got := make([]Frame, len(want))
			if NewRunner(net, simd.Best()).Run(got, sound); !slices.Equal(got, want) {
				t.Error("other frames beside others")
			}
		})
	}
}

func TestMisusePanics(t *testing.T) {
	net := load(t)
	r := NewRunner(net, simd.Best())
	for name, f := range map[string]func(){
		"room": func() { r.Run(make([]Frame, 1), make([]float32, Field+Step)) },
		"path": func() { NewRunner(net, 99) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			f()
		}()
	}
}
