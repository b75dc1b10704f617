package capture

import "fmt"

// A mixer makes one channel of several: their mean, except that
//
//   - a channel in opposite phase to the others is turned over first, because the
//     mean of a cable wired wrongly is silence;
//   - a channel of steady noise over the others' speech is left out as long as it
//     is one, because the mean of speech and a loud hum is a hum.
//
// Both are told from what was heard so far, in hops of 10 ms, so that the mix is a
// function of the samples, whatever the portions they come in. Make it with
// newMixer.
type mixer struct {
	channels, hop int
	at            int       // frames of the current hop
	energy        []float64 // of each channel in the current hop
	cross         []float64 // sum of products of each pair in the current hop

	phases  phases
	noises  noises
	weights []float32 // what each channel counts in the mix
	goal    []float32 // what it counts at the end of the hop
	step    []float32 // change of the weight with each frame of it
	plain   bool      // all weights are the mean's, and stay so in this hop

	hops    int64
	flipped []int64 // hops in which a channel was turned over
	left    []int64 // and left out
}

// leastNoted is how many hops have to be mixed otherwise before it is said.
const leastNoted = 100

// mostMixed is how many channels are looked at: more give their mean.
const mostMixed = 8

func newMixer(rate, channels int) *mixer {
	m := &mixer{channels: channels, hop: max(1, rate/100), plain: true}
	if channels < 2 || channels > mostMixed {
		return m
	}
	m.energy = make([]float64, channels)
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

// mix makes one channel of interleaved frames.
func (m *mixer) mix(mono, frames []float32) {
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

func (m *mixer) weigh(mono, frames []float32) {
	for i := range mono {
		sum := float32(0)
		for c, x := range frames[i*m.channels : (i+1)*m.channels] {
			sum += m.weights[c] * x
			m.weights[c] += m.step[c]
		}
		mono[i] = sum
	}
}

// measure takes frames of the current hop into account.
func (m *mixer) measure(frames []float32) {
	ch := m.channels
	for ; len(frames) > 0; frames = frames[ch:] {
		for c, x := range frames[:ch] {
			m.energy[c] += float64(x) * float64(x)
			for d := range c {
				m.cross[c*ch+d] += float64(x) * float64(frames[d])
			}
		}
	}
}

// end ends a hop and decides on the weights at the end of the next: they change
// slowly, so that nothing clicks.
func (m *mixer) end() {
	m.phases.add(m.energy, m.cross)
	m.noises.add(m.energy)
	m.cut()
	m.hops++
	for c := range m.goal {
		goal := 1 / float32(m.channels)
		if m.phases.opposite[c] {
			goal = -goal
			m.flipped[c]++
		}
		if m.noises.over[c] {
			goal = 0
			m.left[c]++
		}
		m.plain = m.plain && goal == m.goal[c]
		m.goal[c] = goal
		m.step[c] = (goal - m.weights[c]) / float32(m.hop)
	}
}

// cut begins a hop, also before the last is complete where sound is missing.
func (m *mixer) cut() {
	m.at, m.plain = 0, true
	clear(m.energy)
	clear(m.cross)
	clear(m.step)
	copy(m.weights, m.goal)
	for _, w := range m.weights {
		m.plain = m.plain && w == 1/float32(m.channels)
	}
}

// notes say what was done other than the mean.
func (m *mixer) notes() []string {
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
