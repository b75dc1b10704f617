package features

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/seed-7adb9000/diarizer/internal/state"
	"github.com/seed-7adb9000/diarizer/internal/state/statetest"
)

func TestStateIsComplete(t *testing.T) {
	e, err := NewExtractor(Default())
	if err != nil {
		t.Fatal(err)
	}
	statetest.Covers(t, e, e.fields(), "cfg", "window", "fft", "mel", "dct", "bank", "work", "power", "logs", "statics", "frame")
	n := NewNormalizer([]float64{1, 2}, 10)
	statetest.Covers(t, n, n.fields(), "prior", "w")
}

// TestMovedExtractor holds that an extractor replaced at any sample by one of
// the same state finds the same frames.
func TestMovedExtractor(t *testing.T) {
	x := noise(3, 9000)
	cfg := Default()
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
		statetest.Move(t, a, b)
		b.Push(x[cut:], keep)
		b.Flush(keep)
		if !slices.EqualFunc(got, want, slices.Equal) {
			t.Fatalf("moved at sample %d: other frames", cut)
		}
	})
}

// TestExtractorRefuses holds that a state that no extractor had is refused.
func TestExtractorRefuses(t *testing.T) {
	e, err := NewExtractor(Default())
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
		next, err := NewExtractor(Default())
		if err != nil {
			t.Fatal(err)
		}
		if err := next.UnmarshalBinary(state.Append(nil, bad.fields()...)); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

// TestTwin holds that two extractors with shared working memory compute the same as each of them
// computes alone, in whatever order they are used.
func TestTwin(t *testing.T) {
	cfg := Default()
	cfg.MelBank = BankSize
	x, y := noise(5, 6000), noise(6, 6000)
	wantX, wantY := extract(t, cfg, x, len(x)), extract(t, cfg, y, len(y))
	rapid.Check(t, func(t *rapid.T) {
		first, err := NewExtractor(cfg)
		if err != nil {
			t.Fatal(err)
		}
		first.Add(noise(7, rapid.IntRange(0, 2000).Draw(t, "before")))
		a, b := first.Twin(), first.Twin()
		var gotX, gotY [][]float64
		keepX := func(f []float64) { gotX = append(gotX, slices.Clone(f)) }
		keepY := func(f []float64) { gotY = append(gotY, slices.Clone(f)) }
		for at := 0; at < len(x); {
			n := rapid.IntRange(1, len(x)-at).Draw(t, "samples")
			a.Push(x[at:at+n], keepX)
			b.Push(y[at:at+n], keepY)
			at += n
		}
		a.Flush(keepX)
		b.Flush(keepY)
		if !slices.EqualFunc(gotX, wantX, slices.Equal) || !slices.EqualFunc(gotY, wantY, slices.Equal) {
			t.Fatal("other frames than alone")
		}
	})
}
