package vad

// restAfter is how much digital silence (samples of exactly 0) the detector listens
// to, in hops: 2 s. A line that sends more of it says nothing of the room, so that
// from then on the detector rests: floors, levels heard and the network stay as
// they are until there is sound again, and every decision is the last one again.
const restAfter = 200

// rests takes note of a hop and reports whether it changes nothing.
func (d *Detector) rests(x []float32) bool {
	for _, v := range x {
		if v != 0 {
			d.quiet = 0
			return false
		}
	}
	if d.quiet == restAfter {
		return true
	}
	d.quiet++
	return false
}

// Resting reports whether the stream has been silent so long, by samples of exactly
// 0, that more of them would add equal decisions, none of them speech, and change
// nothing else. What is left then of a frame that is not full is silence too.
func (d *Detector) Resting() bool {
	if d.quiet < restAfter || !d.score.resting() || !d.rule.resting() {
		return false
	}
	for _, v := range d.part[:d.have] {
		if v != 0 {
			return false
		}
	}
	return true
}

// Skip does what pushing frames·Hop samples of 0 would do, at no cost, while the
// detector is [Detector.Resting]. The decisions that would come out, each equal to
// the last, do not.
func (d *Detector) Skip(frames int64) {
	d.score.skip(frames)
	d.rule.skip(frames)
}

// resting reports whether all frames not decided yet are alike and none is speech
// or evidence for it.
func (r *rule) resting() bool {
	for _, p := range r.pending {
		if p != r.pending[0] {
			return false
		}
	}
	return r.run == 0 && !r.pending[0].Speech
}

func (r *rule) skip(frames int64) {
	r.in += frames
	r.out += frames
}

// hold takes a hop that is like the one before, without a step of the network: its
// odds stay.
func (s *scorer) hold() (z, level float32, ok bool) {
	n := int64(len(s.level))
	s.level[s.pushed%n] = s.level[(s.pushed+n-1)%n]
	s.pushed++
	return s.advance(false)
}

// resting reports whether all that is still to be returned is alike.
func (s *scorer) resting() bool {
	for _, l := range s.level {
		if l != s.level[0] {
			return false
		}
	}
	for _, z := range s.odds {
		if z != s.odds[0] {
			return false
		}
	}
	return true
}

// skip is that many holds.
func (s *scorer) skip(hops int64) {
	s.pushed += hops
	s.seen += hops
	s.done += hops
	clear(s.input[:])
	for range s.seen % int64(s.step) {
		s.gather()
	}
}
