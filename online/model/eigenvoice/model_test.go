package eigenvoice

import (
	"errors"
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
	"pgregory.net/rapid"

	"github.com/seed-7adb9000/diarizer/features"
	"github.com/seed-7adb9000/diarizer/online/model"
)

func testRand(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 7)) }

func normals(rng *rand.Rand, n int, mean, sd float64) []float64 {
	x := make([]float64, n)
	for i := range x {
		x[i] = mean + sd*rng.NormFloat64()
	}
	return x
}

// randomModel returns a small model with d features and hard occupations.
func randomModel(rng *rand.Rand, size, d, nu, mu int) *Model {
	m := &Model{
		Features:    features.Config{Ceps: d, Filters: d + 2, LowHz: 100, HighHz: 4000},
		FeatureMean: make([]float64, d), Weights: make([]float64, size),
		Means: normals(rng, size*d, 0, 3), Vars: make([]float64, size*d),
		V: normals(rng, size*d*nu, 0, 0.5), U: normals(rng, size*d*mu, 0, 0.5),
		Nu: nu, Mu: mu, Phi: 1, Slope: 1,
	}
	for i := range m.Weights {
		m.Weights[i] = 1 / float64(size)
	}
	for i := range m.Vars {
		m.Vars[i] = 0.3 + rng.Float64()
	}
	return m
}

// pair accumulates frames, d values each, into a pair.
func pair(m *Model, frames ...[]float64) model.Stats {
	a, s := m.NewAccumulator(), m.Shape().NewStats()
	for _, f := range frames {
		a.Add(f)
	}
	a.StatsInto(&s)
	return s
}

func someFrames(m *Model, rng *rand.Rand, n int) [][]float64 {
	f := make([][]float64, n)
	for i := range f {
		k := rng.IntN(m.Gaussians())
		f[i] = normals(rng, m.Dim(), 0, 0.7)
		floats.Add(f[i], block(m.Means, k, m.Dim()))
	}
	return f
}

// logRatio returns log p(frames | y, z) − log p(frames | 0, 0), where each
// frame belongs to its likeliest Gaussian under the UBM, by the definition.
func logRatio(m *Model, frames [][]float64, y, z []float64) float64 {
	var sum float64
	for _, x := range frames {
		best, k := math.Inf(-1), 0
		for g := range m.Weights {
			l := math.Log(m.Weights[g])
			for i, v := range x {
				r := v - m.Means[g*m.Dim()+i]
				l -= 0.5 * (r*r/m.Vars[g*m.Dim()+i] + math.Log(2*math.Pi*m.Vars[g*m.Dim()+i]))
			}
			if l > best {
				best, k = l, g
			}
		}
		for i, v := range x {
			row := k*m.Dim() + i
			r := v - m.Means[row]
			shift := floats.Dot(block(m.V, row, m.Nu), y)
			if m.Mu > 0 {
				shift += floats.Dot(block(m.U, row, m.Mu), z)
			}
			sum += 0.5 * (r*r - (r-shift)*(r-shift)) / m.Vars[row]
		}
	}
	return sum
}

// integral returns the log of the integral of exp(f(p))·N(p; 0, I) over a grid
// in one or two dimensions, wide and fine enough for 1e-6.
func integral(dim int, f func(p []float64) float64) float64 {
	const lim, step = 8.0, 0.1
	var terms []float64
	add := func(p []float64) {
		terms = append(terms, f(p)-0.5*floats.Dot(p, p)+float64(dim)*(math.Log(step)-0.5*math.Log(2*math.Pi)))
	}
	for a := -lim; a <= lim; a += step {
		if dim == 1 {
			add([]float64{a})
			continue
		}
		for b := -lim; b <= lim; b += step {
			add([]float64{a, b})
		}
	}
	return floats.LogSumExp(terms)
}

func closedForm(m *Model, a, b model.Stats) float64 {
	c := NewComparer(m.Nu)
	return c.LogP(a, c.Evidence(a), b, c.Evidence(b))
}

func TestClosedFormAgainstQuadrature(t *testing.T) {
	for nu := 1; nu <= 2; nu++ {
		rng := testRand(uint64(nu))
		m := randomModel(rng, 3, 2, nu, 0)
		fa, fb := someFrames(m, rng, 5), someFrames(m, rng, 4)
		want := integral(nu, func(y []float64) float64 { return logRatio(m, fa, y, nil) + logRatio(m, fb, y, nil) }) -
			integral(nu, func(y []float64) float64 { return logRatio(m, fa, y, nil) }) -
			integral(nu, func(y []float64) float64 { return logRatio(m, fb, y, nil) })
		if got := closedForm(m, pair(m, fa...), pair(m, fb...)); math.Abs(got-want) > 1e-5 {
			t.Errorf("ν = %d: %v, by quadrature %v", nu, got, want)
		}
	}
}

// TestEigenchannelsAgainstQuadrature integrates every utterance's own channel
// factor and the common speaker factor numerically.
func TestEigenchannelsAgainstQuadrature(t *testing.T) {
	for mu := 1; mu <= 2; mu++ {
		rng := testRand(uint64(10 + mu))
		m := randomModel(rng, 3, 2, 1, mu)
		fa, fb := someFrames(m, rng, 3), someFrames(m, rng, 4)
		given := func(f [][]float64, y float64) float64 {
			const step = 0.2 // ample for an integrand this smooth
			var terms []float64
			z := make([]float64, mu)
			var rec func(i int)
			rec = func(i int) {
				if i == mu {
					terms = append(terms, logRatio(m, f, []float64{y}, z)-0.5*floats.Dot(z, z)+
						float64(mu)*(math.Log(step)-0.5*math.Log(2*math.Pi)))
					return
				}
				for z[i] = -7; z[i] <= 7; z[i] += step {
					rec(i + 1)
				}
				z[i] = 0
			}
			rec(0)
			return floats.LogSumExp(terms)
		}
		const step = 0.2
		var joint, alone, blone []float64
		for y := -8.0; y <= 8; y += step {
			prior := -0.5*y*y + math.Log(step) - 0.5*math.Log(2*math.Pi)
			ga, gb := given(fa, y), given(fb, y)
			joint, alone, blone = append(joint, ga+gb+prior), append(alone, ga+prior), append(blone, gb+prior)
		}
		want := floats.LogSumExp(joint) - floats.LogSumExp(alone) - floats.LogSumExp(blone)
		if got := closedForm(m, pair(m, fa...), pair(m, fb...)); math.Abs(got-want) > 1e-4 {
			t.Errorf("μ = %d: %v, by quadrature %v", mu, got, want)
		}
	}
}

// TestClosedFormAgainstMonteCarlo estimates E over the prior of p(A|y)p(B|y)
// and of each alone with 200,000 draws; the standard error of the logs is
// below 0.01 for statistics this weak.
func TestClosedFormAgainstMonteCarlo(t *testing.T) {
	rng := testRand(20)
	m := randomModel(rng, 4, 3, 4, 0)
	floats.Scale(0.4, m.V)
	fa, fb := someFrames(m, rng, 2), someFrames(m, rng, 2)
	sa, sb := pair(m, fa...), pair(m, fb...)
	loglik := func(s model.Stats, y []float64) float64 {
		var q float64
		for i := range y {
			for j := range y {
				q += y[i] * y[j] * s.DInv[max(i, j)*(max(i, j)+1)/2+min(i, j)]
			}
		}
		return floats.Dot(s.D, y) - q/2
	}
	y := normals(rng, 4, 0, 1)
	if got, want := loglik(sa, y), logRatio(m, fa, y, nil); math.Abs(got-want) > single*(1+math.Abs(want)) {
		t.Fatalf("the pair gives log p(A|y)/p(A|0) = %v, the frames %v", got, want)
	}
	const draws = 200000
	var ab, a, b float64
	for range draws {
		y := normals(rng, 4, 0, 1)
		pa, pb := math.Exp(loglik(sa, y)), math.Exp(loglik(sb, y))
		ab, a, b = ab+pa*pb, a+pa, b+pb
	}
	want := math.Log(ab/draws) - math.Log(a/draws) - math.Log(b/draws)
	if got := closedForm(m, sa, sb); math.Abs(got-want) > 0.05 {
		t.Errorf("%v, by Monte Carlo %v", got, want)
	}
}

func TestScalarClosedForm(t *testing.T) {
	e := func(d, dInv float64) float64 { return 0.5*d*d/(1+dInv) - 0.5*math.Log(1+dInv) }
	rapid.Check(t, func(t *rapid.T) {
		v := rapid.SliceOfN(rapid.Float64Range(0.01, 50), 4, 4).Draw(t, "v")
		a, b := model.Shape{Nu: 1}.NewStats(), model.Shape{Nu: 1}.NewStats()
		a.D[0], a.DInv[0], b.D[0], b.DInv[0] = v[0]-25, v[1], v[2]-25, v[3]
		want := e(a.D[0]+b.D[0], a.DInv[0]+b.DInv[0]) - e(a.D[0], a.DInv[0]) - e(b.D[0], b.DInv[0])
		if got := closedForm(&Model{Nu: 1}, a, b); math.Abs(got-want) > 1e-9*(1+math.Abs(want)) {
			t.Fatalf("%v, expected %v", got, want)
		}
	})
}

func TestLimits(t *testing.T) {
	rng := testRand(30)
	m := randomModel(rng, 5, 3, 4, 2)
	a, b := pair(m, someFrames(m, rng, 30)...), pair(m, someFrames(m, rng, 20)...)
	if got := closedForm(m, a, model.Shape{Nu: 4}.NewStats()); math.Abs(got) > 1e-12 {
		t.Errorf("no frames on one side: %v, expected 0", got)
	}
	if ab, ba := closedForm(m, a, b), closedForm(m, b, a); math.Abs(ab-ba) > 1e-9 {
		t.Errorf("A, B gives %v, B, A %v", ab, ba)
	}
}

// TestEvidenceAgainstGonum holds the own factorisation against gonum's.
func TestEvidenceAgainstGonum(t *testing.T) {
	for _, nu := range []int{1, 2, 7, 40} {
		rng := testRand(uint64(40 + nu))
		m := randomModel(rng, 6, 5, nu, 3)
		s := pair(m, someFrames(m, rng, 200)...)
		j := mat.NewSymDense(nu, nil)
		for r, at := 0, 0; r < nu; r++ {
			for c := 0; c <= r; c, at = c+1, at+1 {
				j.SetSym(r, c, s.DInv[at])
			}
			j.SetSym(r, r, 1+j.At(r, r))
		}
		var chol mat.Cholesky
		if !chol.Factorize(j) {
			t.Fatal("gonum finds I + D⁻¹ not positive definite")
		}
		d, y := mat.NewVecDense(nu, s.D), new(mat.VecDense)
		if err := chol.SolveVecTo(y, d); err != nil {
			t.Fatal(err)
		}
		want := 0.5*mat.Dot(d, y) - 0.5*chol.LogDet()
		if got := NewComparer(nu).Evidence(s); math.Abs(got-want) > 1e-8*(1+math.Abs(want)) {
			t.Errorf("ν = %d: evidence %v, gonum's %v", nu, got, want)
		}
	}
}

func TestLogOdds(t *testing.T) {
	m := &Model{Threshold: 3, Slope: 2}
	for score, want := range map[float64]float64{3: 0, 4: 2, 1: -4} {
		if got := m.Rule().LogOdds(score); got != want {
			t.Errorf("score %v: %v, expected %v", score, got, want)
		}
	}
}

func TestValidate(t *testing.T) {
	fresh := func() *Model { return randomModel(testRand(50), 3, 2, 2, 1) }
	if err := fresh().Validate(); err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func(*Model){
		"no Gaussians": func(m *Model) { m.Weights = nil }, "short means": func(m *Model) { m.Means = m.Means[1:] },
		"NaN in V": func(m *Model) { m.V[3] = math.NaN() }, "zero variance": func(m *Model) { m.Vars[0] = 0 },
		"long U": func(m *Model) { m.U = append(m.U, 0) }, "no eigenvoices": func(m *Model) { m.Nu = 0 },
		"phi": func(m *Model) { m.Phi = 0 }, "mean": func(m *Model) { m.FeatureMean = nil },
		"slack": func(m *Model) { m.WithinSpeakerVariance = -1 }, "length": func(m *Model) { m.LengthExponent = math.NaN() },
		"threshold": func(m *Model) { m.Threshold = math.Inf(1) },
	} {
		m := fresh()
		if spoil(m); !errors.Is(m.Validate(), model.ErrModel) {
			t.Errorf("%s: error %v, expected ErrModel", name, m.Validate())
		}
	}
}

// TestWithinSpeakerAgainstQuadrature gives each side its own z ~ N(0, ε) around the
// common y and integrates all three numerically.
func TestWithinSpeakerAgainstQuadrature(t *testing.T) {
	const eps, step = 0.3, 0.1
	rng := testRand(55)
	m := randomModel(rng, 3, 2, 1, 0)
	fa, fb := someFrames(m, rng, 6), someFrames(m, rng, 9)
	sa, sb := pair(m, fa...), pair(m, fb...)
	given := func(f [][]float64, y float64) float64 {
		return integral(1, func(z []float64) float64 {
			return logRatio(m, f, []float64{y + math.Sqrt(eps)*z[0]}, nil)
		})
	}
	var joint, alone, blone []float64
	for y := -8.0; y <= 8; y += step {
		prior := -0.5*y*y + math.Log(step) - 0.5*math.Log(2*math.Pi)
		ga, gb := given(fa, y), given(fb, y)
		joint, alone, blone = append(joint, ga+gb+prior), append(alone, ga+prior), append(blone, gb+prior)
	}
	want := floats.LogSumExp(joint) - floats.LogSumExp(alone) - floats.LogSumExp(blone)
	k := NewWithinSpeaker(1, eps)
	a, b := model.Shape{Nu: 1}.NewStats(), model.Shape{Nu: 1}.NewStats()
	k.Into(&a, sa)
	k.Into(&b, sb)
	if got := closedForm(m, a, b); math.Abs(got-want) > 1e-5 {
		t.Errorf("%v, by quadrature %v", got, want)
	}
}

// TestWithinSpeakerByDefinition holds the pair to (I + εD⁻¹)⁻¹ times it, by gonum, and
// the precision to its bound.
func TestWithinSpeakerByDefinition(t *testing.T) {
	const nu, eps = 4, 0.2
	rng := testRand(56)
	m := randomModel(rng, 5, 3, nu, 0)
	s := pair(m, someFrames(m, rng, 400)...)
	full := func(p []float64) *mat.Dense {
		f := mat.NewDense(nu, nu, nil)
		for i, at := 0, 0; i < nu; i++ {
			for j := 0; j <= i; j, at = j+1, at+1 {
				f.Set(i, j, p[at])
				f.Set(j, i, p[at])
			}
		}
		return f
	}
	lhs := full(s.DInv)
	lhs.Scale(eps, lhs)
	for i := range nu {
		lhs.Set(i, i, 1+lhs.At(i, i))
	}
	var wantInv mat.Dense
	var wantD mat.VecDense
	if err := wantInv.Solve(lhs, full(s.DInv)); err != nil {
		t.Fatal(err)
	}
	if err := wantD.SolveVec(lhs, mat.NewVecDense(nu, s.D)); err != nil {
		t.Fatal(err)
	}
	got := model.Shape{Nu: nu}.NewStats()
	NewWithinSpeaker(nu, eps).Into(&got, s)
	if !mat.EqualApprox(full(got.DInv), &wantInv, 1e-8) || !floats.EqualApprox(got.D, wantD.RawVector().Data, 1e-8) || got.N != s.N {
		t.Errorf("%v, expected %v %v", got, wantD, wantInv)
	}
	if top := got.DInv[0]; top > 1/eps {
		t.Errorf("precision %v, expected at most %v", top, 1/eps)
	}
	NewWithinSpeaker(nu, 0).Into(&got, s)
	if !floats.Equal(got.DInv, s.DInv) {
		t.Error("no variance within speakers changes the pair")
	}
}

func TestNormalise(t *testing.T) {
	m := &Model{LengthExponent: 0.5}
	if got := m.Rule().Normalise(-6, 600, 600); math.Abs(got+3) > 1e-12 { // h = 3 s
		t.Errorf("%v, expected −3", got)
	}
	if got := m.Rule().Normalise(5, 0, 100); got != 5 {
		t.Errorf("%v, expected 5 where a side is empty", got)
	}
	if m.LengthExponent = 0; m.Rule().Normalise(-6, 600, 600) != -6 {
		t.Error("exponent 0 changes the score")
	}
}

func BenchmarkWithinSpeaker(b *testing.B) {
	rng := testRand(3)
	m := randomModel(rng, 64, 36, 64, 0)
	s, soft, k := pair(m, someFrames(m, rng, 200)...), model.Shape{Nu: 64}.NewStats(), NewWithinSpeaker(64, 0.04)
	b.ReportAllocs()
	for b.Loop() {
		k.Into(&soft, s)
	}
}

// TestEvidenceOfTooLittle takes more out of a pair than is in it: what is left is
// nobody's, and still a number.
func TestEvidenceOfTooLittle(t *testing.T) {
	const nu = 5
	s := model.Shape{Nu: nu}.NewStats()
	for i, at := 0, 0; i < nu; i, at = i+1, at+i+1 {
		s.D[i], s.DInv[at+i] = 1, -7
	}
	if e := NewComparer(nu).Evidence(s); math.IsNaN(e) || math.IsInf(e, 0) {
		t.Errorf("evidence %v, expected a finite number", e)
	}
	s.D[0], s.DInv[0] = math.NaN(), math.NaN()
	if e := NewComparer(nu).Evidence(s); !math.IsNaN(e) {
		t.Errorf("evidence %v of no numbers, expected NaN", e)
	}
}
