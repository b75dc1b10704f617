package tracks

import "math"

// What the gate knows of pictures: the level of a track that is silent at times, in
// decibels, and how many lines of the spectrum are in the bands, 125 Hz to 6 kHz.
const (
	stillest   = -85
	heardLines = 188
)

// add takes the next hop.
func (e *ear) add(samples []float32) {
	e.sound = append(e.sound, samples...)
	before := len(e.frames)
	e.frames = e.painter.Push(e.frames, samples)
	for _, f := range e.frames[before:] {
		e.counts[int(f.Level())+128]++
		e.total++
	}
	if e.total >= 2*fade { // what was long ago counts less
		e.total = 0
		for i := range e.counts {
			e.counts[i] /= 2
			e.total += e.counts[i]
		}
	}
}

// settle finds the floor of what was heard lately.
func (e *ear) settle() {
	left := int(quietly * float64(e.total))
	for i, n := range e.counts {
		if left -= n; left < 0 {
			e.floor = float64(i - 128)
			return
		}
	}
}

// loud reports whether anything is heard in kept frames.
func (e *ear) loud(from, to int) bool {
	for t := max(0, from); t < min(len(e.frames), to); t++ {
		if e.frames[t].Level() > e.floor+margin {
			return true
		}
	}
	return false
}

// lively reports whether a span is speech for a good part.
func (e *ear) lively(s stretch) bool {
	n := 0
	for t := s.from; t < s.to; t++ {
		if e.frames[t].Level() > e.floor+margin {
			n++
		}
	}
	return 3*n > s.to-s.from
}

// around is a step with what is heard around it without a pause.
func (e *ear) around(from, to int) stretch {
	s := stretch{from, to}
	for t, still := from-1, 0; t >= max(0, from-back) && still < hole; t-- {
		if still++; e.frames[t].Level() > e.floor+margin {
			s.from, still = t, 0
		}
	}
	for t, still := to, 0; t < min(len(e.frames), to+ahead) && still < hole; t++ {
		if still++; e.frames[t].Level() > e.floor+margin {
			s.to, still = t+1, 0
		}
	}
	if short := 2*fewest - (s.to - s.from); short > 0 { // too short to tell
		s = stretch{max(0, s.from-short/2), min(len(e.frames), to+ahead, s.to+short/2)}
	}
	return s
}

// release is what leaves of the first step that is marked: its sound, which is at so
// many kept samples, or noise.
func (e *ear) release(at int) []float32 {
	was := e.shut
	e.turn()
	out := make([]float32, step*hop)
	copy(out, e.sound[at:at+len(out)])
	if !was && !e.shut {
		return out
	}
	amplitude := float32(0)
	if e.floor > stillest { // of a track that is silent at times there is no noise
		// Of white noise of variance 1, 3/8 is in each line behind Hann's window.
		amplitude = float32(math.Sqrt(3 * math.Pow(10, e.floor/10) / (heardLines * 3 / 8)))
	}
	for n := range out {
		share := float32(1) // of the noise
		if was != e.shut && n < hop {
			if share = float32(n) / hop; was {
				share = 1 - share
			}
		} else if !e.shut {
			break
		}
		out[n] = out[n]*(1-share) + share*amplitude*e.random()
	}
	return out
}

// turn opens or shuts the track for the first step that is marked. What is recognised
// takes longer than it lasts at its edges, so that a change is made only where what comes
// next agrees with it.
func (e *ear) turn() {
	next := e.marks[1:min(len(e.marks), confirm+1)]
	foreign, mine := 0, 0
	for _, m := range next {
		switch m {
		case leaked:
			foreign++
		case own:
			mine++
		}
	}
	switch e.marks[0] {
	case leaked:
		if !e.spoke || foreign > 0 {
			e.shut, e.spoke = true, false
			e.taken += step
		}
		e.calm = 0
	case own:
		switch {
		case e.shut:
			e.shut = foreign > 0 || mine < len(next)/2
		case !e.spoke:
			e.shut = foreign > 0
		}
		e.spoke = !e.shut
		e.calm = 0
	case quiet:
		e.calm++
		switch {
		case len(next) > 0 && next[0] == leaked: // it begins a little before it is loud
			e.shut, e.spoke = true, false
		case e.calm >= calm:
			e.shut, e.spoke = false, false
		}
	}
}

// random is a number of -1 to 1, by xorshift.
func (e *ear) random() float32 {
	e.noise ^= e.noise << 13
	e.noise ^= e.noise >> 7
	e.noise ^= e.noise << 17
	return float32(int32(e.noise>>32)) / (1 << 31)
}
