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
	// MinAssign is how much speech of an open utterance is worth a comparison, in
	// frames.
	MinAssign int
	// Window is how many utterances a stream can afford to assign again.
	Window int
}

// framesPerSecond is the rate of the front end.
const framesPerSecond = 100

// Normalise returns a score log P(H1) + log W of pairs of na and nb frames
// over (1 + h)^LengthExponent, where h is half their harmonic mean in seconds. Scores
// grow with the length of both sides, and so does what the model gets wrong:
// the same excuse is good for less in a second of speech than in a minute.
// Normalised, one threshold fits short and long clusters.
func (r Rule) Normalise(score, na, nb float64) float64 {
	if na <= 0 || nb <= 0 {
		return score
	}
	return score / math.Pow(1+na*nb/(na+nb)/framesPerSecond, r.LengthExponent)
}

// LogOdds returns the log of the odds that one person spoke both sides of a
// comparison with the given normalised score, where either was as likely before.
func (r Rule) LogOdds(score float64) float64 { return r.Slope * (score - r.Threshold) }
