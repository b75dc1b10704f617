package serve

import (
	"context"
	"math"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/online/model"
)

// What it takes to give a speaker a name.
const (
	recognizeEvery  = 2 * capture.Rate // samples between two looks
	recognizeFrames = 300              // frames of speech, at least
	recognizeGrowth = 1.5              // by which speech has to grow to be compared again
	recognizeSure   = 0.9              // probability, at least
)

// recognition is what an owner keeps to compare its speakers with the enrolled.
type recognition struct {
	scorer model.Scorer
	voice  model.Voice
	next   int64           // stream position of the next look
	heard  map[int]float64 // frames at the last comparison
}

// recognize compares the stream's speakers with the enrolled ones, if that was
// asked for, and notes among the stream's sound who is known.
func (o *owner) recognize(ctx context.Context) error {
	if !o.current().Identify || len(o.chain.logged) > 0 {
		return nil
	}
	o.recognition.look(o.follow, o.w.voices.all, func(found identity) bool {
		o.log.Info("speaker identified", "speaker", found.Speaker, "name", found.Name, "probability", found.Confidence)
		if err := o.w.s.putNote(ctx, o.stream, o.follow.session, noteIdentity, found); err != nil {
			o.report(err)
			return false
		}
		return true
	})
	return nil
}

// look compares those speakers of f with all enrolled ones who have said enough
// since they were compared last, if it is time, and tells found who is known. Who
// found is false for is compared again at the next look.
func (r *recognition) look(f *follower, enrolled func() []known, found func(identity) bool) {
	at := f.stream.At()
	if at < r.next {
		return
	}
	r.next = at + recognizeEvery
	m := f.cfg.Model
	var all []known
	for speaker, stats := range f.stream.Speakers() {
		if f.desk.Identified(speaker) || stats.N < recognizeFrames || stats.N < recognizeGrowth*r.heard[speaker] {
			continue
		}
		if all == nil {
			if all = enrolled(); len(all) == 0 {
				return
			}
		}
		if r.scorer == nil {
			r.scorer, r.voice, r.heard = m.NewScorer(), m.Shape().NewVoice(), map[int]float64{}
		}
		r.voice.Stats.Reset()
		r.voice.Stats.Add(stats)
		r.scorer.Update(&r.voice)
		name, p := likeliest(m, r.scorer, &r.voice, all)
		if p >= recognizeSure && !found(identity{Run: f.enc.Run, Speaker: speaker, Name: name, Confidence: p}) {
			continue
		}
		r.heard[speaker] = stats.N
	}
}

// likeliest returns the enrolled speaker who is most probably v's, with the
// probability: that of one speaker behind both rather than two, every other
// enrolled one and a stranger being the alternatives, all equally likely before.
func likeliest(m model.Model, scorer model.Scorer, v *model.Voice, all []known) (name string, p float64) {
	best, sum := math.Inf(-1), 1.0 // the stranger, at the threshold
	for _, k := range all {
		odds := m.Rule().LogOdds(scorer.Score(v, k.voice))
		sum += math.Exp(min(odds, 500))
		if odds > best {
			best, name = odds, k.name
		}
	}
	return name, math.Exp(min(best, 500)) / sum
}
