package features

// statics keeps the 2·span + 1 frames of n static features that the regression
//
//	Δ_t = Σ_k k (c_{t+k} − c_{t−k}) / (2 Σ_k k²),  k = 1 … span,
//
// takes, where the frames before the first and after the last repeat those.
type statics struct {
	n, span int
	scale   float64   // 1 / (2 Σ_k k²)
	ring    []float64 // (2·span+1)×n
	holds   []int64   // frames that the rows of ring are of, counted from 1
}

func newStatics(n, span int) statics {
	s := statics{n: n, span: span, ring: make([]float64, (2*span+1)*n), holds: make([]int64, 2*span+1)}
	if span > 0 {
		for k := 1; k <= span; k++ {
			s.scale += 2 * float64(k*k)
		}
		s.scale = 1 / s.scale
	}
	return s
}

// at returns where the static features of frame t belong, and whether they are
// there. Where they are not, the caller puts them there.
func (s *statics) at(t int64) (features []float64, known bool) {
	i := int(t % int64(len(s.holds)))
	known = s.holds[i] == t+1
	s.holds[i] = t + 1
	return s.ring[i*s.n : (i+1)*s.n], known
}

func (s *statics) reset() { clear(s.holds) }
