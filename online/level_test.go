package online

import (
	"cmp"
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/seed-7adb9000/diarizer/features"
	"github.com/seed-7adb9000/diarizer/internal/state/statetest"
	"github.com/seed-7adb9000/diarizer/segment"
)

// TestQuantile compares the running quantile with that of the sorted values,
// each weighed by its age.
func TestQuantile(t *testing.T) {
	type weighed struct{ level, weight float64 }
	rapid.Check(t, func(t *rapid.T) {
		levels := rapid.SliceOfN(rapid.Float64Range(-119, -0.5), 1, 1000).Draw(t, "levels")
		var l levelDistribution
		var all []weighed
		var total float64
		for i, v := range levels {
			l.add(float32(v))
			w := math.Pow(0.5, float64(len(levels)-1-i)/levelHalfLife)
			all, total = append(all, weighed{v, w}), total+w
		}
		slices.SortFunc(all, func(a, b weighed) int { return cmp.Compare(a.level, b.level) })
		below := 0.0
		for _, x := range all {
			if below += x.weight; below >= levelShare*total*(1-1e-9) {
				if got := l.quantile(); math.Abs(got-x.level) > 1.001 {
					t.Fatalf("%v, expected about %v of %v", got, x.level, levels)
				}
				return
			}
		}
	})
	var none levelDistribution
	none.add(0)
	if got := none.quantile(); !math.IsInf(got, -1) {
		t.Errorf("%v of no known level, expected −∞", got)
	}
}

// TestBackgroundIsLeftOut has a voice far in the background before, between and after
// two near ones: no turn of it may stand in the end, however it was told at
// first, and with LevelGate −1 it is a speaker like the others.
func TestBackgroundIsLeftOut(t *testing.T) {
	for _, gate := range []float64{0, -1} {
		w := newWorld(3, 3)
		c, err := New(w.m, Config{LevelGate: gate})
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
				far = append(far, (w.n-100)*features.Hop)
			}
		}
		c.Finish(w.n*features.Hop, l.hear)
		for _, at := range far {
			if told := l.speakerAt(at) != Unknown; told != (gate < 0) {
				t.Errorf("LevelGate %v: speech in the background at %d is told: %v", gate, at, told)
			}
		}
	}
}

// TestLowerFromNowOn turns the gain down by 30 dB in the middle of a conversation.
// That is no background for long, and what was said before it stays said.
func TestLowerFromNowOn(t *testing.T) {
	w := newWorld(2, 4)
	c, err := New(w.m, Config{})
	if err != nil {
		t.Fatal(err)
	}
	l := newListener(t)
	var at []int64
	const turns = 200 // of 2 s
	for i := range turns {
		level := -25.0
		if i >= turns/2 {
			level = -55
		}
		w.say(i%2, 200, 30, func(ev segment.Event) {
			if len(ev.Frames) > 0 {
				ev.Level = level
			}
			c.Push(ev, l.hear)
		})
		at = append(at, (w.n-100)*features.Hop)
	}
	c.Finish(w.n*features.Hop, l.hear)
	missed := 0
	for i, pos := range at {
		if l.speakerAt(pos) != Unknown {
			continue
		}
		if missed++; i < turns/2 {
			t.Errorf("turn %d, before the gain was turned down, is not told in the end", i)
		}
	}
	if last := at[turns*4/5]; l.speakerAt(last) == Unknown || missed > 60 {
		t.Errorf("%d turns are not told, a minute and a half after the change %v", missed, l.speakerAt(last) != Unknown)
	}
}

// TestLevelDistributionForgets holds that levels of half a day ago are forgotten, and not kept
// as numbers that get smaller for ever.
func TestLevelDistributionForgets(t *testing.T) {
	var l levelDistribution
	for range 100 {
		l.add(-20)
	}
	for i := range 12 * 3600 * 10 {
		l.add(-50)
		if i%1000 == 0 {
			if at := statetest.Subnormal(&l); at != "" {
				t.Fatalf("after %d chunks: count%s is a subnormal number", i, at)
			}
		}
	}
	if n := l.count[levelBins-20]; n != 0 {
		t.Errorf("%g of a level of half a day ago", n)
	}
}
