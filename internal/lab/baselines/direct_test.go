package baselines

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distmv"

	"github.com/seed-7adb9000/diarizer/online/model/eigenvoice"
)

// gaussianLikelihood adds up the log densities of the frames under the Gaussian
// of their own mean and covariance, by gonum, the floor added to its variances.
func gaussianLikelihood(t *testing.T, frames, floor []float64) float64 {
	t.Helper()
	data := mat.NewDense(len(frames)/testDim, testDim, frames)
	mean := make([]float64, testDim)
	for i := range mean {
		mean[i] = stat.Mean(mat.Col(nil, i, data), nil)
	}
	cov := mat.NewSymDense(testDim, nil)
	for i := range testDim {
		for j := range testDim {
			var sum float64
			for at := 0; at < len(frames); at += testDim {
				sum += (frames[at+i] - mean[i]) * (frames[at+j] - mean[j])
			}
			cov.SetSym(i, j, sum*testDim/float64(len(frames)))
		}
		cov.SetSym(i, i, cov.At(i, i)+floor[i])
	}
	normal, ok := distmv.NewNormal(mean, cov, nil)
	if !ok {
		t.Fatal("gonum finds the covariance singular")
	}
	var sum float64
	for at := 0; at < len(frames); at += testDim {
		sum += normal.LogProb(frames[at : at+testDim])
	}
	return sum
}

// TestGLRAndBICDirectly computes both from the frames' densities. Two frames
// have a singular covariance, which the floor mends.
func TestGLRAndBICDirectly(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	m := testModel(rng, 2)
	for _, sizes := range [][2]int{{50, 80}, {2, 60}, {7, 1}} {
		fa, fb := speak(rng, m, []float64{1, 0, 0}, sizes[0]), speak(rng, m, []float64{0, -1, 1}, sizes[1])
		all := append(append([]float64(nil), fa...), fb...)
		g := NewGaussians(m, testDim, 0)
		a, b := g.Utterance(utterance(m, fa)), g.Utterance(utterance(m, fb))
		glr := gaussianLikelihood(t, all, g.floor) - gaussianLikelihood(t, fa, g.floor) - gaussianLikelihood(t, fb, g.floor)
		if got := g.Score(a, b); math.Abs(got-glr) > 1e-8*(1+math.Abs(glr)) {
			t.Errorf("%v frames: GLR %v, from the densities %v", sizes, got, glr)
		}
		const alpha, params = 1.7, 3 + 6 // a mean and a covariance in three dimensions
		n := math.Log(float64(sizes[0] + sizes[1]))
		one := gaussianLikelihood(t, all, g.floor) - alpha/2*params*n
		two := gaussianLikelihood(t, fa, g.floor) + gaussianLikelihood(t, fb, g.floor) - alpha/2*2*params*n
		bic := NewGaussians(m, testDim, alpha)
		if got := bic.Score(a.Clone(), b.Clone()); math.Abs(got-(one-two)) > 1e-8*(1+math.Abs(one-two)) {
			t.Errorf("%v frames: BIC of one less that of two is %v, from the densities %v", sizes, got, one-two)
		}
	}
}

// adapted returns the means of the UBM adapted to the frames by the textbook:
// α_k E_k(x) + (1 − α_k) m_k with α_k = n_k / (n_k + r).
func adapted(m *eigenvoice.Model, frames []float64) []float64 {
	acc := m.NewAccumulator()
	n, sum := make([]float64, len(m.Weights)), make([]float64, len(m.Means))
	for at := 0; at < len(frames); at += testDim {
		shares, _ := acc.Shares(frames[at : at+testDim])
		for k, w := range shares {
			n[k] += w
			for i := range testDim {
				sum[k*testDim+i] += w * frames[at+i]
			}
		}
	}
	means := append([]float64(nil), m.Means...)
	for k := range n {
		if n[k] == 0 {
			continue
		}
		alpha := n[k] / (n[k] + relevance)
		for i := range testDim {
			at := k*testDim + i
			means[at] = alpha*sum[at]/n[k] + (1-alpha)*m.Means[at]
		}
	}
	return means
}

// logDensities returns log c_k N(x; mean_k, C_k) of every Gaussian.
func logDensities(m *eigenvoice.Model, means, x []float64) []float64 {
	out := make([]float64, len(m.Weights))
	for k, w := range m.Weights {
		out[k] = math.Log(w)
		for i, v := range x {
			at := k*testDim + i
			out[k] -= 0.5 * ((v-means[at])*(v-means[at])/m.Vars[at] + math.Log(2*math.Pi*m.Vars[at]))
		}
	}
	return out
}

// together is the log likelihood of frames and Gaussians, the frames divided
// among these by the UBM; mixture is that of the frames alone.
func together(m *eigenvoice.Model, means, frames []float64) (sum float64) {
	acc := m.NewAccumulator()
	for at := 0; at < len(frames); at += testDim {
		x := frames[at : at+testDim]
		shares, _ := acc.Shares(x)
		for k, l := range logDensities(m, means, x) {
			sum += shares[k] * l
		}
	}
	return sum
}

func mixture(m *eigenvoice.Model, means, frames []float64) (sum float64) {
	for at := 0; at < len(frames); at += testDim {
		var p float64
		for _, l := range logDensities(m, means, frames[at:at+testDim]) {
			p += math.Exp(l)
		}
		sum += math.Log(p)
	}
	return sum
}

// TestCLRDirectly computes the ratio from the frames' densities under adapted
// mixtures: exactly with the UBM's alignment, and, where the Gaussians lie far
// apart, nearly the same as by the mixtures' own likelihoods.
func TestCLRDirectly(t *testing.T) {
	for _, c := range []struct{ apart, tolerance float64 }{{2, math.Inf(1)}, {60, 1e-3}} {
		rng := rand.New(rand.NewPCG(2, 1))
		m := testModel(rng, c.apart)
		fa, fb := speak(rng, m, []float64{1, 0, 0}, 90), speak(rng, m, []float64{0, -1, 1}, 60)
		ma, mb := adapted(m, fa), adapted(m, fb)
		ratio := func(p func(*eigenvoice.Model, []float64, []float64) float64, perFrame bool) float64 {
			wa, wb := 1.0, 1.0
			if perFrame {
				wa, wb = 90, 60
			}
			return (p(m, mb, fa)-p(m, ma, fa))/wa + (p(m, ma, fb)-p(m, mb, fb))/wb
		}
		for _, perFrame := range []bool{false, true} {
			x := NewCrossLikelihood(m, perFrame)
			got := x.Score(x.Utterance(utterance(m, fa)), x.Utterance(utterance(m, fb)))
			if want := ratio(together, perFrame); math.Abs(got-want) > 1e-8*(1+math.Abs(want)) {
				t.Errorf("apart %v: %v, from the densities %v", c.apart, got, want)
			}
			if want := ratio(mixture, perFrame); math.Abs(got-want) > c.tolerance*(1+math.Abs(want)) {
				t.Errorf("apart %v: %v, by the mixtures %v", c.apart, got, want)
			}
		}
	}
}

// TestEigenvoicesDirectly looks for the most probable y by its definition, as
// the zero of the gradient of log p(X|y) + log p(y).
func TestEigenvoicesDirectly(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 1))
	m := testModel(rng, 3)
	e := NewEigenvoices(m, false)
	frames := speak(rng, m, []float64{1, 2, -1}, 70)
	p := e.Utterance(utterance(m, frames))
	e.place(p)
	gradient := make([]float64, m.Nu)
	acc := m.NewAccumulator()
	for at := 0; at < len(frames); at += testDim {
		x := frames[at : at+testDim]
		shares, _ := acc.Shares(x)
		for k, w := range shares {
			for i := range testDim {
				row := k*testDim + i
				rest := x[i] - m.Means[row]
				for j := range m.Nu {
					rest -= m.V[row*m.Nu+j] * p.y[j]
				}
				for j := range m.Nu {
					gradient[j] += m.Phi * w * m.V[row*m.Nu+j] * rest / m.Vars[row]
				}
			}
		}
	}
	for j, g := range gradient {
		if math.Abs(g-p.y[j]) > 1e-5 {
			t.Errorf("coordinate %d: gradient %v, expected that of the prior, %v", j, g, p.y[j])
		}
	}
	q := e.Utterance(utterance(m, speak(rng, m, []float64{-1, 0, 1}, 70)))
	got := e.Score(p, q)
	var want, dot, pp, qq float64
	for j := range p.y {
		want += (p.y[j] - q.y[j]) * (p.y[j] - q.y[j])
		dot, pp, qq = dot+p.y[j]*q.y[j], pp+p.y[j]*p.y[j], qq+q.y[j]*q.y[j]
	}
	if math.Abs(got+math.Sqrt(want)) > 1e-12 {
		t.Errorf("distance %v, expected %v", -got, math.Sqrt(want))
	}
	if got := NewEigenvoices(m, true).Score(p, q); math.Abs(got-dot/math.Sqrt(pp*qq)) > 1e-12 {
		t.Errorf("cosine %v, expected %v", got, dot/math.Sqrt(pp*qq))
	}
}
