package resample

import (
	"math"

	"github.com/seed-7adb9000/diarizer/internal/dsp/numeric"
)

const (
	// attenuation is the design stopband attenuation in dB. It leaves a margin
	// over the 70 dB which the package promises.
	attenuation = 80

	// transition is the width of the transition band, as a part of the lower
	// of the two Nyquist frequencies. The stopband begins at that frequency, so
	// nothing above it folds back.
	transition = 0.1

	// maxExactPhases is the longest filter bank kept whole. Ratios with more
	// phases interpolate between interpolatedPhases rows, at an error of about
	// (π/512)²/8, -106 dB.
	maxExactPhases     = 640
	interpolatedPhases = 512
)

// bank is a windowed-sinc low-pass filter sampled at equally spaced phases.
// Row p holds the filter for an output that lies p/phases of an input sample
// after tap half-1.
type bank struct {
	rows []float32
	// taps is the length of a row, a multiple of 16 for the vector code that
	// walks it and, rows being one allocation, for its alignment.
	taps, half int
}

func (b *bank) row(p int) []float32 { return b.rows[p*b.taps : (p+1)*b.taps : (p+1)*b.taps] }

// newBank designs a low-pass filter that keeps what both rates can represent.
// The window is Kaiser's, its length and shape by Kaiser's formulas (Oppenheim
// and Schafer, Discrete-Time Signal Processing, 7.5.3).
func newBank(from, to, phases, rows int) bank {
	nyquist := min(1, float64(to)/float64(from)) // in units of the input's
	cutoff := nyquist * (1 - transition/2)
	width := math.Pi * nyquist * transition
	half := int(math.Ceil((attenuation - 7.95) / (2.285 * width) / 2))
	half = (half + 7) / 8 * 8
	beta := 0.1102 * (attenuation - 8.7)

	b := bank{rows: make([]float32, rows*2*half), taps: 2 * half, half: half}
	h := make([]float64, b.taps)
	norm := 1 / numeric.BesselI0(beta)
	for p := range rows {
		shift := float64(p) / float64(phases)
		sum := 0.0
		for j := range h {
			t := float64(j-half+1) - shift
			h[j] = sinc(cutoff*t) * kaiser(t/float64(half), beta) * norm
			sum += h[j]
		}
		row := b.row(p)
		for j := range h {
			row[j] = float32(h[j] / sum) // every phase passes a constant unchanged
		}
	}
	return b
}

func sinc(x float64) float64 {
	if x == 0 {
		return 1
	}
	return math.Sin(math.Pi*x) / (math.Pi * x)
}

// kaiser is the Kaiser window at x in [-1, 1], without its normalisation.
func kaiser(x, beta float64) float64 {
	if x < -1 || x > 1 {
		return 0
	}
	return numeric.BesselI0(beta * math.Sqrt(1-x*x))
}
