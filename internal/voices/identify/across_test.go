package identify

import (
	"bytes"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/seed-7adb9000/diarizer/internal/network/modelfile"
	"github.com/seed-7adb9000/diarizer/online/model"
	"github.com/seed-7adb9000/diarizer/online/model/embedding"
)

// drawn is an Across of random directions and variances.
func drawn(rng *rand.Rand, k, nu int) *Across {
	a := &Across{Pairs: "drawn"}
	for range nu {
		a.Mean = append(a.Mean, rng.NormFloat64())
	}
	for range k * nu {
		a.Q = append(a.Q, rng.NormFloat64())
	}
	for range k {
		a.C, a.E = append(a.C, 0.05+rng.Float64()), append(a.E, 2*rng.Float64())
	}
	return a
}

// TestEmbeddedIsOfTheModel: what is in the program belongs to its accurate model. If
// that was trained again, "diarizer-lab train --kind naming" makes the file again, and
// "diarizer-lab evaluate --identify" the numbers of the rule.
func TestEmbeddedIsOfTheModel(t *testing.T) {
	m, _, err := modelfile.Embedded("accurate")
	if err != nil {
		t.Fatal(err)
	}
	a, err := Embedded()
	if err != nil {
		t.Fatal(err)
	}
	e := m.(*embedding.Model)
	if RuleOf(m).Across == nil {
		t.Errorf("it is of pairs %s, the model has %s", a.Pairs, PairsOf(e))
	}
	other := e.Copy()
	other.Threshold, other.WithinSpeakerVariance, other.Phi = 5, 0.5, 0.1
	if RuleOf(other).Across == nil {
		t.Error("a model that decides otherwise by the same pairs has no Across")
	}
	other.A = slices.Clone(e.A)
	other.A[3] *= 1.5
	if r := RuleOf(other); r.Across != nil || r.WithinSpeakerVariance == 0 {
		t.Errorf("a model of other pairs has %+v", r)
	}
}

// TestAcrossFile reads what was written, and refuses what is damaged.
func TestAcrossFile(t *testing.T) {
	a := drawn(rand.New(rand.NewPCG(1, 2)), 3, 5)
	var b bytes.Buffer
	if err := a.Write(&b, map[string]string{"command": "none"}); err != nil {
		t.Fatal(err)
	}
	back, err := parseAcross(b.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	near := func(x, y []float64) bool {
		return slices.EqualFunc(x, y, func(x, y float64) bool { return math.Abs(x-y) <= 1e-6*math.Abs(x) })
	}
	if back.Pairs != a.Pairs || !near(a.Mean, back.Mean) || !near(a.Q, back.Q) || !near(a.C, back.C) || !near(a.E, back.E) {
		t.Errorf("%+v, expected %+v", back, a)
	}
	for n := range b.Len() {
		if _, err := parseAcross(b.Bytes()[:n]); err == nil {
			t.Fatalf("%d of %d bytes are taken", n, b.Len())
		}
	}
	for name, spoil := range map[string]func(*Across){
		"no directions":   func(a *Across) { a.C, a.E, a.Q = nil, nil, nil },
		"too few":         func(a *Across) { a.Q = a.Q[1:] },
		"not a number":    func(a *Across) { a.Mean[2] = math.NaN() },
		"no variance":     func(a *Across) { a.C[0] = 0 },
		"less than none":  func(a *Across) { a.E[1] = -1 },
		"endless numbers": func(a *Across) { a.Q[4] = math.Inf(1) },
	} {
		bad := drawn(rand.New(rand.NewPCG(1, 2)), 3, 5)
		spoil(bad)
		if err := bad.Write(new(bytes.Buffer), nil); err == nil {
			t.Errorf("%s: written", name)
		}
	}
}

// logNormal is the log density of x under N(0, s).
func logNormal(x []float64, s *mat.SymDense) float64 {
	var chol mat.Cholesky
	if !chol.Factorize(s) {
		panic("no covariance")
	}
	v, y := mat.NewVecDense(len(x), x), new(mat.VecDense)
	if err := chol.SolveVecTo(y, v); err != nil {
		panic(err)
	}
	return -(mat.Dot(v, y) + chol.LogDet() + float64(len(x))*math.Log(2*math.Pi)) / 2
}

// TestAcrossScores holds scores against the densities that they are the logarithm of a
// ratio of: both voices of one person, who has variance 1 in each direction, or of two.
func TestAcrossScores(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for range 50 {
		k, nu := 1+rng.IntN(3), 3
		a := drawn(rng, k, nu)
		m := &embedding.Model{A: make([]float64, nu)}
		c := NewComparer(m, Rule{Across: a})
		voice := func() (model.Stats, []float64) {
			s := m.Shape().NewStats()
			s.N = 100 + 2000*rng.Float64()
			y := make([]float64, nu)
			for i := range y {
				y[i] = 2 * rng.NormFloat64()
				s.DInv[i] = 0.1 + 5*rng.Float64()
				s.D[i] = y[i] * s.DInv[i]
			}
			return s, y
		}
		p, yp := voice()
		q, yq := voice()
		var want float64
		for i := range k {
			var x [2]float64
			for j := range nu {
				x[0] += a.Q[i*nu+j] * (yp[j] - a.Mean[j])
				x[1] += a.Q[i*nu+j] * (yq[j] - a.Mean[j])
			}
			vp, vq := 1+a.C[i]+100*a.E[i]/p.N, 1+a.C[i]+100*a.E[i]/q.N
			want += logNormal(x[:], mat.NewSymDense(2, []float64{vp, 1, 1, vq})) -
				logNormal(x[:1], mat.NewSymDense(1, []float64{vp})) - logNormal(x[1:], mat.NewSymDense(1, []float64{vq}))
		}
		got, back := c.Scores(nil, p, []Known{c.Know(q)})[0], c.Scores(nil, q, []Known{c.Know(p)})[0]
		if math.Abs(got-want) > 1e-9*(1+math.Abs(want)) || math.Abs(got-back) > 1e-9*(1+math.Abs(want)) {
			t.Errorf("%v, the other way round %v, expected %v", got, back, want)
		}
	}
}

// TestNothingSaid has a voice of which nothing is known: it is as likely anybody's.
func TestNothingSaid(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	a := drawn(rng, 4, 4)
	m := &embedding.Model{A: make([]float64, 4)}
	c := NewComparer(m, Rule{Across: a})
	s := m.Shape().NewStats()
	full := m.Shape().NewStats()
	full.N, full.D[1], full.DInv[1] = 500, 3, 2
	if got := c.Scores(nil, s, []Known{c.Know(full)})[0]; math.Abs(got) > 1e-12 {
		t.Errorf("score %v, expected 0", got)
	}
}
