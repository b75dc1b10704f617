package serve

import (
	"math"
	"time"
)

// Streams are spread over the workers. The fill of a worker is its number of streams as a share
// of its limit. A stream is for the worker that would have the least fill with it. A fuller
// worker takes the stream only after patience, when an emptier one would have taken it unless
// something is wrong there. After a worker has joined, the fullest workers hand over one stream
// at a time.
const (
	patience  = time.Second
	moveEvery = 5 * time.Second
)

// fill is the number of streams as a share of the limit.
func fill(streams, limit int) float64 { return float64(streams) / float64(limit) }

// least is the smallest fill that a worker other than me would have with one more stream, +Inf
// if none has room. It counts claims, as they are newer than heartbeats.
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

// leaves reports whether this worker leaves a free stream to a worker with less fill. least is
// the fill that the emptiest other worker would have. first is filled with the time since which
// the streams of this look have waited.
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

// even hands over the newest stream if that makes the fills of the workers more even and no
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

// newest is the stream that was taken last. The caller holds w.mu.
func (w *Worker) newest() *owned {
	var newest *owned
	for _, o := range w.owned {
		if newest == nil || o.claimed.After(newest.claimed) {
			newest = o
		}
	}
	return newest
}
