package modelfile

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/seed-7adb9000/diarizer/features"
)

// TestLift holds that an utterance is the same to the network however quiet it is, that
// one as loud as usual stays what Kaldi makes of it, and that silence stays silence.
func TestLift(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	loud := make([]float32, 50*features.BankSize)
	for i := range loud {
		loud[i] = float32(-3 + 2*rng.NormFloat64())
	}
	for i, v := range lift(nil, loud) {
		if v != loud[i] {
			t.Fatalf("energy %d of loud speech is %v, was %v", i, v, loud[i])
		}
	}
	quiet := func(by float32) []float32 {
		x := make([]float32, len(loud))
		for i := range x {
			x[i] = loud[i] - by
		}
		return lift(nil, x)
	}
	a, b := quiet(9), quiet(16) // 39 and 69 dB
	for i := range a {
		if math.Abs(float64(a[i]-b[i])) > 1e-5 {
			t.Fatalf("energy %d is %v and %v", i, a[i], b[i])
		}
	}
	silence := make([]float32, features.BankSize)
	for i := range silence {
		silence[i] = -60 * math.Ln2
	}
	for i, v := range lift(nil, silence) {
		if v != networkFloor {
			t.Fatalf("energy %d of silence is %v, expected %v", i, v, float32(networkFloor))
		}
	}
}
