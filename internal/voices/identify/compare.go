package identify

import "github.com/seed-7adb9000/diarizer/online/model"

// Comparer compares speakers with enrolled people. It owns the working memory and is
// not safe for concurrent use.
type Comparer struct {
	rule   Rule
	scorer model.Scorer
	voice  model.Voice
	y      []float64 // see [Across.place]
}

// NewComparer returns a Comparer by the rule, for voices of m.
func NewComparer(m model.Model, r Rule) *Comparer {
	c := r.model(m)
	return &Comparer{rule: r, scorer: c.NewScorer(), voice: c.Shape().NewVoice(), y: make([]float64, m.Shape().Nu)}
}

// Known is the voice of somebody who is enrolled, ready for comparisons. It never
// changes and may be shared by comparers of the same model and rule.
type Known struct{ voice *model.Voice }

// Frames returns how much of the voice was heard.
func (k Known) Frames() float64 { return k.voice.Stats.N }

// Know makes statistics ready for comparisons. It keeps a copy.
func (c *Comparer) Know(s model.Stats) Known {
	v := model.Voice{Stats: s.Clone()}
	if a := c.rule.Across; a != nil {
		v = a.model(c.rule.LengthExponent).Shape().NewVoice()
		a.place(&v.Stats, c.y, s)
	}
	c.scorer.Freeze(&v)
	return Known{&v}
}

// Scores writes the scores of a speaker, by what they have said, against everybody
// known to dst and returns it.
func (c *Comparer) Scores(dst []float64, said model.Stats, all []Known) []float64 {
	if a := c.rule.Across; a != nil {
		a.place(&c.voice.Stats, c.y, said)
	} else {
		c.voice.Stats.Reset()
		c.voice.Stats.Add(said)
	}
	c.scorer.Update(&c.voice)
	for _, k := range all {
		dst = append(dst, c.scorer.Score(&c.voice, k.voice))
	}
	return dst
}

// LogOdds is Scores as log odds, see [Rule.LogOdds].
func (c *Comparer) LogOdds(dst []float64, said model.Stats, all []Known) []float64 {
	from := len(dst)
	dst = c.Scores(dst, said, all)
	for i, k := range all {
		dst[from+i] = c.rule.LogOdds(dst[from+i], said.N, k.Frames())
	}
	return dst
}
