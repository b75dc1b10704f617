package pipeline

import (
	"math"

	"github.com/seed-7adb9000/diarizer/features"
	"github.com/seed-7adb9000/diarizer/internal/state"
	"github.com/seed-7adb9000/diarizer/online/model"
	"github.com/seed-7adb9000/diarizer/segment"
	"github.com/seed-7adb9000/diarizer/vad"
)

// second is the second look at the sound, some seconds after the first: it knows from
// a network how many people speak at a time. Its frames are of the sound as the tracker
// keeps it.
type second struct {
	track model.Tracker
	ext   *features.Extractor
	rule  *vad.Decider
	cut   *segment.Segmenter

	first     []vad.Decision // of the first look, from frame scored on
	scored    int64          // frames whose evidence is complete
	decisions []vad.Decision // decisions that wait for their features
	done      int64          // frames handed on
	heard     int64          // samples given to ext

	frames  []presence // of the tracker, from the one numbered from on
	from    int64
	waiting []presence // of the frames that are not handed on, from done on
	sound   []float32  // scratch
}

// presence is model.Presence as a snapshot has it.
type presence struct{ model.Presence }

func (p *presence) fields() []any { return []any{&p.Speech, &p.Two, p.Tracks[:]} }

// newSecond returns a second look beside a first one whose features are those of ext.
func newSecond(t model.Tracker, ext *features.Extractor, cfg Config, c segment.Config) (*second, error) {
	s := &second{track: t, ext: ext.Twin()}
	var err error
	if s.rule, err = vad.NewDecider(cfg.Detector); err != nil {
		return nil, err
	}
	s.cut, err = segment.NewSegmenter(c, s.ext.Dim())
	return s, err
}

// push takes the next samples of the stream, on whose frames the first look has come to
// the given decisions since.
func (s *second) push(samples []float32, first []vad.Decision) {
	s.first = append(s.first, first...)
	s.track.Push(samples, s.collect)
}

func (s *second) collect(_ int64, p model.Presence) { s.frames = append(s.frames, presence{p}) }

// step goes on as far as the tracker has come. at is how far the stream has been heard.
func (s *second) step(at int64, emit func(segment.Event)) {
	known := s.track.Centre(s.from + int64(len(s.frames)) - 1)
	if len(s.frames) > 0 {
		s.hear(known, at, emit)
	}
}

// flush ends the stream, which has so many samples.
func (s *second) flush(samples int64, emit func(segment.Event)) {
	s.track.Flush(s.collect)
	s.hear(samples, samples, emit)
	s.ext.End()
	s.score(math.MaxInt64)
	s.decisions = s.rule.Flush(s.decisions)
	s.drain(samples, emit)
	s.cut.Flush(samples, emit)
}

// hear goes on with the sound up to a position. Little of it is at hand at a time.
func (s *second) hear(until, at int64, emit func(segment.Event)) {
	const little = segment.ChunkFrames * features.Hop
	for s.heard < until {
		next := min(until, s.heard+little)
		s.sound = s.track.Sound(s.heard, next, s.sound[:0])
		s.ext.Add(s.sound)
		s.heard = next
		s.score(next)
		s.drain(at, emit)
	}
}

// score adds up the evidence of both looks on the frames whose middle is not beyond a
// position: log odds, as of independent witnesses.
func (s *second) score(known int64) {
	n := 0
	for n < len(s.first) {
		mid := s.scored*features.Hop + features.Hop/2
		if mid > known {
			break
		}
		p := s.at(mid)
		s.decisions = s.rule.Push(s.decisions, s.first[n].Score+logOdds(p.Speech)-echoes, s.first[n].Level)
		s.waiting = append(s.waiting, p)
		s.scored++
		n++
	}
	s.first = drop(s.first, n)
}

// echoes is what is taken off the evidence of both looks: in rooms both take the end of
// the reverberation for speech.
const echoes = 0.5

// logOdds is ln p/(1−p), of a probability that is not taken for certainty.
func logOdds(p float32) float32 {
	const unsure = 1e-4
	q := min(max(float64(p), unsure), 1-unsure)
	return float32(math.Log(q / (1 - q)))
}

// at returns what the tracker says of a position, between its frames by interpolation.
// It forgets the frames before. Positions come in order.
func (s *second) at(mid int64) presence {
	n := 0
	for n+1 < len(s.frames) && s.track.Centre(s.from+int64(n)+1) <= mid {
		n++
	}
	s.frames = drop(s.frames, n)
	s.from += int64(n)
	if len(s.frames) == 0 {
		return presence{model.Presence{Speech: 0.5}} // too short for a frame
	}
	p := s.frames[0]
	left := s.track.Centre(s.from)
	if len(s.frames) == 1 || mid <= left {
		return p
	}
	next := s.frames[1]
	w := float32(mid-left) / float32(s.track.Centre(s.from+1)-left)
	mix := func(a *float32, b float32) { *a += w * (b - *a) }
	mix(&p.Speech, next.Speech)
	mix(&p.Two, next.Two)
	for i := range p.Tracks {
		mix(&p.Tracks[i], next.Tracks[i])
	}
	return p
}

// energies returns the log mel energies of frames whose sound is still kept, for the state
// of the clusterer, nil where that cannot be.
func (s *second) energies(first int64, n int) []float32 {
	bank := s.ext.Bank()
	if bank == nil || n < 1 || n > segment.ChunkFrames {
		return nil
	}
	from := first * features.Hop
	s.sound = s.track.Sound(from, from+int64(n-1)*features.Hop+features.Window, s.sound[:0])
	out := make([]float32, 0, n*features.BankSize)
	var row [features.BankSize]float64
	for i := range n {
		bank.Into(row[:], s.sound[i*features.Hop:][:features.Window])
		for _, v := range row {
			out = append(out, float32(v))
		}
	}
	return out
}

// drain hands on the frames that have both features and a decision, as front.drain does.
func (s *second) drain(at int64, emit func(segment.Event)) {
	n := min(s.ext.Waiting(), len(s.decisions))
	for i := range n {
		d, p := s.decisions[i], s.waiting[i]
		frame := segment.Frame{Level: float64(d.Level), Speech: d.Speech, Two: p.Two, Tracks: p.Tracks}
		handOn(s.cut, at, frame, d.Speech, s.ext, emit)
		s.done++
	}
	s.decisions = drop(s.decisions, n)
	s.waiting = drop(s.waiting, n)
}

func (s *second) fields() []any {
	return []any{
		state.Value(s.track), state.Value(s.ext), state.Value(s.rule), state.Value(s.cut),
		&s.scored, &s.done, &s.heard, &s.from,
		state.Slice(&s.first, decisionFields), state.Slice(&s.decisions, decisionFields),
		state.Slice(&s.frames, (*presence).fields), state.Slice(&s.waiting, (*presence).fields),
	}
}

func decisionFields(d *vad.Decision) []any { return []any{&d.Speech, &d.Score, &d.Level} }
