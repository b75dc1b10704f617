package online

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/seed-7adb9000/diarizer/segment"
)

// TestQuantile compares the running quantile with that of the sorted values.
func TestQuantile(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		levels := rapid.SliceOfN(rapid.Float64Range(-119, -0.5), 1, 200).Draw(t, "levels")
		var l loudness
		for _, v := range levels {
			l.add(float32(v))
		}
		slices.Sort(levels)
		want := levels[int(math.Ceil(loudShare*float64(len(levels))))-1]
		if got := l.quantile(); math.Abs(got-want) > 1.001 {
			t.Fatalf("%v, expected about %v of %v", got, want, levels)
		}
	})
	var none loudness
	none.add(0)
	if got := none.quantile(); !math.IsInf(got, -1) {
		t.Errorf("%v of no known level, expected −∞", got)
	}
}

// TestFaintIsLeftOut has a voice far in the background before, between and after
// two near ones: no turn of it may stand in the end, however it was told at
// first, and with Faint −1 it is a speaker like the others.
func TestFaintIsLeftOut(t *testing.T) {
	for _, faint := range []float64{0, -1} {
		w := newWorld(3, 3)
		c, err := New(w.m, Config{Faint: faint})
		if err != nil {
			t.Fatal(err)
		}
		l := newListener(t)
		var far []int64
		for i := range 30 {
			s := []int{2, 0, 1, 0, 1}[i%5]
			level := -25.0
			if s == 2 {
				level = -55
			}
			w.say(s, 200, 30, func(ev segment.Event) {
				if len(ev.Frames) > 0 {
					ev.Level = level
				}
				c.Push(ev, l.hear)
			})
			if s == 2 {
				far = append(far, (w.n-100)*segment.Hop)
			}
		}
		c.Finish(w.n*segment.Hop, l.hear)
		for _, at := range far {
			if told := l.speakerAt(at) != Unknown; told != (faint < 0) {
				t.Errorf("Faint %v: speech in the background at %d is told: %v", faint, at, told)
			}
		}
	}
}
