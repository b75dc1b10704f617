package eigenvoice_test

import (
	"fmt"

	"github.com/seed-7adb9000/diarizer/features"
	"github.com/seed-7adb9000/diarizer/online/model"
	"github.com/seed-7adb9000/diarizer/online/model/eigenvoice"
)

// Two Gaussians in one dimension and one eigenvoice that moves both of them up
// or down together.
func Example() {
	m := &eigenvoice.Model{
		Features:    features.Config{Ceps: 1, Filters: 2, HighHz: 4000},
		FeatureMean: []float64{0}, Weights: []float64{0.5, 0.5},
		Means: []float64{-3, 3}, Vars: []float64{1, 1}, V: []float64{1, 1}, Nu: 1, Phi: 1, Slope: 1,
	}
	utterance := func(frames ...float64) model.Stats {
		acc, s := m.NewAccumulator(), m.Shape().NewStats()
		for _, x := range frames {
			acc.Add([]float64{x})
		}
		acc.StatsInto(&s)
		return s
	}
	high, highToo, low := utterance(-2, 4.2, 4), utterance(4, -2.1), utterance(1.8, -4, -4.1)

	c := eigenvoice.NewComparer(m.Nu)
	score := func(a, b model.Stats) float64 { return c.LogP(a, c.Evidence(a), b, c.Evidence(b)) }
	fmt.Printf("high and high: %+.2f\nhigh and low: %+.2f\n", score(high, highToo), score(high, low))
	high.Add(highToo) // one cluster now
	fmt.Printf("both and low: %+.2f\n", score(high, low))
	// Output:
	// high and high: +0.63
	// high and low: -2.23
	// both and low: -2.86
}
