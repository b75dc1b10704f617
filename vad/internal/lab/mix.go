package lab

import (
	"math"
	"math/rand/v2"
	"slices"
)

// Clip is a composed recording with its exact reference, frame by frame.
type Clip struct {
	Scene   string
	Samples []float32
	Speech  []bool
}

// Scenes are the kinds of clips Compose makes. Noise clips hold no speech.
var Scenes = []string{"meeting", "telephone", "broadcast", "close", "noise"}

// Beds are the kinds of background noise; "recorded" are the corpus's own.
var Beds = []string{"recorded", "coloured", "hum", "motor", "clicks", "tones", "gusts", "music", "babble"}

// Composer makes clips. Without lists beds to leave out, and recorded noises by
// file name: what a detector is trained without, it can be tested on.
type Composer struct {
	Corpus  *Corpus
	Seconds int
	Without []string
}

// Compose makes the clip of a scene that belongs to a seed.
func (c Composer) Compose(scene string, seed uint64) Clip {
	r := rand.New(rand.NewPCG(seed, 0x5eed))
	n := c.Seconds * Rate
	clip := Clip{Scene: scene, Samples: make([]float32, n), Speech: make([]bool, n/hop)}
	style := styles[scene]
	if scene != "noise" {
		c.converse(r, &clip, style)
	}
	telephone := scene == "telephone" || scene == "noise" && r.IntN(3) == 0
	x := clip.Samples
	p := speechPower(clip)
	quiet := decibels(-style.snr - style.spread*r.Float64())
	for range 1 + r.IntN(2) {
		addScaled(x, c.Bed(r, c.pick(r, style.beds), n), float32(math.Sqrt(p*quiet)))
		quiet *= decibels(-10 * r.Float64())
	}
	if scene != "noise" && r.IntN(3) == 0 { // someone far off, not part of the conversation
		far := Clip{Scene: scene, Samples: make([]float32, n), Speech: make([]bool, n/hop)}
		c.converse(r, &far, style)
		addScaled(x, far.Samples, float32(math.Sqrt(p/speechPower(far)*decibels(-30-20*r.Float64()))))
	}
	for range r.IntN(style.events + 1) { // passing sounds, some of them loud
		kind := c.pick(r, []string{"clicks", "clicks", "tones", "gusts", "gusts", "music", "recorded", "coloured"})
		length := min(n, int((0.1+3*r.ExpFloat64())*Rate))
		at := r.IntN(n - length + 1)
		ev := c.Bed(r, kind, length)
		fade(ev)
		addScaled(x[at:at+length], ev, float32(math.Sqrt(p*decibels(-25+25*r.Float64()))))
	}
	clip.Samples = channel(r, x, telephone, clip.Speech)
	return clip
}

// style is what scenes differ in.
type style struct {
	snr, spread float64 // the bed lies snr to snr+spread dB below the speech
	beds        []string
	events      int
	talkers     int
	room        float64 // share of talkers heard through a room
	loudness    float64 // spread of the talkers' levels, dB
	overlap     float64 // share of turns that begin before the last one ends
	pause       float64 // mean pause between turns, seconds
}

var styles = map[string]style{
	"meeting":   {8, 35, []string{"recorded", "coloured", "coloured", "hum", "motor", "clicks", "gusts", "babble"}, 6, 4, 0.7, 7, 0.3, 0.9},
	"telephone": {12, 45, []string{"coloured", "coloured", "hum", "motor", "recorded", "babble", "clicks"}, 2, 2, 0.1, 5, 0.1, 0.8},
	"broadcast": {3, 35, []string{"music", "music", "music", "recorded", "coloured", "babble", "gusts"}, 4, 4, 0.4, 4, 0.1, 0.7},
	"close":     {5, 50, []string{"coloured", "hum", "motor", "recorded", "clicks", "gusts"}, 4, 1, 0.3, 2, 0, 1.2},
	"noise":     {0, 40, Beds, 6, 0, 0, 0, 0, 0},
}

// converse lays out turns of several talkers and adds them to the clip.
func (c Composer) converse(r *rand.Rand, clip *Clip, s style) {
	type talker struct {
		level float64
		room  []float32
		name  string
	}
	people := make([]talker, 1+r.IntN(s.talkers))
	for i := range people {
		people[i].level = s.loudness * r.NormFloat64()
		people[i].name = c.Corpus.Utterances[r.IntN(len(c.Corpus.Utterances))].Speaker
		if r.Float64() < s.room {
			people[i].room = randomRoom(r)
			if k := r.IntN(2 * (len(c.Corpus.Rooms) + 1)); k < len(c.Corpus.Rooms) {
				people[i].room = c.Corpus.Rooms[k]
			}
		}
	}
	busy := math.Exp(0.8 * r.NormFloat64())
	at := 0.0
	if r.IntN(3) > 0 {
		at = 2 * r.ExpFloat64()
	}
	who := 0
	for at < float64(c.Seconds) {
		if r.IntN(4) > 0 {
			who = r.IntN(len(people))
		}
		t := people[who]
		u := c.utterance(r, t.name, clip.Scene == "telephone")
		x, speech := turn(r, u)
		g := float32(math.Sqrt(0.01 * decibels(t.level+2*r.NormFloat64()) / max(1e-12, speechPower(Clip{Samples: x, Speech: speech}))))
		if t.room != nil {
			x = convolve(x, t.room)
		}
		start := int(at*100) * hop
		addScaled(clip.Samples[start:], x, g)
		for i, v := range speech {
			if k := start/hop + i; v && k < len(clip.Speech) {
				clip.Speech[k] = true
			}
		}
		length := float64(len(speech)) / 100
		switch {
		case r.Float64() < s.overlap:
			at += length * r.Float64()
		case r.IntN(8) == 0:
			at += length + 1 + 6*r.Float64()
		default:
			at += length + busy*s.pause*r.ExpFloat64()
		}
	}
	dropRuns(clip.Speech, false, 20)
}

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
