package online

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/seed-7adb9000/diarizer/features"
	"github.com/seed-7adb9000/diarizer/segment"
)

// TestCutterFindsTheBestPath holds the cuts against all paths there are.
func TestCutterFindsTheBestPath(t *testing.T) {
	const chunks, speakers = 6, 3
	rng := rand.New(rand.NewPCG(3, 14))
	passed := 0
	for range 200 {
		gains := make([][]float64, chunks)
		k := cutter{speakers: []int{0, 1, 2}}
		k.begin()
		for i := range gains {
			for range speakers {
				gains[i] = append(gains[i], 6*rng.NormFloat64())
			}
			k.pass(int64(i), func(s int) float64 { return gains[i][s] })
		}
		best := math.Inf(-1)
		var want []int64
		for code := range 729 { // 3⁶ paths
			score, before := 0.0, 0
			var cuts []int64
			for i := range gains {
				s := code % speakers
				code /= speakers
				if i > 0 && s != before {
					score -= cutPenalty
					cuts = append(cuts, int64(i))
				}
				score += gains[i][s]
				before = s
			}
			if score > best {
				best, want = score, cuts
			}
		}
		if got := k.path(); !slices.Equal(got, want) {
			t.Fatalf("cuts %v of %v, expected %v", got, gains, want)
		}
		passed += len(want)
	}
	if passed == 0 {
		t.Error("no path passed from one speaker to another: nothing was tested")
	}
}

// TestUtterancesAreCut has two voices that are known take turns without a pause,
// in one utterance, which --utterances keeps whole.
func TestUtterancesAreCut(t *testing.T) {
	for _, whole := range []bool{false, true} {
		w := newWorld(1, 2)
		c, err := New(w.m, Config{Whole: whole})
		if err != nil {
			t.Fatal(err)
		}
		l := newListener(t)
		hear := func(ev segment.Event) { c.Push(ev, l.hear) }
		for i := range 6 {
			w.say(i%2, 300, 50, hear)
		}
		known := w.n
		w.utter(func(i int) int { return i / 130 % 2 }, 260, 50, hear)
		c.Finish(w.n*features.Hop, l.hear)
		at := func(frame int64) int { return l.speakerAt((known + 50 + frame) * features.Hop) }
		if whole {
			if at(40) != at(220) {
				t.Errorf("a given utterance is of speakers %d and %d", at(40), at(220))
			}
			continue
		}
		if first, second := l.speakerAt(150*features.Hop), l.speakerAt(500*features.Hop); at(40) != first || at(220) != second || first == second {
			t.Errorf("the utterance is of speakers %d and %d, who are %d and %d", at(40), at(220), first, second)
		}
		if at(110) != at(40) || at(150) != at(220) {
			t.Errorf("speakers %d, %d, %d, %d, expected the change at 1.3 s", at(40), at(110), at(150), at(220))
		}
	}
}
