package baselines_test

import (
	"fmt"

	"github.com/seed-7adb9000/diarizer/features"
	"github.com/seed-7adb9000/diarizer/internal/lab/baselines"
	"github.com/seed-7adb9000/diarizer/online/model/eigenvoice"
)

func Example() {
	// One Gaussian and one feature are enough to compare two-frame utterances.
	m := &eigenvoice.Model{Features: features.Config{Ceps: 1, Filters: 2, LowHz: 100, HighHz: 3800},
		FeatureMean: []float64{0}, Weights: []float64{1}, Means: []float64{0}, Vars: []float64{1}, V: []float64{2},
		Nu: 1, Phi: 1, Slope: 1}
	acc := m.NewAccumulator()
	method := baselines.NewClosedForm(m, false, false)
	var utterances []*baselines.Voice
	for _, frames := range [][]float64{{3, 4}, {-3, -2}, {3, 3}} {
		u := baselines.NewUtterance(acc, 1, frames, func(dst, x []float64) { copy(dst, x) })
		utterances = append(utterances, method.Utterance(u))
	}
	merges := baselines.Agglomerate(method, utterances)
	fmt.Println(baselines.Cut(len(utterances), merges, 0))
	fmt.Println(baselines.Greedy(method, utterances, 0))
	// Output:
	// [0 1 0]
	// [0 1 0]
}
