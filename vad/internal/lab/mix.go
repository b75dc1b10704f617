package lab

import (
	"math"
	"math/rand/v2"
)

// Clip is a composed recording with its exact reference, frame by frame.
type Clip struct {
	Scene   string
	Samples []float32
	Speech  []bool
}

// Scenes are the kinds of clips Compose makes. Noise clips hold no speech.
var Scenes = []string{"meeting", "headset", "telephone", "broadcast", "close", "noise"}

// Beds are the kinds of background noise; "recorded" are the corpus's own.
var Beds = []string{"recorded", "coloured", "hum", "motor", "clicks", "tones", "gusts", "music", "babble"}

// Passing are the kinds of passing sounds.
var Passing = []string{"clicks", "tones", "gusts", "breaths", "thumps", "music", "recorded", "coloured", "laughter"}

// Composer makes clips. Without lists kinds of noise to leave out, and recorded
// noises by file name: what a detector is trained without, it can be tested on.
type Composer struct {
	Corpus  *Corpus
	Seconds int
	Without []string
}

// FillGap is how many frames a pause inside a single recording must last not to
// count as speech.
const FillGap = 30

// Compose makes the clip of a scene that belongs to a seed.
func (c Composer) Compose(scene string, seed uint64) Clip {
	r := rand.New(rand.NewPCG(seed, 0x5eed))
	n := c.Seconds * Rate
	clip := newClip(scene, n)
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
	if r.Float64() < style.chatter { // people who are not part of the conversation
		far := newClip(scene, n)
		c.converse(r, &far, styles["chatter"])
		shelve(far.Samples, 1000*math.Exp(r.Float64()), 12*r.Float64())
		addScaled(x, far.Samples, float32(math.Sqrt(p/speechPower(far)*decibels(-style.away-25*r.Float64()))))
	}
	for range r.IntN(style.events + 1) { // passing sounds, some of them loud
		kind := c.pick(r, style.passing)
		length := min(n, int((0.1+3*r.ExpFloat64())*Rate))
		at := r.IntN(n - length + 1)
		ev := c.Bed(r, kind, length)
		fade(ev)
		addScaled(x[at:at+length], ev, float32(math.Sqrt(p*decibels(-25+27*r.Float64()))))
	}
	clip.Samples = channel(r, x, telephone, clip.Speech)
	return clip
}

func newClip(scene string, n int) Clip {
	return Clip{Scene: scene, Samples: make([]float32, n), Speech: make([]bool, n/hop)}
}

// style is what scenes differ in.
type style struct {
	snr, spread float64 // the bed lies snr to snr+spread dB below the speech
	beds        []string
	passing     []string
	events      int // at most
	talkers     int
	room        float64 // share of talkers heard through a room
	loudness    float64 // spread of the talkers' levels, dB
	overlap     float64 // share of turns that begin before the last one ends
	pause       float64 // mean pause between turns, seconds
	chatter     float64 // share of clips with people in the background
	away        float64 // who are at least so many dB below the speech
	// join is how many frames a pause of one talker must last not to count as
	// speech. References of telephone calls follow the energy of a line, those of
	// meetings and broadcasts join what is spoken up to a second apart.
	join int
}

var styles = map[string]style{
	"meeting": {8, 35, []string{"recorded", "coloured", "coloured", "hum", "motor", "clicks", "gusts", "babble"},
		Passing, 6, 4, 0.7, 7, 0.3, 0.9, 0.35, 28, 90},
	"headset": {22, 30, []string{"coloured", "coloured", "hum", "motor", "recorded"},
		[]string{"breaths", "breaths", "breaths", "clicks", "clicks", "thumps", "thumps", "gusts", "laughter", "laughter", "coloured"},
		10, 4, 0.15, 6, 0.3, 1.2, 0.7, 22, 90},
	"telephone": {12, 45, []string{"coloured", "coloured", "hum", "motor", "recorded", "babble", "clicks"},
		Passing, 3, 2, 0.1, 5, 0.1, 0.8, 0.3, 25, 30},
	"broadcast": {3, 35, []string{"music", "music", "music", "recorded", "coloured", "babble", "gusts"},
		[]string{"music", "music", "music", "clicks", "tones", "gusts", "recorded", "laughter"}, 5, 4, 0.3, 4, 0.1, 0.7, 0.1, 25, 50},
	"close": {5, 50, []string{"coloured", "hum", "motor", "recorded", "clicks", "gusts"},
		Passing, 4, 1, 0.3, 2, 0, 1.2, 0.3, 25, 50},
	"noise":   {0, 40, Beds, Passing, 6, 0, 0, 0, 0, 0, 0, 0, 0},
	"chatter": {0, 0, nil, nil, 0, 3, 1, 4, 0.2, 1.5, 0, 0, 0},
}

// converse lays out turns of several talkers and adds them to the clip.
func (c Composer) converse(r *rand.Rand, clip *Clip, s style) {
	type talker struct {
		level  float64
		room   []float32
		name   string
		speech []bool
	}
	people := make([]talker, 1+r.IntN(s.talkers))
	for i := range people {
		people[i].level = s.loudness * r.NormFloat64()
		people[i].name = c.Corpus.Utterances[r.IntN(len(c.Corpus.Utterances))].Speaker
		people[i].speech = make([]bool, len(clip.Speech))
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
		if r.IntN(3) > 0 {
			x, speech = hesitate(r, x, speech)
		}
		g := float32(math.Sqrt(0.01 * decibels(t.level+3*r.NormFloat64()) / max(1e-12, speechPower(Clip{Samples: x, Speech: speech}))))
		if t.room != nil {
			x = convolve(x, t.room)
		}
		start := int(at*100) * hop
		addScaled(clip.Samples[start:], x, g)
		for i, v := range speech {
			if k := start/hop + i; v && k < len(t.speech) {
				t.speech[k] = true
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
	for _, t := range people {
		dropRuns(t.speech, false, s.join)
		for i, v := range t.speech {
			clip.Speech[i] = clip.Speech[i] || v
		}
	}
}
