package compare

import (
	"math"

	"github.com/seed-7adb9000/diarizer/internal/lab/experiment"
)

// Outcome is what a clustering of given utterances came to, for one recording
// or summed over many.
type Outcome struct {
	// Frames are those of the utterances, Pure the part of them in whose
	// cluster their speaker is the one with most frames.
	Frames, Pure float64
	// Result has the diarization errors.
	Result experiment.Result
	// Exact is in how many recordings the number of speakers is right, Near
	// the sum of 1 − |N̂ − N| / N.
	Exact, Near float64
	// Seconds is the time that it took.
	Seconds float64
}

// judge compares the labels of a recording's utterances with their speakers.
func judge(r *experiment.Recording, labels []int) Outcome {
	o := Outcome{Result: experiment.Score(r, labels)}
	shared := map[int]map[int]float64{}
	for i, u := range r.Utterances {
		if shared[labels[i]] == nil {
			shared[labels[i]] = map[int]float64{}
		}
		shared[labels[i]][u.Speaker] += float64(u.To - u.From)
		o.Frames += float64(u.To - u.From)
	}
	for _, speakers := range shared {
		var most float64
		for _, frames := range speakers {
			most = max(most, frames)
		}
		o.Pure += most
	}
	if len(shared) == r.Speakers {
		o.Exact = 1
	}
	o.Near = 1 - math.Abs(float64(len(shared)-r.Speakers))/float64(max(1, r.Speakers))
	return o
}

// add adds the counts of p.
func (o *Outcome) add(p Outcome) {
	o.Frames += p.Frames
	o.Pure += p.Pure
	o.Result.Add(p.Result)
	o.Exact += p.Exact
	o.Near += p.Near
	o.Seconds += p.Seconds
}

// Purity is the frame-weighted purity of the clusters in percent.
func (o Outcome) Purity() float64 { return 100 * o.Pure / math.Max(1, o.Frames) }

// ExactSpeakers is the share of recordings with the right number of speakers in
// percent.
func (o Outcome) ExactSpeakers() float64 {
	return 100 * o.Exact / math.Max(1, float64(o.Result.Recordings))
}

// NearSpeakers is the mean of 1 − |N̂ − N| / N in percent. It is negative where
// far too many are found.
func (o Outcome) NearSpeakers() float64 {
	return 100 * o.Near / math.Max(1, float64(o.Result.Recordings))
}
