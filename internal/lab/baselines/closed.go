package baselines

import (
	"github.com/seed-7adb9000/diarizer/online/model"
	"github.com/seed-7adb9000/diarizer/online/model/eigenvoice"
)

// Voice is what the closed form keeps of a cluster, the pair <d, D⁻¹>.
type Voice struct {
	voice model.Voice
	known bool // voice is ready for comparisons
}

// NewVoice returns the cluster of the utterances that stats are of.
func NewVoice(stats model.Stats) *Voice { return &Voice{voice: model.Voice{Stats: stats.Clone()}} }

// Add adds o's frames.
func (v *Voice) Add(o *Voice) {
	v.voice.Stats.Add(o.voice.Stats)
	v.known = false
}

// Sub takes o's frames out.
func (v *Voice) Sub(o *Voice) {
	v.voice.Stats.Sub(o.voice.Stats)
	v.known = false
}

// Clone returns a copy.
func (v *Voice) Clone() *Voice {
	return NewVoice(v.voice.Stats)
}

// ClosedForm compares by log P(H1), the proposed method.
type ClosedForm struct {
	scorer model.Scorer
	acc    *eigenvoice.Accumulator
	shape  model.Shape
}

// NewClosedForm returns the comparison by m, with or without its eigenchannels.
// As published, it is the closed form alone; with the whole rule, the model's
// token, slack and length apply, as in a stream.
func NewClosedForm(m *eigenvoice.Model, channels, wholeRule bool) *ClosedForm {
	m = m.Copy()
	m.IgnoreChannels = !channels
	if !wholeRule {
		m.OffsetVariance, m.WithinSpeakerVariance, m.LengthExponent = 0, 0, 0
	}
	return &ClosedForm{scorer: m.NewScorer(), acc: m.NewAccumulator(), shape: m.Shape()}
}

// NewRule returns the comparison by the whole rule of any model, for voices that
// are made by [NewVoice].
func NewRule(m model.Model) *ClosedForm { return &ClosedForm{scorer: m.NewScorer(), shape: m.Shape()} }

// Utterance turns the sums into a pair, the utterance's own channel
// integrated out if there are eigenchannels.
func (f *ClosedForm) Utterance(u Utterance) *Voice {
	v := &Voice{voice: f.shape.NewVoice()}
	u.pairInto(f.acc, &v.voice.Stats)
	return v
}

// Score returns log P(H1) + log W, normalised for length under the whole rule.
func (f *ClosedForm) Score(a, b *Voice) float64 {
	for _, v := range []*Voice{a, b} {
		if !v.known {
			f.scorer.Update(&v.voice)
			v.known = true
		}
	}
	return f.scorer.Score(&a.voice, &b.voice)
}
