package serve

import (
	"slices"
	"testing"
	"time"
)

// TestLoad holds that a worker gives up streams when it falls behind and stays behind, but not
// while it catches up, and that it takes more after a calm minute.
func TestLoad(t *testing.T) {
	now := time.Now()
	l := &load{now: func() time.Time { return now }}
	step := func(lags ...time.Duration) (shed, more bool) {
		now = now.Add(time.Second)
		return l.judge(lags)
	}
	for i := range 30 { // catching up
		if shed, _ := step(time.Duration(60-2*i)*time.Second, 0); shed {
			t.Fatalf("a stream is given up after %d s of catching up", i)
		}
	}
	var lags []time.Duration
	for i := range 20 { // taking over the streams of another worker, one after the other
		if lags = append(lags, 9*time.Second); i >= 10 {
			lags = lags[:10]
			lags[i-10] = 0
		}
		if shed, _ := step(lags...); shed {
			t.Fatalf("a stream is given up %d s after the first was taken over", i)
		}
	}
	sheds := 0
	for range 12 { // falling behind
		if shed, _ := step(20*time.Second, 6*time.Second); shed {
			sheds++
		}
	}
	if sheds != 2 {
		t.Errorf("%d streams given up in 12 s, expected one every 5 s", sheds)
	}
	mores := 0
	for range 121 {
		shed, more := step(time.Second)
		if shed {
			t.Fatal("a stream is given up in calm")
		}
		if more {
			mores++
		}
	}
	if mores != 2 {
		t.Errorf("%d streams more in two calm minutes, expected 2", mores)
	}
}

// TestLimitComesBack holds that the limit of a worker that was overloaded once is the old one again
// after a few calm minutes.
func TestLimitComesBack(t *testing.T) {
	now := time.Now()
	w := &Worker{opts: Options{Limit: 100}, limit: 20}
	w.load.now = func() time.Time { return now }
	w.shed()
	var limits []int
	for range 9 {
		now = now.Add(calmFor)
		w.shed()
		limits = append(limits, w.limit)
	}
	if want := []int{25, 31, 38, 47, 58, 72, 90, 100, 100}; !slices.Equal(limits, want) {
		t.Errorf("limits after calm minutes: %v, expected %v", limits, want)
	}
	w.limit = 1
	now = now.Add(calmFor)
	if w.shed(); w.limit != 2 {
		t.Errorf("the limit rises from 1 to %d, expected 2", w.limit)
	}
}
