package model

import "math"

// Rule says how scores become decisions.
type Rule struct {
	// LengthExponent is λ, the length normalisation exponent of [Rule.Normalise].
	LengthExponent float64
	// Threshold is the normalised score above which two utterances, or
	// clusters, are taken for one speaker's.
	Threshold float64
	// Slope turns a score's distance from Threshold into the log odds of one
	// speaker; see [Rule.LogOdds].
	Slope float64
	// Regularisation is F_B of VBx (Landini, Profant, Diez & Burget 2022): a review trusts
	// the sum of what a speaker said as if it were a part of that, one in F_B. The
	// utterances of a speaker are less independent than the model takes them to be. With 0
	// a review keeps the clusters of the agglomeration.
	Regularisation float64
	// MinAssign is how much speech an open utterance must have before a comparison is
	// worthwhile, in frames.
	MinAssign int
	// Window is how many of the latest utterances can still get another speaker.
	Window int
}

// framesPerSecond is the rate of the front end.
const framesPerSecond = 100

// Normalise returns a score log P(H1) + log W, of pairs of na and nb frames, divided by
// (1 + h)^LengthExponent. h is half the harmonic mean of both lengths in seconds. Scores
// grow with the length of both sides, and so do the errors of the model. After
// normalisation one threshold fits short and long clusters.
func (r Rule) Normalise(score, na, nb float64) float64 {
	if na <= 0 || nb <= 0 {
		return score
	}
	return score / math.Pow(1+na*nb/(na+nb)/framesPerSecond, r.LengthExponent)
}

// LogOdds returns the log odds that one person spoke both sides of a comparison with the
// given normalised score. The prior odds are even.
func (r Rule) LogOdds(score float64) float64 { return r.Slope * (score - r.Threshold) }
