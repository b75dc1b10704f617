package serve

import (
	"fmt"
	"time"
)

// A worker is overloaded when, for overloadFor, a stream has been behind by overloadLag and the
// sum of the streams' lags has not fallen. The time starts again when the worker takes another
// stream. An overloaded worker gives up the stream that it took last. Its limit is then the
// number of streams that it still has. After each calmFor in which no stream has been behind,
// the limit rises by a quarter.
const (
	overloadLag = 5 * time.Second
	overloadFor = 5 * time.Second
	calmFor     = time.Minute
)

// load watches the lags of a worker.
type load struct {
	now    func() time.Time
	behind time.Time     // since when a stream is behind, zero if none is
	least  time.Duration // the least sum of lags since then, or since a stream was given up
	calm   time.Time     // since when no stream is behind
	n      int           // streams at the last look
}

// judge takes the present lags of the streams. It reports whether a stream has to be given up,
// and whether more may be taken.
func (l *load) judge(lags []time.Duration) (shed, more bool) {
	now := l.now()
	var worst, sum time.Duration
	for _, lag := range lags {
		worst, sum = max(worst, lag), sum+lag
	}
	if worst < overloadLag {
		l.behind, l.n = time.Time{}, len(lags)
		if l.calm.IsZero() {
			l.calm = now
		}
		if now.Sub(l.calm) >= calmFor {
			l.calm = now
			return false, true
		}
		return false, false
	}
	l.calm = time.Time{}
	taken := len(lags) > l.n
	l.n = len(lags)
	if l.behind.IsZero() || taken || sum < l.least {
		l.behind, l.least = now, sum // it is falling: a stream that was taken over catches up
		return false, false
	}
	if now.Sub(l.behind) < overloadFor {
		return false, false
	}
	l.behind, l.least = now, sum
	return true, false
}

// shed gives up the newest stream of an overloaded worker.
func (w *Worker) shed() {
	all := w.all()
	lags := make([]time.Duration, len(all))
	for i, o := range all {
		lags[i] = o.state().Lag
	}
	shed, more := w.load.judge(lags)
	w.mu.Lock()
	defer w.mu.Unlock()
	if more {
		w.limit = min(w.opts.Limit, w.limit+max(1, w.limit/4))
	}
	if !shed || len(all) < 2 {
		return
	}
	newest := w.newest()
	if newest == nil {
		return
	}
	w.limit = len(all) - 1
	w.asleep[newest.stream] = time.Now().Add(calmFor)
	w.waiting[newest.stream] = fmt.Sprintf("worker %s was overloaded", w.id)
	w.metrics.dropped()
	w.opts.Log.Warn("overloaded: the newest stream is given up", "worker", w.id, "stream", newest.stream, "limit", w.limit)
	newest.release(errRelease)
}
