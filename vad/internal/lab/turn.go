package lab

import (
	"math"
	"math/rand/v2"
	"slices"
)

func (c Composer) utterance(r *rand.Rand, speaker string, telephone bool) Utterance {
	all := c.Corpus.Utterances
	start := r.IntN(len(all))
	fallback := all[start]
	for i := range all { // the speaker's, from a random place
		u := all[(start+i)%len(all)]
		if u.Speaker == speaker {
			return u
		}
		if telephone && u.Telephone && !fallback.Telephone {
			fallback = u
		}
	}
	return fallback
}

// turn cuts a stretch of speech out of an utterance, from the start of a run of
// speech to the end of one.
func turn(r *rand.Rand, u Utterance) ([]float32, []bool) {
	var starts, ends []int
	for i, v := range u.Speech {
		if v && (i == 0 || !u.Speech[i-1]) {
			starts = append(starts, i)
		}
		if !v && i > 0 && u.Speech[i-1] {
			ends = append(ends, i)
		}
	}
	if len(starts) == 0 {
		return nil, nil
	}
	if len(ends) < len(starts) {
		ends = append(ends, len(u.Speech))
	}
	want := int(150 * math.Exp(0.9*r.NormFloat64()))
	first := r.IntN(len(starts))
	last := first
	for last+1 < len(ends) && ends[last]-starts[first] < want {
		last++
	}
	a, b := starts[first], ends[last]
	if b-a > 2*want && b-a > 100 { // long runs are cut where they are quietest
		b = a + quietest(u.Samples[a*hop:b*hop], max(40, want))
	}
	lead := min(a, 2)
	tail := min(len(u.Speech)-b, 5)
	x := slices.Clone(u.Samples[(a-lead)*hop : (b+tail)*hop])
	speech := slices.Clone(u.Speech[a-lead : b+tail])
	for i := range speech[len(speech)-tail:] {
		speech[len(speech)-tail+i] = false
	}
	fade(x)
	return x, speech
}

// quietest returns the frame of x with the least energy from the wanted one on,
// within 0.4 s.
func quietest(x []float32, want int) int {
	best, at := math.Inf(1), want
	for i := want; i < min(len(x)/hop-1, want+40); i++ {
		if p := power(x[(i-1)*hop : (i+1)*hop]); p < best {
			best, at = p, i
		}
	}
	return min(at, len(x)/hop)
}

// hesitate inserts pauses into a turn, where it is quietest between 0.4 and 2 s
// apart. Corpora have their pauses cut; people at work stop to think.
func hesitate(r *rand.Rand, x []float32, speech []bool) ([]float32, []bool) {
	var y []float32
	var out []bool
	for {
		at := 40 + r.IntN(160)
		if at+45 >= len(speech) || (at+45)*hop >= len(x) {
			return append(y, x...), append(out, speech...)
		}
		at = quietest(x, at)
		part := slices.Clone(x[:at*hop])
		fade(part)
		pause := int(100 * (0.05 + 0.45*r.ExpFloat64()))
		y = append(append(y, part...), make([]float32, pause*hop)...)
		out = append(append(out, speech[:at]...), make([]bool, pause)...)
		x, speech = x[at*hop:], speech[at:]
	}
}

// fade takes off 10 ms at both ends.
func fade(x []float32) {
	for i := range min(hop, len(x)/2) {
		g := float32(i) / hop
		x[i] *= g
		x[len(x)-1-i] *= g
	}
}

func addScaled(dst, x []float32, g float32) {
	for i := range min(len(dst), len(x)) {
		dst[i] += g * x[i]
	}
}

// speechPower is the mean power of the frames of speech, or a hundredth without any.
func speechPower(c Clip) float64 {
	sum, n := 0.0, 0
	for i, v := range c.Speech {
		if v {
			sum += power(c.Samples[i*hop : (i+1)*hop])
			n++
		}
	}
	if n == 0 {
		return 0.01
	}
	return sum / float64(n)
}
