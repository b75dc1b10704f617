package tracks

import "math"

// stillest is the floor, in decibels, below which a track is digitally silent at times.
// heardLines is how many lines of the spectrum are in the bands, 125 Hz to 6 kHz.
const (
	stillest   = -85
	heardLines = 188
)

// add appends a hop of sound.
func (e *ear) add(samples []float32) {
	e.sound = append(e.sound, samples...)
	before := len(e.frames)
	e.frames = e.painter.Push(e.frames, samples)
	for _, f := range e.frames[before:] {
		e.counts[int(f.Level())+128]++
		e.total++
	}
	if e.total >= 2*fade { // old frames count less
		e.total = 0
		for i := range e.counts {
			e.counts[i] /= 2
			e.total += e.counts[i]
		}
	}
}

// updateFloor finds the floor of the latest levels.
func (e *ear) updateFloor() {
	left := int(quietly * float64(e.total))
	for i, n := range e.counts {
		if left -= n; left < 0 {
			e.floor = float64(i - 128)
			return
		}
	}
}

// loud reports whether anything is above the floor in kept frames.
func (e *ear) loud(from, to int) bool {
	for t := max(0, from); t < min(len(e.frames), to); t++ {
		if e.frames[t].Level() > e.floor+margin {
			return true
		}
	}
	return false
}

// lively reports whether more than a third of a span is above the floor.
func (e *ear) lively(s stretch) bool {
	n := 0
	for t := s.from; t < s.to; t++ {
		if e.frames[t].Level() > e.floor+margin {
			n++
		}
	}
	return 3*n > s.to-s.from
}

// around is a step together with the sound before and after it up to the next pause.
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
	if short := 2*fewest - (s.to - s.from); short > 0 { // too short to compare
		s = stretch{max(0, s.from-short/2), min(len(e.frames), to+ahead, s.to+short/2)}
	}
	return s
}

// release returns the sound of the first marked step, or noise in its place. at is where
// the step begins in the kept sound, in samples.
func (e *ear) release(at int) []float32 {
	was := e.shut
	e.openOrShut()
	out := make([]float32, step*hop)
	copy(out, e.sound[at:at+len(out)])
	if !was && !e.shut {
		return out
	}
	amplitude := float32(0)
	if e.floor > stillest { // a track that is silent at times gets no noise
		// Behind Hann's window, each line has 3/8 of white noise of variance 1.
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

// openOrShut decides whether the first marked step of the track passes the gate. The
// comparison blurs the edges of what it finds, so that a change is made only if the next
// steps agree.
func (e *ear) openOrShut() {
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
			e.leaked += step
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
		case len(next) > 0 && next[0] == leaked: // crosstalk begins a little before it is loud
			e.shut, e.spoke = true, false
		case e.calm >= calm:
			e.shut, e.spoke = false, false
		}
	}
}

// random is a number from -1 to 1, by xorshift.
func (e *ear) random() float32 {
	e.noise ^= e.noise << 13
	e.noise ^= e.noise >> 7
	e.noise ^= e.noise << 17
	return float32(int32(e.noise>>32)) / (1 << 31)
}
