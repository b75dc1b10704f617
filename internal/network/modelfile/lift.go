package modelfile

import (
	"math"

	"github.com/seed-7adb9000/diarizer/features"
)

const (
	// networkFloor is the least log energy that the network was trained on: Kaldi's.
	networkFloor = -23 * math.Ln2
	// leastLoud is the log of the energy of a frame, over the bank, that an utterance
	// has on average at least: that of speech at about −45 dBFS.
	leastLoud = -4
)

// lift appends the log mel energies of an utterance, rows of [features.BankSize] in one or
// more parts, to dst as the network takes them: those of one that is quiet as if it were
// louder, for what is below the floor of the network would be lost, and none below that floor.
func lift(dst []float32, parts ...[]float32) []float32 {
	sum, n := 0.0, 0
	for _, features := range parts {
		for _, v := range features {
			sum += math.Exp(float64(v))
		}
		n += len(features)
	}
	loud := math.Log(sum / float64(max(1, n/features.BankSize)))
	gain := float32(max(0, leastLoud-loud))
	if math.IsInf(loud, 0) || loud < -30 { // digital silence
		gain = 0
	}
	for _, features := range parts {
		for _, v := range features {
			dst = append(dst, max(v+gain, networkFloor))
		}
	}
	return dst
}
