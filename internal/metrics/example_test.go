package metrics_test

import (
	"fmt"

	"github.com/seed-7adb9000/diarizer/event/rttm"
	"github.com/seed-7adb9000/diarizer/internal/metrics"
)

func ExampleCompare() {
	ref := []rttm.Segment{
		{Speaker: "ann", Start: 0, End: 10},
		{Speaker: "bob", Start: 10, End: 20},
	}
	hyp := []rttm.Segment{ // half a second late, and ann's last second given to bob
		{Speaker: "1", Start: 0.5, End: 9},
		{Speaker: "2", Start: 9, End: 20.5},
	}
	score, speakers, err := metrics.Compare(ref, hyp, metrics.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("1 is", speakers["1"], "and 2 is", speakers["2"])
	fmt.Printf("miss %v, false alarm %v, confusion %v of %v\n",
		score.Miss, score.FalseAlarm, score.Confusion, score.Speech)
	fmt.Printf("DER %.1f %%, JER %.1f %%, purity %.1f %%\n", score.DER(), score.JER(), score.Purity())
	// Output:
	// 1 is ann and 2 is bob
	// miss 500ms, false alarm 500ms, confusion 1s of 20s
	// DER 10.0 %, JER 14.0 %, purity 94.9 %
}
