package simulate

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/seed-7adb9000/diarizer/event/rttm"
	"github.com/seed-7adb9000/diarizer/internal/lab/dataset"
)

// Condition is what a conversation was recorded through.
type Condition int

// Clean is close microphones; Telephone is a line with 300 to 3400 Hz and
// µ-law; Rooms is one room with a place, and so a response, for every speaker,
// and noise; Meeting is a far-field microphone on a table, as loud as everybody's
// distance makes it, with more overlap; Television is close microphones with music
// under a part of what is said, and between turns jingles and applause, which are
// nobody's.
const (
	Clean Condition = iota
	Telephone
	Rooms
	Meeting
	Television
)

var conditionNames = [...]string{"clean", "telephone", "rooms", "meeting", "television"}

// String names the condition as tables do.
func (c Condition) String() string { return conditionNames[c] }

// ParseCondition returns the condition of a name.
func ParseCondition(name string) (Condition, error) {
	if i := slices.Index(conditionNames[:], name); i >= 0 {
		return Condition(i), nil
	}
	return 0, fmt.Errorf("no condition is called %q: expected one of %s", name, strings.Join(conditionNames[:], ", "))
}

// Speaker is the material of one voice: recordings at 16 kHz without long
// pauses.
type Speaker struct {
	Name       string
	Recordings [][]float32
}

// OneLine returns the speaker, who has a recording, as heard in one call: with the
// longest recording alone. Several have several lines, which nobody changes while
// they talk.
func (s Speaker) OneLine() Speaker {
	longest := slices.MaxFunc(s.Recordings, func(a, b []float32) int { return cmp.Compare(len(a), len(b)) })
	return Speaker{Name: s.Name, Recordings: [][]float32{longest}}
}

// Acoustics are the surroundings conversations can be put in.
type Acoustics struct {
	// Rooms are measured responses; made ones are mixed in.
	Rooms [][]float32
	// Noises are recordings of noise; coloured noise is mixed in.
	Noises [][]float32
}

// Options are the properties of a conversation.
type Options struct {
	Name      string
	Condition Condition
	// Seconds is the longest the conversation may last. It ends earlier when
	// all speakers but one have said what they have, unless Repeat lets them
	// say it again.
	Seconds float64
	Repeat  bool
}

// Conversation is sound with its reference.
type Conversation struct {
	Name      string
	Samples   []float32
	Reference []rttm.Segment
	Speakers  int
}

// Turn lengths are log-normal: half of them under 1.7 s, a sixth under 0.7 s,
// a sixth over 4 s, as in conversations. A backchannel is a short turn that
// falls into another's. A pause of negative length is an overlap.
const (
	turnMedian, turnSpread      = 1.7, 0.9
	shortestTurn, longestTurn   = 0.35, 15.0
	pauseMean, pauseSpread      = 0.35, 0.45
	stayProbability             = 0.15
	backchannelProbability      = 0.08
	levelSpread                 = 4.0   // dB
	meetingPause                = -0.05 // mean, in place of pauseMean
	meetingBackchannel          = 0.15
	meetingLevelSpread          = 2.0
	shortestBack, longestBack   = 0.3, 0.9
	lowestSNR, highestSNR       = 5.0, 25.0
	shortestRoom, longestRoom   = 0.15, 0.6 // seconds of reverberation
	lowestDirect, highestDirect = -3.0, 9.0 // dB over the reverberation
)

// Talk composes a conversation of the given speakers.
func Talk(rng *rand.Rand, speakers []Speaker, ac Acoustics, opt Options) Conversation {
	c := Conversation{Name: opt.Name, Speakers: len(speakers)}
	voices := make([]*voice, len(speakers))
	measured := -1
	if len(ac.Rooms) > 0 && rng.IntN(2) == 0 {
		measured = rng.IntN(len(ac.Rooms))
	}
	pause, backchannel, spread := pauseMean, backchannelProbability, levelSpread
	var table Table
	if opt.Condition == Meeting {
		pause, backchannel, spread = meetingPause, meetingBackchannel, meetingLevelSpread
		table = NewTable(rng)
	}
	rt60 := shortestRoom + (longestRoom-shortestRoom)*rng.Float64()
	for i, s := range speakers {
		v := &voice{name: fmt.Sprintf("s%d", i+1), repeat: opt.Repeat, weight: 0.5 + rng.ExpFloat64(),
			gain: math.Pow(10, spread*rng.NormFloat64()/20)}
		for _, r := range rng.Perm(len(s.Recordings)) {
			v.material = append(v.material, s.Recordings[r]...)
		}
		v.gain *= 0.05 / math.Sqrt(math.Max(Power(v.material), 1e-12))
		v.faint = v.gain * loud(v.material) * math.Pow(10, -silenceBelow/20)
		if opt.Condition == Rooms {
			direct := lowestDirect + (highestDirect-lowestDirect)*rng.Float64()
			v.room = Room(rng, rt60*(0.9+0.2*rng.Float64()), direct)
			if measured >= 0 {
				v.room = Unit(ac.Rooms[(measured+i)%len(ac.Rooms)])
			}
		}
		if opt.Condition == Meeting {
			v.room = table.Seat(rng)
		}
		voices[i] = v
	}
	var clock float64
	current := -1
	place := func(v *voice, start, length float64) bool {
		piece := v.take(length)
		if piece == nil {
			return false
		}
		at := int(start * dataset.Rate)
		for len(c.Samples) < at+len(piece) {
			c.Samples = append(c.Samples, 0)
		}
		for _, s := range audible(piece, v.faint) {
			c.Reference = append(c.Reference, rttm.Segment{File: opt.Name, Channel: "1", Speaker: v.name,
				Start: float64(at+s.from) / dataset.Rate, End: float64(at+s.to) / dataset.Rate})
		}
		if v.room != nil {
			piece = Convolve(piece, v.room)
		}
		for i, s := range piece {
			c.Samples[at+i] += s
		}
		return true
	}
	clock = 0.5 * rng.Float64()
	silent := 0
	for clock < opt.Seconds {
		if opt.Condition == Television {
			clock = c.interlude(rng, clock)
		}
		next := choose(rng, voices, current)
		length := turnMedian * math.Exp(turnSpread*rng.NormFloat64())
		length = min(max(length, shortestTurn), longestTurn)
		start := clock + pause + pauseSpread*rng.NormFloat64()
		if next == current || current < 0 {
			start = clock + math.Abs(start-clock)
		}
		start = max(start, clock-0.5*voices[next].last, 0, voices[next].end)
		if !place(voices[next], start, length) {
			voices[next].weight = 0 // has nothing left to say
			if silent++; silent >= max(1, len(voices)-1) {
				break // a monologue is no conversation
			}
			current = -1
			continue
		}
		voices[next].last, voices[next].end = length, start+length
		current = next
		if length > 2 && len(voices) > 1 && rng.Float64() < backchannel*length {
			other := voices[choose(rng, voices, next)]
			b := shortestBack + (longestBack-shortestBack)*rng.Float64()
			at := start + 0.3 + (length-b-0.6)*rng.Float64()
			if other != voices[next] && at > other.end && place(other, at, b) {
				other.end = at + b
			}
		}
		clock = max(clock, start+length)
	}
	c.finish(rng, ac, opt.Condition)
	return c
}

// finish adds what lies between the mouths and the recording.
func (c *Conversation) finish(rng *rand.Rand, ac Acoustics, cond Condition) {
	switch cond {
	case Rooms, Meeting:
		noise := Coloured(rng, 10*dataset.Rate, 0.5+0.5*rng.Float64())
		if k := rng.IntN(len(ac.Noises) + 1); k < len(ac.Noises) {
			noise = ac.Noises[k]
		}
		AddNoise(rng, c.Samples, noise, lowestSNR+(highestSNR-lowestSNR)*rng.Float64())
	case Television:
		c.underlay(rng)
	case Telephone:
		AddNoise(rng, c.Samples, Coloured(rng, 10*dataset.Rate, rng.Float64()), 25+10*rng.Float64())
		c.Samples = PhoneLine(c.Samples)
	}
}

// Television: how often something sounds between two turns, for how long, how often a
// stretch of the programme has music under it, and how far that lies under the speech.
const (
	interludeProbability      = 0.06
	shortestJingle            = 2.0 // seconds
	longestJingle             = 8.0
	underlayProbability       = 0.4
	underlayStretch           = 20.0      // seconds
	lowestUnderlay, mostUnder = 6.0, 20.0 // dB
)

// interlude may put a jingle or applause at a time. It returns when people go on.
func (c *Conversation) interlude(rng *rand.Rand, clock float64) float64 {
	if rng.Float64() >= interludeProbability {
		return clock
	}
	seconds := shortestJingle + (longestJingle-shortestJingle)*rng.Float64()
	made := Music
	if rng.IntN(3) == 0 {
		made = Applause
	}
	at := max(len(c.Samples), int(clock*dataset.Rate))
	x := made(rng, int(seconds*dataset.Rate))
	Scale(x, 0.05)
	c.Samples = append(append(c.Samples, make([]float32, at-len(c.Samples))...), x...)
	return float64(len(c.Samples)) / dataset.Rate
}

// underlay puts music under stretches of the programme.
func (c *Conversation) underlay(rng *rand.Rand) {
	for part := range slices.Chunk(c.Samples, underlayStretch*dataset.Rate) {
		if rng.Float64() < underlayProbability {
			AddNoise(rng, part, Music(rng, len(part)), lowestUnderlay+(mostUnder-lowestUnderlay)*rng.Float64())
		}
	}
}

// choose draws who speaks next.
func choose(rng *rand.Rand, voices []*voice, current int) int {
	var sum float64
	for i, v := range voices {
		if i != current {
			sum += v.weight
		}
	}
	if current >= 0 && (sum == 0 || rng.Float64() < stayProbability) {
		return current
	}
	at := sum * rng.Float64()
	last := 0
	for i, v := range voices {
		if i == current || v.weight == 0 {
			continue
		}
		last = i
		if at -= v.weight; at < 0 {
			break
		}
	}
	return last
}

// voice is a speaker in a conversation.
type voice struct {
	name      string
	material  []float32
	used      int
	repeat    bool
	weight    float64 // how readily they speak
	gain      float64
	faint     float64 // the level of its silence, RMS
	room      []float32
	last, end float64 // length and end of the latest turn
}

// take returns the next stretch of the voice's material as it leaves the mouth,
// or nil when too little is left.
func (v *voice) take(seconds float64) []float32 {
	n := int(seconds * dataset.Rate)
	if v.used+n > len(v.material) {
		if !v.repeat || n > len(v.material) {
			return nil
		}
		v.used = 0
	}
	piece := append([]float32(nil), v.material[v.used:v.used+n]...)
	v.used += n
	Scale(piece, v.gain)
	fade := min(n/2, dataset.Rate/200) // 5 ms, against clicks
	for i := range fade {
		g := float32(i) / float32(fade)
		piece[i] *= g
		piece[n-1-i] *= g
	}
	return piece
}
