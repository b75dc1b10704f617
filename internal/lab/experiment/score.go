package experiment

import (
	"math"

	"gonum.org/v1/gonum/floats"
)

// Result is what clustering got wrong, in frames.
type Result struct {
	// Speech is the reference speech, every speaker counted; Confused is the
	// part of it that has another speaker's label, Missed the part that has
	// none, as two who speak at once have one label.
	Speech, Confused, Missed float64
	// SpeakersOff is |N̂ − N|, summed over Recordings.
	SpeakersOff float64
	Recordings  int
}

// Add adds the counts of o.
func (r *Result) Add(o Result) {
	r.Speech += o.Speech
	r.Confused += o.Confused
	r.Missed += o.Missed
	r.SpeakersOff += o.SpeakersOff
	r.Recordings += o.Recordings
}

// Confusion is in percent of speech.
func (r Result) Confusion() float64 { return 100 * r.Confused / math.Max(1, r.Speech) }

// DER is the diarization error rate in percent: confusion and missed speech.
func (r Result) DER() float64 { return 100 * (r.Confused + r.Missed) / math.Max(1, r.Speech) }

// Score compares labels with the reference: NIST's speaker error, every frame
// scored, overlap included.
func Score(r *Recording, label []int) Result {
	clusters := 0
	for _, l := range label {
		clusters = max(clusters, l+1)
	}
	together := make([][]float64, r.Speakers)
	for i := range together {
		together[i] = make([]float64, clusters)
	}
	res := Result{Recordings: 1, SpeakersOff: math.Abs(float64(clusters - r.Speakers))}
	refs, hyps := make([]float64, r.Speakers), make([]float64, clusters)
	var both float64
	for _, s := range r.spans {
		clear(refs)
		clear(hyps)
		for _, u := range s.active {
			refs[r.Utterances[u].Speaker], hyps[label[u]] = 1, 1
		}
		n := float64(s.frames)
		res.Speech += n * floats.Sum(refs)
		both += n * min(floats.Sum(refs), floats.Sum(hyps))
		for i, in := range refs {
			if in > 0 {
				floats.AddScaled(together[i], n, hyps)
			}
		}
	}
	res.Confused = both - bestMatch(together)
	res.Missed = res.Speech - both
	return res
}
