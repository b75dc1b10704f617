package features

import "math"

// melFilter is one triangle, as its weights on the spectrum from first on.
type melFilter struct {
	first   int
	weights []float64
}

func melScale(hz float64) float64 { return 1127 * math.Log1p(hz/700) }

// newMelBank returns n triangular filters, equally wide and half overlapping
// on the mel scale between low and high hertz. A filter too narrow to hold a
// spectral line takes the nearest one.
func newMelBank(n int, low, high float64) []melFilter {
	bank := make([]melFilter, n)
	lo := melScale(low)
	step := (melScale(high) - lo) / float64(n+1)
	for i := range bank {
		f := &bank[i]
		centre := lo + step*float64(i+1)
		nearest, best := 0, math.Inf(1)
		for k := range fftSize/2 + 1 {
			dist := math.Abs(melScale(float64(k)*sampleRate/fftSize)-centre) / step
			if dist < best {
				nearest, best = k, dist
			}
			if dist < 1 {
				if f.weights == nil {
					f.first = k
				}
				f.weights = append(f.weights, 1-dist)
			}
		}
		if f.weights == nil {
			f.first, f.weights = nearest, []float64{1}
		}
	}
	return bank
}

// lines is how many lines of a spectrum, from 0 Hz on, the filters look at.
func lines(bank []melFilter) int {
	n := 1
	for _, f := range bank {
		n = max(n, f.first+len(f.weights))
	}
	return n
}

// newDCT returns rows 1 to ceps of the orthonormal cosine transform (DCT-II)
// of n values, ceps×n.
func newDCT(ceps, n int) []float64 {
	t := make([]float64, 0, ceps*n)
	norm := math.Sqrt(2 / float64(n))
	for i := 1; i <= ceps; i++ {
		for j := range n {
			t = append(t, norm*math.Cos(math.Pi*float64(i)*(float64(j)+0.5)/float64(n)))
		}
	}
	return t
}
