package serve

import (
	"math"
	"time"
)

// Streams are spread over the workers: a stream is for the worker that it fills
// least, as a share of the worker's limit. A fuller worker takes one that nobody has
// taken for patience, in which an emptier one has found it unless something is wrong
// there. Where a worker has joined, the fullest hand over one stream at a time.
const (
	patience  = time.Second
	moveEvery = 5 * time.Second
)

// fill is the share of its limit that a worker has taken with so many streams.
func fill(streams, limit int) float64 { return float64(streams) / float64(limit) }

// least is the least fill that a worker other than me has with one stream more than
// its own, +Inf where none has room. Claims are counted, as they are newer than
// heartbeats.
func (r *roster) least(me string) float64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	streams := map[string]int{}
	for _, c := range r.claims {
		streams[c.Worker]++
	}
	least := math.Inf(1)
	for id, m := range r.members {
		if n := streams[id]; id != me && m.State == stateReady && n < m.Limit {
			least = min(least, fill(n+1, m.Limit))
		}
	}
	return least
}

// leaves reports whether a stream that nobody has is left to a worker that it fills
// less, of which least tells. first holds since when the streams of this look have
// waited, and is added to.
func (w *Worker) leaves(stream string, least float64, first map[string]time.Time) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	since, known := w.left[stream]
	if !known {
		since = time.Now()
	}
	first[stream] = since
	return w.limit > 0 && fill(len(w.owned)+1, w.limit) > least && time.Since(since) < patience
}

// even hands the newest stream over where that makes the workers more even, and no
// stream waits.
func (w *Worker) even(least float64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := len(w.owned)
	if w.draining || n == 0 || time.Since(w.moved) < moveEvery || fill(n-1, max(1, w.limit)) < least {
		return
	}
	newest := w.newest()
	w.moved = time.Now()
	w.opts.Log.Info("a stream is handed over: another worker has fewer", "worker", w.id, "stream", newest.stream, "streams", n)
	newest.release(errRelease)
}

// newest is the stream that was taken last. w.mu is held.
func (w *Worker) newest() *owned {
	var newest *owned
	for _, o := range w.owned {
		if newest == nil || o.claimed.After(newest.claimed) {
			newest = o
		}
	}
	return newest
}
