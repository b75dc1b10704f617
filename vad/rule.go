package vad

// rule turns scores into decisions: evidence must last to begin, reaches back a
// little when it does, and lasts on for a while when it ends.
type rule struct {
	threshold float32
	hang      int
	before    int
	least     int
	pending   []Decision // a ring of the frames not decided yet
	in, out   int64      // frames that came in and went out
	run       int        // frames of evidence in a row
	until     int64      // frames before this one are held by the hangover
}

func newRule(c Config) rule {
	r := rule{threshold: float32(ScoreThreshold + c.Threshold), hang: c.Hangover, before: c.Before, least: c.MinSpeech}
	r.pending = make([]Decision, r.delay()+1)
	return r
}

func (r *rule) delay() int { return r.before + r.least - 1 }

func (r *rule) slot(frame int64) *Decision { return &r.pending[frame%int64(len(r.pending))] }

func (r *rule) push(dst []Decision, z, level float32) []Decision {
	n := r.in
	r.in++
	*r.slot(n) = Decision{Score: z, Level: level, Speech: n < r.until}
	if z > r.threshold {
		r.run++
		switch {
		case n < r.until:
			r.until = n + 1 + int64(r.hang)
		case r.run >= r.least:
			r.until = n + 1 + int64(r.hang)
			for i := max(r.out, n-int64(r.delay())); i <= n; i++ {
				r.slot(i).Speech = true
			}
		}
	} else {
		r.run = 0
	}
	if r.in-r.out > int64(r.delay()) {
		dst = append(dst, *r.slot(r.out))
		r.out++
	}
	return dst
}

// drain appends what is pending and forgets it.
func (r *rule) drain(dst []Decision) []Decision {
	for ; r.out < r.in; r.out++ {
		dst = append(dst, *r.slot(r.out))
	}
	r.run, r.until = 0, 0
	return dst
}
