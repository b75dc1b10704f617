package eigenvoice

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/integrate/quad"
	"gonum.org/v1/gonum/mat"

	"github.com/seed-7adb9000/diarizer/online/model"
)

// hermite returns the log of the integral of exp(f(p))·N(p; 0, I) in dim
// dimensions by Gauss–Hermite quadrature, exact for polynomials and all but
// exact for the smooth integrands here.
func hermite(dim, nodes int, f func(p []float64) float64) float64 {
	at, weight := make([]float64, nodes), make([]float64, nodes)
	quad.Hermite{}.FixedLocations(at, weight, math.Inf(-1), math.Inf(1))
	p, terms := make([]float64, dim), make([]float64, 0, nodes)
	var rec func(i int, logWeight float64)
	rec = func(i int, logWeight float64) {
		if i == dim {
			terms = append(terms, f(p)+logWeight)
			return
		}
		for k := range at {
			p[i] = math.Sqrt2 * at[k]
			rec(i+1, logWeight+math.Log(weight[k]/math.SqrtPi))
		}
	}
	rec(0, 0)
	return floats.LogSumExp(terms)
}

// TestBothFactorsAgainstQuadrature integrates the channel factor of each side
// for every speaker factor, and then the speaker factor, for ν and μ up to 2.
func TestBothFactorsAgainstQuadrature(t *testing.T) {
	const nodes = 14
	for nu := 1; nu <= 2; nu++ {
		for mu := 1; mu <= 2; mu++ {
			rng := testRand(uint64(100 + 10*nu + mu))
			m := randomModel(rng, 3, 2, nu, mu)
			floats.Scale(0.6, m.V) // smooth enough for so few nodes
			floats.Scale(0.6, m.U)
			fa, fb := someFrames(m, rng, 2), someFrames(m, rng, 3)
			given := func(f [][]float64) func(y []float64) float64 {
				known := map[[2]float64]float64{}
				return func(y []float64) float64 {
					var key [2]float64
					copy(key[:], y)
					v, ok := known[key]
					if !ok {
						v = hermite(mu, nodes, func(z []float64) float64 { return logRatio(m, f, y, z) })
						known[key] = v
					}
					return v
				}
			}
			ga, gb := given(fa), given(fb)
			both := hermite(nu, nodes, func(y []float64) float64 { return ga(y) + gb(y) })
			want := both - hermite(nu, nodes, ga) - hermite(nu, nodes, gb)
			if got := closedForm(m, pair(m, fa...), pair(m, fb...)); math.Abs(got-want) > 1e-4 {
				t.Errorf("ν = %d, μ = %d: %v, by quadrature %v", nu, mu, got, want)
			}
		}
	}
}

// TestEvidenceAgainstQuadrature holds E itself, and not only differences of it,
// to the log of ∫ p(X|y)/p(X|0) p(y) dy.
func TestEvidenceAgainstQuadrature(t *testing.T) {
	for nu := 1; nu <= 2; nu++ {
		rng := testRand(uint64(130 + nu))
		m := randomModel(rng, 3, 2, nu, 0)
		f := someFrames(m, rng, 6)
		want := integral(nu, func(y []float64) float64 { return logRatio(m, f, y, nil) })
		if got := NewComparer(nu).Evidence(pair(m, f...)); math.Abs(got-want) > 1e-5 {
			t.Errorf("ν = %d: %v, by quadrature %v", nu, got, want)
		}
	}
}

// TestEigenchannelsAgainstMonteCarlo draws speaker and channel factors for ν = 4
// and μ = 3: the mean of p(A|y,z)·p(B|y,z′) over their priors, against the means
// of each alone. Statistics this weak make the standard error of the logs some
// thousandths.
func TestEigenchannelsAgainstMonteCarlo(t *testing.T) {
	rng := testRand(140)
	m := randomModel(rng, 4, 3, 4, 3)
	floats.Scale(0.4, m.V)
	floats.Scale(0.4, m.U)
	fa, fb := someFrames(m, rng, 2), someFrames(m, rng, 2)
	const draws = 60000
	var ab, a, b float64
	for range draws {
		y := normals(rng, 4, 0, 1)
		pa := math.Exp(logRatio(m, fa, y, normals(rng, 3, 0, 1)))
		pb := math.Exp(logRatio(m, fb, y, normals(rng, 3, 0, 1)))
		ab, a, b = ab+pa*pb, a+pa, b+pb
	}
	want := math.Log(ab/draws) - math.Log(a/draws) - math.Log(b/draws)
	if got := closedForm(m, pair(m, fa...), pair(m, fb...)); math.Abs(got-want) > 0.05 {
		t.Errorf("%v, by Monte Carlo %v", got, want)
	}
}

// TestKnownSpeakerLimit lets one side grow without end: the score becomes the
// likelihood ratio of a speaker whose y is known against one drawn at random.
func TestKnownSpeakerLimit(t *testing.T) {
	rng := testRand(150)
	m := randomModel(rng, 3, 2, 2, 0)
	fa := someFrames(m, rng, 5)
	a := pair(m, fa...)
	y := []float64{0.8, -1.3}
	// A side of n frames that fit y exactly: D⁻¹ = n·P and d = D⁻¹ y.
	for _, n := range []float64{1e5, 1e8} {
		b := pair(m, someFrames(m, rng, 40)...)
		for i := range b.DInv {
			b.DInv[i] *= n
		}
		b.D[0] = b.DInv[0]*y[0] + b.DInv[1]*y[1]
		b.D[1] = b.DInv[1]*y[0] + b.DInv[2]*y[1]
		want := logRatio(m, fa, y, nil) - NewComparer(2).Evidence(a)
		if got := closedForm(m, a, b); math.Abs(got-want) > 100/math.Sqrt(n) {
			t.Errorf("%v times 40 frames: %v, expected %v", n, got, want)
		}
	}
}

// TestChannelLimits: no channel variability leaves the eigenvoices alone, and one
// that explains everything leaves nothing of the speaker.
func TestChannelLimits(t *testing.T) {
	rng := testRand(160)
	m := randomModel(rng, 4, 3, 2, 2)
	fa, fb := someFrames(m, rng, 20), someFrames(m, rng, 30)
	with := func(v, u []float64, mu int) float64 {
		x := &Model{Features: m.Features, FeatureMean: m.FeatureMean, Weights: m.Weights, Means: m.Means, Vars: m.Vars,
			V: v, U: u, Nu: m.Nu, Mu: mu, Phi: m.Phi, Slope: 1}
		return closedForm(x, pair(x, fa...), pair(x, fb...))
	}
	scaled := func(c float64, x []float64) []float64 {
		return floats.ScaleTo(make([]float64, len(x)), c, x)
	}
	alone := with(m.V, nil, 0)
	if got := with(m.V, scaled(0, m.U), 2); math.Abs(got-alone) > 1e-9*(1+math.Abs(alone)) {
		t.Errorf("U = 0: %v, eigenvoices alone %v", got, alone)
	}
	if got := with(m.V, scaled(1e-5, m.U), 2); math.Abs(got-alone) > 1e-4*(1+math.Abs(alone)) {
		t.Errorf("U → 0: %v, eigenvoices alone %v", got, alone)
	}
	if got := with(m.V, scaled(1e4, m.V), 2); math.Abs(got) > 1e-4 {
		t.Errorf("channels as wide as can be in the directions of the voices: %v, expected 0", got)
	}
	if got := with(scaled(0, m.V), m.U, 2); math.Abs(got) > 1e-9 {
		t.Errorf("V = 0: %v, expected 0", got)
	}
}

// TestBasesDoNotMatter turns the bases of y and z: V R and U Q describe the same
// speakers and channels for orthogonal R and Q.
func TestBasesDoNotMatter(t *testing.T) {
	rng := testRand(170)
	m := randomModel(rng, 4, 3, 3, 2)
	fa, fb := someFrames(m, rng, 20), someFrames(m, rng, 10)
	turn := func(x []float64, n int) []float64 {
		var qr mat.QR
		qr.Factorize(mat.NewDense(n, n, normals(rng, n*n, 0, 1)))
		var q, out mat.Dense
		qr.QTo(&q)
		out.Mul(mat.NewDense(len(x)/n, n, x), &q)
		return out.RawMatrix().Data
	}
	turned := &Model{Features: m.Features, FeatureMean: m.FeatureMean, Weights: m.Weights, Means: m.Means, Vars: m.Vars,
		V: turn(m.V, 3), U: turn(m.U, 2), Nu: 3, Mu: 2, Phi: m.Phi, Slope: 1}
	want, got := closedForm(m, pair(m, fa...), pair(m, fb...)), closedForm(turned, pair(turned, fa...), pair(turned, fb...))
	if math.Abs(got-want) > single*(1+math.Abs(want)) {
		t.Errorf("%v in turned bases, expected %v", got, want)
	}
}

// TestPhiCountsFrames: a frame heard twice at φ = ½ is a frame heard once.
func TestPhiCountsFrames(t *testing.T) {
	rng := testRand(180)
	m := randomModel(rng, 4, 3, 3, 2)
	frames := someFrames(m, rng, 15)
	once := pair(m, frames...)
	half := &Model{Features: m.Features, FeatureMean: m.FeatureMean, Weights: m.Weights, Means: m.Means, Vars: m.Vars,
		V: m.V, U: m.U, Nu: 3, Mu: 2, Phi: 0.5, Slope: 1}
	twice := pair(half, append(append([][]float64(nil), frames...), frames...)...)
	if !floats.EqualApprox(once.D, twice.D, 1e-9) || !floats.EqualApprox(once.DInv, twice.DInv, 1e-9) || twice.N != 2*once.N {
		t.Errorf("%v, expected %v", twice, once)
	}
}

// TestMergingOrderOfChannels: pairs with their channels integrated out add up in
// any order, and what is subtracted leaves no trace.
func TestMergingOrderOfChannels(t *testing.T) {
	rng := testRand(190)
	m := randomModel(rng, 4, 3, 3, 2)
	var parts []model.Stats
	for range 5 {
		parts = append(parts, pair(m, someFrames(m, rng, 3+rng.IntN(30))...))
	}
	other := pair(m, someFrames(m, rng, 12)...)
	score := func(order ...int) float64 {
		sum := model.Shape{Nu: 3}.NewStats()
		for _, i := range order {
			sum.Add(parts[i])
		}
		return closedForm(m, sum, other)
	}
	want := score(0, 1, 2, 3)
	for _, order := range [][]int{{3, 2, 1, 0}, {2, 0, 3, 1}} {
		if got := score(order...); math.Abs(got-want) > 1e-9*(1+math.Abs(want)) {
			t.Errorf("order %v: %v, expected %v", order, got, want)
		}
	}
	sum := model.Shape{Nu: 3}.NewStats()
	for _, i := range []int{4, 0, 1, 2, 3} {
		sum.Add(parts[i])
	}
	sum.Sub(parts[4])
	if got := closedForm(m, sum, other); math.Abs(got-want) > 1e-8*(1+math.Abs(want)) {
		t.Errorf("after adding and subtracting: %v, expected %v", got, want)
	}
}
