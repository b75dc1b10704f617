// Package calibration says whether probabilities mean what they say: how often
// claims made with a certain confidence are right, and how scores trade one
// kind of wrong decision for the other.
package calibration

import (
	"cmp"
	"math"
	"slices"
)

// Claim is a statement that was made with a confidence and turned out right or
// wrong.
type Claim struct {
	// Confidence is the probability, 0 to 1, that the statement is right.
	Confidence float64
	// Right says whether it was.
	Right bool
	// Weight is how much the claim counts, such as seconds of speech.
	Weight float64
}

// Unweighted returns the claims with a weight of 1 each.
func Unweighted(claims []Claim) []Claim {
	out := slices.Clone(claims)
	for i := range out {
		out[i].Weight = 1
	}
	return out
}

// Sort orders claims by confidence and then by what else they hold, so that
// sums over them do not depend on the order in which they were collected.
func Sort(claims []Claim) {
	slices.SortFunc(claims, func(a, b Claim) int {
		return cmp.Or(cmp.Compare(a.Confidence, b.Confidence), cmp.Compare(a.Weight, b.Weight),
			cmp.Compare(outcome(a), outcome(b)))
	})
}

// Brier is the score of Brier (1950), the weighted mean of (confidence −
// outcome)², outcome being 1 or 0: 0 at best, 0.25 for saying one half of
// everything. It is NaN without claims.
func Brier(claims []Claim) float64 {
	var sum, weight float64
	for _, c := range claims {
		d := c.Confidence - outcome(c)
		sum += c.Weight * d * d
		weight += c.Weight
	}
	return ratio(sum, weight)
}

// Bin is a range of confidences.
type Bin struct {
	// From and To bound the confidences in the bin: From ≤ c < To, and the
	// last bin holds 1 too.
	From, To float64
	// Claims is their number, Weight the sum of their weights.
	Claims int
	Weight float64
	// Confidence is the weighted mean of the confidences, Right the weighted
	// share that is right; NaN in an empty bin.
	Confidence, Right float64
}

// Bins divides the claims into n bins of equal width.
func Bins(claims []Claim, n int) []Bin {
	bins := make([]Bin, n)
	for i := range bins {
		bins[i].From, bins[i].To = float64(i)/float64(n), float64(i+1)/float64(n)
	}
	for _, c := range claims {
		b := &bins[min(max(int(c.Confidence*float64(n)), 0), n-1)]
		b.Claims++
		b.Weight += c.Weight
		b.Confidence += c.Weight * c.Confidence
		b.Right += c.Weight * outcome(c)
	}
	for i := range bins {
		bins[i].Confidence = ratio(bins[i].Confidence, bins[i].Weight)
		bins[i].Right = ratio(bins[i].Right, bins[i].Weight)
	}
	return bins
}

// DefaultBins is the usual number of bins.
const DefaultBins = 10

// ExpectedError is the expected calibration error (Naeini, Cooper &
// Hauskrecht, 2015): the mean over the bins, by weight, of the distance
// between what was claimed and what was right. It is NaN without claims.
func ExpectedError(bins []Bin) float64 {
	var sum, weight float64
	for _, b := range bins {
		if b.Weight > 0 {
			sum += b.Weight * math.Abs(b.Confidence-b.Right)
			weight += b.Weight
		}
	}
	return ratio(sum, weight)
}

// Mean returns the weighted means of what the claims claim and of what is
// right, NaN without claims. A positive difference is overconfidence.
func Mean(claims []Claim) (confidence, right float64) {
	var weight float64
	for _, c := range claims {
		weight += c.Weight
		confidence += c.Weight * c.Confidence
		right += c.Weight * outcome(c)
	}
	return ratio(confidence, weight), ratio(right, weight)
}

func outcome(c Claim) float64 {
	if c.Right {
		return 1
	}
	return 0
}

func ratio(part, whole float64) float64 {
	if whole == 0 {
		return math.NaN()
	}
	return part / whole
}
