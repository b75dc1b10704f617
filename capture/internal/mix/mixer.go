// Package mix makes one channel of several.
package mix

import "fmt"

// A Mixer makes one channel of several: their mean, except that
//
//   - a channel in opposite phase to the others is inverted first, because the mean of a
//     cable with crossed wires is silence;
//   - a channel with steady noise that covers the others' speech is left out while the
//     noise lasts, because the mean of speech and a loud hum is a hum.
//
// Both are decided from the sound so far, in hops of 10 ms, so that the mix depends on the samples and not
// on the portions in which they come. Make it with [New].
type Mixer struct {
	channels, hop int
	at            int       // frames of the current hop
	energy        []float64 // of each channel in the current hop
	before        []float32 // the frame before
	diff          []float32 // the current frame less the one before
	cross         []float64 // sums of products of the differences in the current hop

	phases  phases
	noises  noises
	weights []float32 // of the channels in the mix
	goal    []float32 // weights at the end of the hop
	step    []float32 // change of the weight with each frame of it
	plain   bool      // all weights are the mean's, and stay so in this hop

	hops    int64
	flipped []int64 // hops in which a channel was inverted
	left    []int64 // hops in which a channel was left out
	news    int     // notes about either
}

// Channels is the number of channels in a frame.
func (m *Mixer) Channels() int { return m.channels }

// leastNoted is how many hops a channel has to be inverted or left out before there is a note.
const leastNoted = 100

// mostMixed is how many channels are examined. With more channels, the mix is the mean.
const mostMixed = 8

// New returns a Mixer of frames of that many channels at a rate in hertz.
func New(rate, channels int) *Mixer {
	m := &Mixer{channels: channels, hop: max(1, rate/100), plain: true}
	if channels < 2 || channels > mostMixed {
		return m
	}
	m.energy = make([]float64, channels)
	m.before, m.diff = make([]float32, channels), make([]float32, channels)
	m.cross = make([]float64, channels*channels)
	m.phases = newPhases(channels)
	m.noises = newNoises(channels)
	m.weights, m.goal, m.step = make([]float32, channels), make([]float32, channels), make([]float32, channels)
	m.flipped, m.left = make([]int64, channels), make([]int64, channels)
	for c := range m.weights {
		m.weights[c], m.goal[c] = 1/float32(channels), 1/float32(channels)
	}
	return m
}

// Mix makes one channel of interleaved frames, len(mono) of them.
func (m *Mixer) Mix(mono, frames []float32) {
	ch := m.channels
	if m.weights == nil {
		mean(mono, frames, ch)
		return
	}
	for len(mono) > 0 {
		n := min(len(mono), m.hop-m.at)
		part := frames[:n*ch]
		m.measure(part)
		if m.plain {
			mean(mono[:n], part, ch)
		} else {
			m.weigh(mono[:n], part)
		}
		mono, frames = mono[n:], frames[n*ch:]
		if m.at += n; m.at == m.hop {
			m.end()
		}
	}
}

// mean is the mean of all channels.
func mean(mono, frames []float32, ch int) {
	if ch == 2 {
		for i := range mono {
			mono[i] = (frames[2*i] + frames[2*i+1]) / 2
		}
		return
	}
	for i := range mono {
		sum := float32(0)
		for _, x := range frames[i*ch : (i+1)*ch] {
			sum += x
		}
		mono[i] = sum / float32(ch)
	}
}

func (m *Mixer) weigh(mono, frames []float32) {
	for i := range mono {
		sum := float32(0)
		for c, x := range frames[i*m.channels : (i+1)*m.channels] {
			sum += m.weights[c] * x
			m.weights[c] += m.step[c]
		}
		mono[i] = sum
	}
}

// measure adds frames to the current hop. Phases are decided from the differences between frames, in which
// a hum counts little compared with speech.
func (m *Mixer) measure(frames []float32) {
	ch := m.channels
	if ch == 2 {
		m.measureTwo(frames)
		return
	}
	for ; len(frames) > 0; frames = frames[ch:] {
		for c, x := range frames[:ch] {
			m.energy[c] += float64(x) * float64(x)
			y := x - m.before[c]
			m.before[c], m.diff[c] = x, y
			for d := range c + 1 {
				m.cross[c*ch+d] += float64(y) * float64(m.diff[d])
			}
		}
	}
}

// measureTwo is measure for two channels, without a loop over channels.
func (m *Mixer) measureTwo(frames []float32) {
	// The sums continue, so that the portions do not change the rounding.
	left, right, ll, lr, rr := m.energy[0], m.energy[1], m.cross[0], m.cross[2], m.cross[3]
	bx, by := float64(m.before[0]), float64(m.before[1])
	for i := 0; i+1 < len(frames); i += 2 {
		x, y := float64(frames[i]), float64(frames[i+1])
		left += x * x
		right += y * y
		dx, dy := x-bx, y-by
		bx, by = x, y
		ll += dx * dx
		lr += dx * dy
		rr += dy * dy
	}
	m.before[0], m.before[1] = float32(bx), float32(by)
	m.energy[0], m.energy[1], m.cross[0], m.cross[2], m.cross[3] = left, right, ll, lr, rr
}

// end ends a hop and decides the weights at the end of the next one. Weights change slowly, so that
// nothing clicks.
func (m *Mixer) end() {
	m.phases.add(m.cross)
	m.noises.add(m.energy)
	m.Cut()
	m.hops++
	for c := range m.goal {
		goal := 1 / float32(m.channels)
		if m.phases.opposite[c] {
			goal = -goal
			m.count(&m.flipped[c])
		}
		if m.noises.over[c] {
			goal = 0
			m.count(&m.left[c])
		}
		m.plain = m.plain && goal == m.goal[c]
		m.goal[c] = goal
		m.step[c] = (goal - m.weights[c]) / float32(m.hop)
	}
}

// count counts a hop.
func (m *Mixer) count(n *int64) {
	if *n++; *n == leastNoted {
		m.news++
	}
}

// Cut begins a new hop where sound is missing, even if the last hop is not complete.
func (m *Mixer) Cut() {
	m.at, m.plain = 0, true
	clear(m.energy)
	clear(m.cross)
	clear(m.step)
	copy(m.weights, m.goal)
	for _, w := range m.weights {
		m.plain = m.plain && w == 1/float32(m.channels)
	}
}

// News is the number of notes.
func (m *Mixer) News() int { return m.news }

// Notes say which channels were inverted or left out, and for how long.
func (m *Mixer) Notes() []string {
	var all []string
	for _, k := range []struct {
		hops []int64
		what string
	}{
		{m.flipped, "in opposite phase to the others and was turned over in the mix"},
		{m.left, "steady noise over the others and was left out of the mix"},
	} {
		for c, n := range k.hops {
			if n >= leastNoted {
				all = append(all, fmt.Sprintf("channel %d was %s for %.0f of %.0f s", c+1, k.what, float64(n)/100, float64(m.hops)/100))
			}
		}
	}
	return all
}
