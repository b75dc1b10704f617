package pipeline

import (
	"math"
	"math/rand/v2"

	"github.com/seed-7adb9000/diarizer/features"
	"github.com/seed-7adb9000/diarizer/online"
	"github.com/seed-7adb9000/diarizer/online/model"
	"github.com/seed-7adb9000/diarizer/online/model/eigenvoice"
	"github.com/seed-7adb9000/diarizer/segment"
)

// counted is a model that counts what its scorers are asked.
type counted struct {
	model.Model
	asked *int
}

func (m counted) NewScorer() model.Scorer { return counting{m.Model.NewScorer(), m.asked} }

type counting struct {
	model.Scorer
	asked *int
}

func (s counting) Score(a, b *model.Voice) float64 {
	*s.asked++
	return s.Scorer.Score(a, b)
}

func (s counting) Bound(a, b *model.Voice) float64 {
	*s.asked++
	return s.Scorer.Bound(a, b)
}

// saying makes what the segmentation hands on of voices drawn from a model.
type saying struct {
	m   *eigenvoice.Model
	rng *rand.Rand
	n   int64 // frames so far
	id  int
}

// voice draws somebody: the mean of each Gaussian.
func (s *saying) voice() []float64 {
	y := make([]float64, s.m.Nu)
	for i := range y {
		y[i] = 2 * s.rng.NormFloat64()
	}
	v := append([]float64(nil), s.m.Means...)
	for i := range v {
		for j := range y {
			v[i] += math.Sqrt(s.m.Vars[i]) * s.m.V[i*s.m.Nu+j] * y[j]
		}
	}
	return v
}

// utterance has somebody say so many frames after a pause of frames.
func (s *saying) utterance(voice []float64, frames, pause int, push func(segment.Event)) {
	dim := s.m.Features.Dim()
	for range pause / segment.ChunkFrames {
		s.n += segment.ChunkFrames
		push(segment.Event{At: s.n * features.Hop})
	}
	s.id++
	u := segment.Utterance{ID: s.id, Start: s.n * features.Hop}
	chunk := make([]float64, 0, segment.ChunkFrames*dim)
	for range frames / segment.ChunkFrames {
		chunk = chunk[:0]
		for range segment.ChunkFrames {
			k := s.rng.IntN(len(s.m.Weights))
			for i := range dim {
				chunk = append(chunk, voice[k*dim+i]+math.Sqrt(s.m.Vars[k*dim+i])*s.rng.NormFloat64())
			}
		}
		from := s.n
		s.n += segment.ChunkFrames
		u.End = s.n * features.Hop
		push(segment.Event{Utterance: u, At: u.End, Frames: chunk, FrameStart: from * features.Hop})
	}
	push(segment.Event{Utterance: u, At: u.End, Closed: true, Rest: u.End, Pause: pause > 0})
}

// say gives the clustering of the stream an utterance.
func (g *growing) say(voice []float64, frames, pause int) {
	g.heard += float64(frames+pause) / 100
	g.said.utterance(voice, frames, pause, func(ev segment.Event) {
		g.calls++
		g.s.clu.Push(ev, func(e online.Event) { g.speakers = max(g.speakers, e.Turn.Speaker) })
	})
}

// oneVoice speaks for a third of three hours; each utterance ends as it is too long.
func (g *growing) oneVoice() {
	if g.voice == nil {
		g.voice = g.said.voice()
	}
	for range 3600 / parts {
		g.say(g.voice, 300, 0)
	}
}

// strangers speak one after another, a second each.
func (g *growing) strangers(n int) {
	for range n {
		g.say(g.said.voice(), 110, 50)
	}
}
