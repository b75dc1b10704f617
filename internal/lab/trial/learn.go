package trial

import (
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/seed-7adb9000/diarizer/internal/voices/identify"
	"github.com/seed-7adb9000/diarizer/online/model/embedding"
)

// Learn finds what voices differ by from one recording to another, of people with
// several. Covariances come from moments: W is the scatter of recordings about their
// person's mean, B that of the persons' means less what W leaves in a mean of few. Both
// are diagonal in the basis of their generalised eigenvectors, in which B is scaled to
// I. The part of W that shrinks as somebody says more is the scatter of utterances
// about their recording's mean.
func Learn(m *embedding.Model, recordings []Recording) (*identify.Across, error) {
	nu := m.Nu()
	var means [][]float64
	var seconds []float64
	var who []int
	var parts [][]piece
	for _, r := range recordings {
		p := split(r, nu)
		mean, s := centre(p, nu)
		if s >= shortestVoice {
			means, seconds, who, parts = append(means, mean), append(seconds, s), append(who, r.Speaker), append(parts, p)
		}
	}
	all := make([]float64, nu)
	for _, y := range means {
		floats.AddScaled(all, 1/float64(len(means)), y)
	}
	within, between, err := moments(means, who, nu)
	if err != nil {
		return nil, err
	}
	q, w, err := directions(within, between)
	if err != nil {
		return nil, err
	}
	a := &identify.Across{Pairs: identify.PairsOf(m), Mean: all, Q: q, E: scatter(parts, q, nu)}
	var rest float64 // mean of 1/n
	for _, s := range seconds {
		rest += 1 / s / float64(len(seconds))
	}
	for i, v := range w {
		a.C = append(a.C, max(leastAcross*v, v-a.E[i]*rest))
	}
	return a, nil
}

const (
	// leastAcross is the least part of W that stays, whatever is said.
	leastAcross = 0.3
	// correlated is how much of what factors of W have to do with each other is believed.
	correlated = 0.9
	// shortestPart is the least utterance, in seconds, that tells of scatter.
	shortestPart = 1.0
	// leastRatio is the least variance of a direction between people beside that
	// within one.
	leastRatio = 1e-3
)

// piece is an utterance: its place ȳ and its seconds.
type piece struct {
	y       []float64
	weight  []float64 // D⁻¹
	seconds float64
}

func split(r Recording, nu int) []piece {
	var out []piece
	for _, s := range r.Parts {
		if s.N < 10 {
			continue // says nothing
		}
		y := make([]float64, nu)
		floats.DivTo(y, s.D, s.DInv)
		out = append(out, piece{y, s.DInv, s.N / 100})
	}
	return out
}

// centre is the mean of utterances by their precisions, as a sum of pairs has it.
func centre(parts []piece, nu int) (mean []float64, seconds float64) {
	mean = make([]float64, nu)
	for i := range mean {
		var sum float64
		for _, p := range parts {
			mean[i] += p.weight[i] * p.y[i]
			sum += p.weight[i]
		}
		if sum > 0 {
			mean[i] /= sum
		}
	}
	for _, p := range parts {
		seconds += p.seconds
	}
	return mean, seconds
}

// moments returns W and B.
func moments(means [][]float64, who []int, nu int) (within, between *mat.SymDense, err error) {
	of := map[int][]int{}
	var order []int
	for i, p := range who {
		if of[p] == nil {
			order = append(order, p)
		}
		of[p] = append(of[p], i)
	}
	within, between = mat.NewSymDense(nu, nil), mat.NewSymDense(nu, nil)
	var freedom, rest float64
	var people [][]float64
	diff := make([]float64, nu)
	for _, p := range order {
		n := float64(len(of[p]))
		if n < 2 {
			continue
		}
		mu := make([]float64, nu)
		for _, i := range of[p] {
			floats.AddScaled(mu, 1/n, means[i])
		}
		for _, i := range of[p] {
			floats.SubTo(diff, means[i], mu)
			within.SymRankOne(within, 1, mat.NewVecDense(nu, diff))
		}
		freedom, rest = freedom+n-1, rest+1/n
		people = append(people, mu)
	}
	if len(people) <= nu || freedom <= float64(nu) {
		return nil, nil, fmt.Errorf("%d people with several recordings, expected more than the %d factors", len(people), nu)
	}
	within.ScaleSym(1/freedom, within)
	mu := make([]float64, nu)
	for _, p := range people {
		floats.AddScaled(mu, 1/float64(len(people)), p)
	}
	for _, p := range people {
		floats.SubTo(diff, p, mu)
		between.SymRankOne(between, 1/float64(len(people)-1), mat.NewVecDense(nu, diff))
	}
	for i := range nu {
		for j := range i + 1 {
			between.SetSym(i, j, between.At(i, j)-within.At(i, j)*rest/float64(len(people)))
		}
		for j := range i {
			within.SetSym(i, j, correlated*within.At(i, j))
		}
	}
	return within, between, nil
}

// directions returns Q and the variance within a person in each of them, where that
// between people is 1: those first in which people differ most.
func directions(within, between *mat.SymDense) (q, variances []float64, err error) {
	nu := within.SymmetricDim()
	var chol mat.Cholesky
	if !chol.Factorize(within) {
		return nil, nil, errors.New("recordings of one person have no regular covariance")
	}
	var l mat.TriDense
	chol.LTo(&l)
	var half, white mat.Dense // L⁻¹ B L⁻ᵀ
	if err := half.Solve(&l, between); err != nil {
		return nil, nil, fmt.Errorf("recordings of one person: %w", err)
	}
	if err := white.Solve(&l, half.T()); err != nil {
		return nil, nil, fmt.Errorf("recordings of one person: %w", err)
	}
	sym := mat.NewSymDense(nu, nil)
	for i := range nu {
		for j := range i + 1 {
			sym.SetSym(i, j, (white.At(i, j)+white.At(j, i))/2)
		}
	}
	var e mat.EigenSym
	if !e.Factorize(sym, true) {
		return nil, nil, errors.New("covariances of voices have no common directions: they are not finite")
	}
	var v, rows mat.Dense
	e.VectorsTo(&v)
	if err := rows.Solve(l.T(), &v); err != nil { // the columns of L⁻ᵀ V
		return nil, nil, fmt.Errorf("recordings of one person: %w", err)
	}
	values := e.Values(nil) // ascending
	for k := nu - 1; k >= 0; k-- {
		ratio := max(values[k], leastRatio)
		for i := range nu {
			q = append(q, rows.At(i, k)/math.Sqrt(ratio))
		}
		variances = append(variances, 1/ratio)
	}
	return q, variances, nil
}

// scatter is the variance of a second of speech about its recording, in each
// direction.
func scatter(recordings [][]piece, q []float64, nu int) []float64 {
	k := len(q) / nu
	out := make([]float64, k)
	var freedom float64
	diff := make([]float64, nu)
	for _, all := range recordings {
		var parts []piece
		var seconds float64
		for _, p := range all {
			if p.seconds >= shortestPart {
				parts, seconds = append(parts, p), seconds+p.seconds
			}
		}
		if len(parts) < 2 {
			continue
		}
		mu := make([]float64, nu)
		for _, p := range parts {
			floats.AddScaled(mu, p.seconds/seconds, p.y)
		}
		for _, p := range parts {
			floats.SubTo(diff, p.y, mu)
			for i := range k {
				x := floats.Dot(q[i*nu:(i+1)*nu], diff)
				out[i] += p.seconds * x * x
			}
		}
		freedom += float64(len(parts) - 1)
	}
	floats.Scale(1/max(1, freedom), out)
	return out
}
