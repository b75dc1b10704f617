package training

import (
	"context"
	"math"
	"math/rand/v2"

	"github.com/seed-7adb9000/diarizer/features"
	"github.com/seed-7adb9000/diarizer/internal/lab/dataset"
	"github.com/seed-7adb9000/diarizer/internal/lab/simulate"
)

// Recording is one speaker's features.
type Recording struct {
	Speaker int
	// Group is the corpus and copy: what shares a kind of channel.
	Group int
	// Frames are of speech, d values each.
	Frames []float32
}

// Corpus is everything a model is trained on, as features.
type Corpus struct {
	Dim        int
	Speakers   int
	Recordings []Recording
	// Mean is the mean of all frames before any normalisation.
	Mean []float64
}

// speechFloor is how far, in decibels, a frame may lie under the loudest of
// its recording and still count as speech.
const speechFloor = 40

// Extract computes the features of the utterances and of cfg.Augment copies of
// each. The order of recordings is that of utterances, copies side by side.
func Extract(ctx context.Context, utts []dataset.Utterance, ac simulate.Acoustics, cfg Config, p Progress) (*Corpus, error) {
	c := &Corpus{Dim: cfg.Features.Dim()}
	speakers := numbered(utts, dataset.Utterance.SpeakerID)
	corpora := numbered(utts, func(u dataset.Utterance) string { return u.Corpus })
	c.Speakers = len(speakers)
	copies := 1 + cfg.Augment
	c.Recordings = make([]Recording, len(utts)*copies)
	voice := func(i, k int) int { return speakers[utts[i].SpeakerID()] }
	if cfg.Sessions {
		c.Speakers = len(c.Recordings)
		voice = func(i, k int) int { return i*copies + k }
	}
	all := augmented{utts: utts, acoustics: ac, copies: copies, seed: cfg.Seed, front: cfg.Features}
	err := all.each(ctx, p, "features", func(one copyOf) error {
		c.Recordings[one.utterance*copies+one.number] = Recording{Speaker: voice(one.utterance, one.number),
			Group: corpora[utts[one.utterance].Corpus]*copies + one.number, Frames: one.frames}
		return nil
	})
	if err != nil {
		return nil, err
	}
	c.normalise(cfg.OwnMean)
	return c, nil
}

// distort returns a copy of x through another channel: odd copies a room with
// noise, even ones a microphone and, every other time, a telephone line.
func distort(rng *rand.Rand, x []float32, ac simulate.Acoustics, kind int) []float32 {
	y := append([]float32(nil), x...)
	simulate.Equalise(rng, y, 6)
	noise := simulate.Coloured(rng, 5*dataset.Rate, rng.Float64())
	if k := rng.IntN(2 * (len(ac.Noises) + 1)); k < len(ac.Noises) {
		noise = ac.Noises[k]
	}
	if kind%2 == 1 {
		room := simulate.Room(rng, 0.15+0.5*rng.Float64(), -2+12*rng.Float64())
		if k := rng.IntN(3 * (len(ac.Rooms) + 1)); k < len(ac.Rooms) {
			room = simulate.Unit(ac.Rooms[k])
		}
		y = simulate.Convolve(y, room)
		simulate.AddNoise(rng, y, noise, 5+20*rng.Float64())
		return y
	}
	simulate.AddNoise(rng, y, noise, 10+20*rng.Float64())
	if rng.IntN(2) == 0 {
		y = simulate.PhoneLine(y)
	}
	return y
}

// Features returns the frames of a recording that are loud enough for speech.
func Features(cfg features.Config, sound []float32) ([]float32, error) {
	e, err := features.NewExtractor(cfg)
	if err != nil {
		return nil, err
	}
	level := make([]float64, (len(sound)+features.Hop-1)/features.Hop)
	top := math.Inf(-1)
	for i := range level {
		level[i] = 10 * math.Log10(simulate.Power(sound[i*features.Hop:min((i+1)*features.Hop, len(sound))])+1e-12)
		top = max(top, level[i])
	}
	frames := make([]float32, 0, len(level)*e.Dim())
	i := 0
	keep := func(f []float64) {
		if level[i] > top-speechFloor {
			for _, v := range f {
				frames = append(frames, float32(v))
			}
		}
		i++
	}
	e.Push(sound, keep)
	e.Flush(keep)
	return frames, nil
}

// normalise takes own of each recording's mean and the rest of its group's
// mean off its frames.
func (c *Corpus) normalise(own float64) {
	groups := map[int]*meanOf{}
	all := newMean(c.Dim)
	means := make([]*meanOf, len(c.Recordings))
	for i, r := range c.Recordings {
		m := newMean(c.Dim)
		m.add(r.Frames)
		means[i] = m
		if groups[r.Group] == nil {
			groups[r.Group] = newMean(c.Dim)
		}
		groups[r.Group].merge(m)
		all.merge(m)
	}
	c.Mean = all.mean()
	for i, r := range c.Recordings {
		g, m := groups[r.Group].mean(), means[i].mean()
		for j := range m {
			m[j] = own*m[j] + (1-own)*g[j]
		}
		for at := 0; at < len(r.Frames); at += c.Dim {
			for j, v := range m {
				r.Frames[at+j] -= float32(v)
			}
		}
	}
}

// meanOf sums frames.
type meanOf struct {
	n   float64
	sum []float64
}

func newMean(d int) *meanOf { return &meanOf{sum: make([]float64, d)} }

func (m *meanOf) add(frames []float32) {
	d := len(m.sum)
	for at := 0; at < len(frames); at += d {
		m.n++
		for j, v := range frames[at : at+d] {
			m.sum[j] += float64(v)
		}
	}
}

func (m *meanOf) merge(o *meanOf) {
	m.n += o.n
	for j, v := range o.sum {
		m.sum[j] += v
	}
}

func (m *meanOf) mean() []float64 {
	out := make([]float64, len(m.sum))
	for j, v := range m.sum {
		out[j] = v / math.Max(1, m.n)
	}
	return out
}
