package segment

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/seed-7adb9000/diarizer/internal/state"
	"github.com/seed-7adb9000/diarizer/internal/state/statetest"
)

func TestStateIsComplete(t *testing.T) {
	e, err := NewExtractor(DefaultFeatures())
	if err != nil {
		t.Fatal(err)
	}
	statetest.Covers(t, e, e.fields(), "cfg", "window", "fft", "mel", "dct", "bank", "work", "power", "logs", "statics", "frame")
	s, err := NewSegmenter(Config{}, 4)
	if err != nil {
		t.Fatal(err)
	}
	statetest.Covers(t, s, s.fields(), "cfg", "dim")
	statetest.Covers(t, &s.chg, s.chg.fields(), "cfg", "dim", "keep", "none")
	g := NewGiven([]Utterance{{Start: 0, End: 16000}}, 16000, 4)
	statetest.Covers(t, g, g.fields(), "utts", "byEnd", "rest", "crowds", "dim")
	n := NewNormalizer([]float64{1, 2}, 10)
	statetest.Covers(t, n, n.fields(), "prior", "w")
}

// TestMovedExtractor holds that an extractor replaced at any sample by one of
// the same state finds the same frames.
func TestMovedExtractor(t *testing.T) {
	x := noise(3, 9000)
	cfg := DefaultFeatures()
	want := extract(t, cfg, x, len(x))
	rapid.Check(t, func(t *rapid.T) {
		cut := rapid.IntRange(0, len(x)).Draw(t, "cut")
		var got [][]float64
		keep := func(f []float64) { got = append(got, slices.Clone(f)) }
		a, errA := NewExtractor(cfg)
		b, errB := NewExtractor(cfg)
		if errA != nil || errB != nil {
			t.Fatal(errA, errB)
		}
		a.Push(x[:cut], keep)
		move(t, a, b)
		b.Push(x[cut:], keep)
		b.Flush(keep)
		if !slices.EqualFunc(got, want, slices.Equal) {
			t.Fatalf("moved at sample %d: other frames", cut)
		}
	})
}

// TestExtractorRefuses holds that a state that no extractor had is refused.
func TestExtractorRefuses(t *testing.T) {
	e, err := NewExtractor(DefaultFeatures())
	if err != nil {
		t.Fatal(err)
	}
	e.Add(noise(4, 5000))
	for e.Waiting() > 3 {
		e.Pass()
	}
	e.drop()
	for name, change := range map[string]func(*Extractor){
		"frame to come": func(e *Extractor) { e.next = -1 },
		"first frame":   func(e *Extractor) { e.first, e.next = -2, 0 },
		"samples":       func(e *Extractor) { e.samples += 100 },
		"buffer":        func(e *Extractor) { e.buf = e.buf[:len(e.buf)-1] },
	} {
		bad := *e
		change(&bad)
		next, err := NewExtractor(DefaultFeatures())
		if err != nil {
			t.Fatal(err)
		}
		if err := next.UnmarshalBinary(state.Append(nil, bad.fields()...)); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

// TestMovedSegmenter does the same with a segmenter, at any frame.
func TestMovedSegmenter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 4))
		var s scene
		for range rapid.IntRange(1, 5).Draw(t, "stretches") {
			s.pause(rapid.IntRange(0, 30).Draw(t, "pause"))
			s.talk(rng, rapid.IntRange(1, 900).Draw(t, "talk"), rapid.Float64Range(-1, 1).Draw(t, "mean"))
		}
		cut := rapid.IntRange(0, len(s.frames)).Draw(t, "cut")
		events := func(at int) (out []string) {
			g, err := NewSegmenter(Config{}, 4)
			if err != nil {
				t.Fatal(err)
			}
			emit := func(ev Event) { out = append(out, fmt.Sprint(ev)) }
			for i, x := range s.frames {
				if i == at {
					next, err := NewSegmenter(Config{}, 4)
					if err != nil {
						t.Fatal(err)
					}
					move(t, g, next)
					g = next
				}
				g.Push(int64(i+1)*Hop, s.speech[i], x, emit)
			}
			g.Flush(int64(len(s.frames))*Hop, emit)
			return out
		}
		if !slices.Equal(events(cut), events(-1)) {
			t.Fatalf("moved at frame %d: other events", cut)
		}
	})
}

// movable is what has a state.
type movable interface {
	AppendBinary([]byte) ([]byte, error)
	UnmarshalBinary([]byte) error
}

// move gives to the state of from.
func move(t interface{ Fatalf(string, ...any) }, from, to movable) {
	raw, err := from.AppendBinary(nil)
	if err == nil {
		err = to.UnmarshalBinary(raw)
	}
	if err != nil {
		t.Fatalf("%v", err)
	}
}
