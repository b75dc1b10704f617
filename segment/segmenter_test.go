package segment

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/seed-7adb9000/diarizer/features"
)

// scene is a stream of frames with its speech decisions and true changes.
type scene struct {
	frames [][]float64
	speech []bool
}

// talk appends n frames of speech around the given mean.
func (s *scene) talk(rng *rand.Rand, n int, mean float64) {
	for range n {
		x := make([]float64, 4)
		for i := range x {
			x[i] = mean*float64(i%2*2-1) + rng.NormFloat64()
		}
		s.frames = append(s.frames, x)
		s.speech = append(s.speech, true)
	}
}

func (s *scene) pause(n int) {
	for range n {
		s.frames = append(s.frames, make([]float64, 4))
		s.speech = append(s.speech, false)
	}
}

// cut runs a Segmenter and returns the closed utterances in frames, after
// checking what holds for every stream: events in order, every frame of speech
// handed over once, utterances that cover the speech without overlap.
func (s *scene) cut(t interface{ Fatalf(string, ...any) }, cfg Config) []Utterance {
	g, err := NewSegmenter(cfg, 4)
	if err != nil {
		t.Fatalf("%v", err)
	}
	var done []Utterance
	var frames []float64
	points := int64(0)
	emit := func(ev Event) {
		if ev.Utterance.ID == 0 { // a point of the grid
			if points++; ev.Until != points*ChunkFrames*features.Hop {
				t.Fatalf("point %d of the grid at %d", points, ev.Until)
			}
			return
		}
		if ev.Utterance.ID != len(done)+1 {
			t.Fatalf("utterance %d after %d closed ones", ev.Utterance.ID, len(done))
		}
		if len(ev.Frames) > ChunkFrames*4 {
			t.Fatalf("%d values in one chunk", len(ev.Frames))
		}
		if len(ev.Frames) > 0 && ev.FrameStart/(ChunkFrames*features.Hop) != (ev.FrameStart+int64(len(ev.Frames)/4-1)*features.Hop)/(ChunkFrames*features.Hop) {
			t.Fatalf("chunk at %d crosses the grid", ev.FrameStart)
		}
		frames = append(frames, ev.Frames...)
		if ev.Closed {
			done = append(done, ev.Utterance)
		}
	}
	var want []float64
	for i, x := range s.frames {
		g.Push(int64(i+1)*features.Hop, Frame{Features: x, Speech: s.speech[i]}, emit)
		if s.speech[i] {
			want = append(want, x...)
		}
	}
	g.Flush(int64(len(s.frames))*features.Hop, emit)
	if !slices.Equal(frames, want) {
		t.Fatalf("%d values handed over, expected the %d of speech in order", len(frames), len(want))
	}
	covered := make([]bool, len(s.frames))
	for _, u := range done {
		if u.End <= u.Start {
			t.Fatalf("utterance %+v is empty", u)
		}
		for f := u.Start / features.Hop; f < u.End/features.Hop; f++ {
			if covered[f] {
				t.Fatalf("frame %d is in two utterances", f)
			}
			covered[f] = true
		}
	}
	if !slices.Equal(covered, s.speech) {
		t.Fatalf("utterances %v do not cover the speech", done)
	}
	return done
}

func TestPauseEndsUtterance(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	var s scene
	s.pause(13)
	s.talk(rng, 120, 0)
	s.pause(7)
	s.talk(rng, 64, 0)
	got := s.cut(t, Config{})
	want := []Utterance{{1, 13 * features.Hop, 133 * features.Hop}, {2, 140 * features.Hop, 204 * features.Hop}}
	if !slices.Equal(got, want) {
		t.Errorf("utterances %v, expected %v", got, want)
	}
}

// TestChangePoint has two voices take turns without a pause.
func TestChangePoint(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 2))
	var s scene
	s.talk(rng, 200, 1)
	s.talk(rng, 180, -1)
	s.talk(rng, 220, 1)
	got := s.cut(t, Config{})
	if len(got) != 3 {
		t.Fatalf("utterances %v, expected a cut at 2.0 s and 3.8 s", got)
	}
	for i, want := range []int64{200, 380} {
		if d := got[i].End/features.Hop - want; d < -10 || d > 10 {
			t.Errorf("cut %d at frame %d, expected %d ± 10", i, got[i].End/features.Hop, want)
		}
	}
}

// TestOneVoice shows that the same criterion finds no change in one voice.
func TestOneVoice(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 3))
	var s scene
	s.talk(rng, 290, 1)
	if got := s.cut(t, Config{}); len(got) != 1 {
		t.Errorf("utterances %v, expected one", got)
	}
}

// TestMaxLength holds for any speech and any settings.
func TestMaxLength(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 4))
		var s scene
		for range rapid.IntRange(1, 5).Draw(t, "stretches") {
			s.pause(rapid.IntRange(0, 30).Draw(t, "pause"))
			s.talk(rng, rapid.IntRange(1, 900).Draw(t, "talk"), rapid.Float64Range(-1, 1).Draw(t, "mean"))
		}
		for _, u := range s.cut(t, Config{}) {
			if n := (u.End - u.Start) / features.Hop; n > 300+ChunkFrames {
				t.Fatalf("utterance of %d frames, expected at most 300", n)
			}
		}
	})
}

func TestSegmenterErrors(t *testing.T) {
	for _, c := range []struct {
		cfg Config
		dim int
	}{{Config{}, 0}, {Config{Static: 5}, 4}, {Config{Min: 5}, 4}, {Config{Max: 60}, 4}, {Config{Context: 20}, 4}} {
		if _, err := NewSegmenter(c.cfg, c.dim); err == nil {
			t.Errorf("%+v with %d features: no error", c.cfg, c.dim)
		}
	}
}

// TestSegmenterAllocates nothing once its buffers have their size.
func TestSegmenterAllocates(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 5))
	var s scene
	s.talk(rng, 2000, 0)
	g, err := NewSegmenter(Config{}, 4)
	if err != nil {
		t.Fatal(err)
	}
	emit := func(Event) {}
	i := 0
	if n := testing.AllocsPerRun(1000, func() {
		g.Push(int64(i)*features.Hop, Frame{Features: s.frames[i], Speech: true, Level: -30, Two: 0.2}, emit)
		i++
	}); n != 0 {
		t.Errorf("%v allocations a frame, expected 0", n)
	}
}

// TestGiven holds that given utterances come out as they went in, cut to the
// maximum, with the frames of their union.
func TestGiven(t *testing.T) {
	in := []Utterance{{Start: 100 * features.Hop, End: 250 * features.Hop}, {Start: 200 * features.Hop, End: 900 * features.Hop}, {Start: 1000 * features.Hop, End: 1010 * features.Hop},
		{Start: 990 * features.Hop, End: 1010 * features.Hop}, {Start: 1006 * features.Hop, End: 1008 * features.Hop}}
	g := NewGiven(in, 300*features.Hop, 1)
	var closed []Utterance
	var got []float64
	emit := func(ev Event) {
		got = append(got, ev.Frames...)
		if ev.Closed {
			closed = append(closed, ev.Utterance)
		}
	}
	var want []float64
	for i := range 1005 {
		x := []float64{float64(i)}
		g.Push(int64(i+1)*features.Hop, Frame{Features: x}, emit)
		if i >= 100 && i < 900 || i >= 990 {
			want = append(want, x...)
		}
	}
	g.Flush(1005*features.Hop, emit)
	if !slices.Equal(got, want) {
		t.Errorf("frames %v, expected those of the utterances", got)
	}
	end := int64(1005 * features.Hop)
	if len(closed) != 6 || closed[0] != (Utterance{1, 100 * features.Hop, 250 * features.Hop}) || closed[3].End != 900*features.Hop ||
		closed[4] != (Utterance{5, 990 * features.Hop, end}) || closed[5] != (Utterance{6, 1000 * features.Hop, end}) {
		t.Errorf("utterances %v, expected the first whole, the second in three, and the two that are open cut off by the end", closed)
	}
}

// ExampleSegmenter cuts two seconds of speech with a pause in the middle.
func ExampleSegmenter() {
	s, err := NewSegmenter(Config{}, 1)
	if err != nil {
		fmt.Println(err)
		return
	}
	emit := func(ev Event) {
		if ev.Closed {
			fmt.Printf("utterance %d: %.1f to %.1f s\n", ev.Utterance.ID, float64(ev.Utterance.Start)/16000, float64(ev.Utterance.End)/16000)
		}
	}
	for i := range 200 {
		s.Push(int64(i+1)*features.Hop, Frame{Features: []float64{0}, Speech: i < 80 || i >= 120}, emit)
	}
	s.Flush(200*features.Hop, emit)
	// Output:
	// utterance 1: 0.0 to 0.8 s
	// utterance 2: 1.2 to 2.0 s
}
