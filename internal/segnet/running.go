package segnet

// running estimates the moments of a stream: over all it has seen, and once that is more
// than limit rows, with weights that fall off exponentially at a time constant of limit.
type running struct {
	moments
	seen  int // rows, at most limit
	limit int
	block moments // of the latest rows
}

func newRunning(channels, limit int) running {
	return running{moments: newMoments(channels), limit: limit, block: newMoments(channels)}
}

// add takes n more rows. Where they are digital silence, they count only as long as
// there is nothing else: a room's sound is not estimated from a muted microphone.
func (r *running) add(rows []float32, n int, silence bool) {
	if silence && r.seen > 0 {
		return
	}
	r.block.measure(rows, n)
	weight := 1.0
	if !silence {
		r.seen = min(r.seen+n, r.limit)
		weight = min(1, float64(n)/float64(r.seen))
	}
	for i, m := range r.block.mean {
		d := m - r.mean[i]
		r.mean[i] += weight * d
		r.variance[i] += weight * (r.block.variance[i] + (1-weight)*d*d - r.variance[i])
	}
}

func (r *running) reset() {
	clear(r.mean)
	clear(r.variance)
	r.seen = 0
}
