package mic

import (
	"math"
	"time"
)

// bucket is the resolution of a window.
const bucket = 100 * time.Millisecond

// window keeps the least value of each of the last hundred buckets of time. Sound arrives late by chance and
// never early, so the least lag of many arrivals is the true one.
type window struct {
	least [100]time.Duration
	first int64 // bucket of the first value since the last reset
	last  int64 // bucket of the latest value
	some  bool
}

func (w *window) reset() { w.some = false }

// add records a value. at must not decrease.
func (w *window) add(at, v time.Duration) {
	b := int64(at / bucket)
	if !w.some {
		w.some, w.first, w.last = true, b, b
		w.least[w.slot(b)] = v
		return
	}
	for w.last = max(w.last, b-int64(len(w.least))); w.last < b; {
		w.last++
		w.least[w.slot(w.last)] = math.MaxInt64
	}
	s := w.slot(b)
	w.least[s] = min(w.least[s], v)
}

// min returns the least value of the latest n buckets, including the present one. ok says that each has a
// value since the last reset.
func (w *window) min(n int) (least time.Duration, ok bool) {
	if !w.some || w.last-w.first < int64(n) {
		return 0, false
	}
	least = math.MaxInt64
	for i := range int64(n) {
		least = min(least, w.least[w.slot(w.last-i)])
	}
	return least, least < math.MaxInt64
}

func (w *window) slot(b int64) int { return int(b % int64(len(w.least))) }
