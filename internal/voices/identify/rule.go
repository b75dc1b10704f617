package identify

import (
	"math"

	"github.com/seed-7adb9000/diarizer/online/model"
	"github.com/seed-7adb9000/diarizer/online/model/eigenvoice"
	"github.com/seed-7adb9000/diarizer/online/model/embedding"
)

// Rule is how voices of different recordings are compared with one kind of model.
type Rule struct {
	// Across, where not nil, is what voices are compared by. Otherwise the model
	// compares them, with another variance within a speaker.
	Across *Across
	// WithinSpeakerVariance is the variance by which a voice may differ from one recording to
	// another, in units of the variance between people. With Across it is not used.
	WithinSpeakerVariance float64
	// LengthExponent is the exponent of [model.Rule.Normalise].
	LengthExponent float64
	// Slope, Offset and Growth make log odds of a score: see [Rule.LogOdds].
	Slope, Offset, Growth float64
}

// LogOdds returns the log of the odds that one person spoke both sides of a comparison
// with the score, where either was as likely before; na and nb are frames.
//
//	Slope·score + Offset + Growth·log(h)
//
// where h is half the harmonic mean of both sides in seconds: a score says less where
// little was said.
func (r Rule) LogOdds(score, na, nb float64) float64 {
	return r.Slope*score + r.Offset + r.Growth*math.Log(half(na, nb))
}

// half is half the harmonic mean of two numbers of frames, in seconds.
func half(na, nb float64) float64 { return max(na*nb/(na+nb)/framesPerSecond, 0.01) }

const framesPerSecond = 100

// Sure is the probability at which somebody is named, Doubtful the one at which a name
// is taken back: what lies between them stays as it is, so that names do not flicker.
const (
	Sure     = 0.9
	Doubtful = 0.5
)

// Prior is the probability that a speaker is enrolled at all, before anything was
// heard; all who are enrolled share it.
const Prior = 0.5

// RuleOf returns the rule of a model's kind. The numbers are those that "diarizer-lab
// evaluate --identify" finds for the models of the program, docs/accuracy-identification.md.
// A kind that was never measured is compared as streams are clustered.
func RuleOf(m model.Model) Rule {
	switch m.Kind() {
	case eigenvoice.Kind:
		return Rule{WithinSpeakerVariance: 0.8, LengthExponent: 0.35, Slope: 1.422, Offset: -2.850, Growth: -0.258}
	case embedding.Kind:
		if a := acrossOf(m); a != nil {
			return Rule{Across: a, Slope: 0.277, Offset: -0.859, Growth: 1.117}
		}
		return Rule{WithinSpeakerVariance: 0.2, LengthExponent: 0.7, Slope: 1.215, Offset: -4.935, Growth: 2.492}
	}
	r := m.Rule()
	return Rule{LengthExponent: r.LengthExponent, Slope: r.Slope, Offset: -r.Slope * r.Threshold}
}

// acrossOf returns what is learnt of m, nil where nothing is: of another model.
func acrossOf(m model.Model) *Across {
	e, ok := m.(*embedding.Model)
	if !ok {
		return nil
	}
	a, err := Embedded()
	if err != nil || a.Pairs != PairsOf(e) {
		return nil
	}
	return a
}

// model returns m with the rule's own variance within a speaker and exponent, for comparisons only.
func (r Rule) model(m model.Model) model.Model {
	if r.Across != nil {
		return r.Across.model(r.LengthExponent)
	}
	switch m := m.(type) {
	case *eigenvoice.Model:
		c := m.Copy()
		c.WithinSpeakerVariance, c.LengthExponent = r.WithinSpeakerVariance, r.LengthExponent
		return c
	case *embedding.Model:
		c := m.Copy()
		c.WithinSpeakerVariance, c.LengthExponent = r.WithinSpeakerVariance, r.LengthExponent
		return c
	}
	return m
}
