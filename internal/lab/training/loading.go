package training

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// loading is a matrix W of factor loadings, eigenvoices or eigenchannels, in
// units of the Gaussians' standard deviations: (M·d)×rank by rows.
type loading struct {
	size, dim, rank int
	w               []float64
	gram            []float64 // W_kᵀ W_k, M packed lower triangles
}

func newLoading(size, dim, rank int) *loading {
	return &loading{size: size, dim: dim, rank: rank, w: make([]float64, size*dim*rank)}
}

func (l *loading) row(i int) []float64 { return l.w[i*l.rank : (i+1)*l.rank] }

func packed(n int) int { return n * (n + 1) / 2 }

// prepare computes the Gram matrices after w has changed.
func (l *loading) prepare(ctx context.Context) error {
	n := packed(l.rank)
	l.gram = make([]float64, l.size*n)
	return parallel(ctx, l.size, func(_, k int) error {
		g := l.gram[k*n : (k+1)*n]
		for r := k * l.dim; r < (k+1)*l.dim; r++ {
			addOuter(g, 1, l.row(r))
		}
		return nil
	})
}

// addOuter adds w·x xᵀ to the packed lower triangle g.
func addOuter(g []float64, w float64, x []float64) {
	for i, at := 0, 0; i < len(x); i, at = i+1, at+i+1 {
		floats.AddScaled(g[at:at+i+1], w*x[i], x[:i+1])
	}
}

// posterior is the working memory of the factors' posterior given some sums.
type posterior struct {
	rank     int
	jInv     []float64 // packed D⁻¹, then L with L Lᵀ = I + D⁻¹
	linear   []float64
	mean     []float64
	inverse  []float64 // L⁻¹ by rows
	cov      []float64 // packed J
	evidence float64
}

func newPosterior(rank int) *posterior {
	return &posterior{rank: rank, jInv: make([]float64, packed(rank)), cov: make([]float64, packed(rank)),
		linear: make([]float64, rank), mean: make([]float64, rank), inverse: make([]float64, rank*rank)}
}

// of computes the posterior's mean and, if asked, covariance.
func (p *posterior) of(l *loading, s sums, phi float64, covariance bool) {
	clear(p.jInv)
	clear(p.linear)
	n := packed(p.rank)
	for k, c := range s.n {
		if c == 0 {
			continue
		}
		floats.AddScaled(p.jInv, phi*float64(c), l.gram[k*n:(k+1)*n])
		for r := k * l.dim; r < (k+1)*l.dim; r++ {
			floats.AddScaled(p.linear, phi*float64(s.f[r]), l.row(r))
		}
	}
	p.solve(covariance)
}

// solve factorises I + D⁻¹ and solves for the mean.
func (p *posterior) solve(covariance bool) {
	p.evidence = 0
	for i, row := 0, 0; i < p.rank; i, row = i+1, row+i+1 {
		li := p.jInv[row : row+i+1]
		li[i]++
		for j, at := 0, 0; j < i; j, at = j+1, at+j+1 {
			lj := p.jInv[at : at+j+1]
			li[j] = (li[j] - floats.Dot(li[:j], lj[:j])) / lj[j]
		}
		li[i] = math.Sqrt(max(li[i]-floats.Dot(li[:i], li[:i]), 1e-9))
		p.linear[i] = (p.linear[i] - floats.Dot(li[:i], p.linear[:i])) / li[i]
		p.evidence += 0.5*p.linear[i]*p.linear[i] - math.Log(li[i])
	}
	copy(p.mean, p.linear)
	for i := p.rank - 1; i >= 0; i-- {
		li := p.jInv[packed(i):packed(i+1)]
		p.mean[i] /= li[i]
		floats.AddScaled(p.mean[:i], -p.mean[i], li[:i])
	}
	if !covariance {
		return
	}
	clear(p.inverse)
	clear(p.cov)
	for i := range p.rank { // row i of L⁻¹ from the rows above
		li, inv := p.jInv[packed(i):packed(i+1)], p.inverse[i*p.rank:(i+1)*p.rank]
		inv[i] = 1
		for j := range i {
			floats.AddScaled(inv[:j+1], -li[j], p.inverse[j*p.rank:j*p.rank+j+1])
		}
		floats.Scale(1/li[i], inv[:i+1])
		addOuter(p.cov[:packed(i+1)], 1, inv[:i+1])
	}
}

// align turns W so that Σ_k c_k W_kᵀ W_k, the D⁻¹ of a frame on average, is
// diagonal, the largest first. W y means the same for the y turned likewise,
// and y ~ N(0, I) stays that; but what the diagonal of a D⁻¹ says is then most
// of what it has to say.
func (l *loading) align(weights []float64) error {
	sum := make([]float64, packed(l.rank))
	for r := range l.size * l.dim {
		addOuter(sum, weights[r/l.dim], l.row(r))
	}
	var e mat.EigenSym
	if !e.Factorize(unpack(sum, l.rank), true) {
		return errors.New("the eigenvoices have no principal directions: they are not finite")
	}
	var turn, turned mat.Dense
	e.VectorsTo(&turn) // in ascending order
	n := l.rank
	for i := range n {
		for j := range n / 2 {
			a, b := turn.At(i, j), turn.At(i, n-1-j)
			turn.Set(i, j, b)
			turn.Set(i, n-1-j, a)
		}
	}
	turned.Mul(mat.NewDense(l.size*l.dim, n, l.w), &turn)
	l.w = turned.RawMatrix().Data
	return nil
}

// em runs one round of EM (Kenny, Boulianne & Dumouchel 2005) with a minimum
// divergence step, and returns the mean evidence of the data before it.
func (l *loading) em(ctx context.Context, data []sums, phi float64) (float64, error) {
	if err := l.prepare(ctx); err != nil {
		return 0, err
	}
	type part struct{ a, b, second, evidence []float64 }
	n, parts := packed(l.rank), make([]part, shards)
	err := parallel(ctx, shards, func(_, s int) error {
		t := part{a: make([]float64, l.size*n), b: make([]float64, len(l.w)), second: make([]float64, n), evidence: make([]float64, 1)}
		p := newPosterior(l.rank)
		from, to := shard(s, len(data))
		for _, d := range data[from:to] {
			p.of(l, d, phi, true)
			t.evidence[0] += p.evidence
			addOuter(p.cov, 1, p.mean) // now E[y yᵀ]
			floats.Add(t.second, p.cov)
			for k, c := range d.n {
				if c == 0 {
					continue
				}
				floats.AddScaled(t.a[k*n:(k+1)*n], float64(c), p.cov)
				for r := k * l.dim; r < (k+1)*l.dim; r++ {
					floats.AddScaled(t.b[r*l.rank:(r+1)*l.rank], float64(d.f[r]), p.mean)
				}
			}
			if ctx.Err() != nil {
				return ctx.Err()
			}
		}
		parts[s] = t
		return nil
	})
	if err != nil {
		return 0, err
	}
	sum := parts[0]
	for _, t := range parts[1:] {
		floats.Add(sum.a, t.a)
		floats.Add(sum.b, t.b)
		floats.Add(sum.second, t.second)
		floats.Add(sum.evidence, t.evidence)
	}
	floats.Scale(1/float64(len(data)), sum.second)
	root, err := factor(sum.second, l.rank)
	if err != nil {
		return 0, fmt.Errorf("minimum divergence: %w", err)
	}
	err = parallel(ctx, l.size, func(_, k int) error {
		a := unpack(sum.a[k*n:(k+1)*n], l.rank)
		var trace float64
		for i := range l.rank {
			trace += a.At(i, i)
		}
		if trace == 0 {
			return nil // no data here: leave the loadings
		}
		for i := range l.rank {
			a.SetSym(i, i, a.At(i, i)+1e-8*trace)
		}
		var chol mat.Cholesky
		if !chol.Factorize(a) {
			return fmt.Errorf("eigenvoice EM: Gaussian %d has no usable second moments", k)
		}
		for r := k * l.dim; r < (k+1)*l.dim; r++ {
			row := mat.NewVecDense(l.rank, l.row(r))
			if err := chol.SolveVecTo(row, mat.NewVecDense(l.rank, sum.b[r*l.rank:(r+1)*l.rank])); err != nil {
				return fmt.Errorf("eigenvoice EM: Gaussian %d: %w", k, err)
			}
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	l.transform(root)
	return sum.evidence[0] / float64(len(data)), l.prepare(ctx)
}

// transform multiplies W by the square matrix t from the right.
func (l *loading) transform(t mat.Matrix) {
	w := mat.NewDense(l.size*l.dim, l.rank, l.w)
	var out mat.Dense
	out.Mul(w, t)
	copy(l.w, out.RawMatrix().Data)
}

// factor returns the lower Cholesky factor of a packed symmetric matrix.
func factor(p []float64, n int) (*mat.TriDense, error) {
	var chol mat.Cholesky
	if !chol.Factorize(unpack(p, n)) {
		return nil, fmt.Errorf("a %d×%d matrix is not positive definite", n, n)
	}
	var t mat.TriDense
	chol.LTo(&t)
	return &t, nil
}

func unpack(p []float64, n int) *mat.SymDense {
	s := mat.NewSymDense(n, nil)
	for i, at := 0, 0; i < n; i++ {
		for j := 0; j <= i; j, at = j+1, at+1 {
			s.SetSym(i, j, p[at])
		}
	}
	return s
}

// principal starts W with the principal components of the MAP-adapted means of
// the data, in units of standard deviations. At most limit of the data, drawn
// at random, take part.
func (l *loading) principal(rng *rand.Rand, data []sums, relevance float64, limit int) error {
	order := rng.Perm(len(data))
	order = order[:min(limit, len(order))]
	n := len(order)
	if n <= l.rank {
		return fmt.Errorf("%w: %d speakers or utterances, expected more than the %d factors", ErrConfig, n, l.rank)
	}
	super := mat.NewDense(n, l.size*l.dim, nil)
	for i, o := range order {
		row := super.RawRowView(i)
		for k, c := range data[o].n {
			for r := k * l.dim; r < (k+1)*l.dim; r++ {
				row[r] = float64(data[o].f[r]) / (float64(c) + relevance)
			}
		}
	}
	mean := make([]float64, l.size*l.dim)
	for i := range n {
		floats.Add(mean, super.RawRowView(i))
	}
	floats.Scale(1/float64(n), mean)
	for i := range n {
		floats.Sub(super.RawRowView(i), mean)
	}
	var gram mat.SymDense
	gram.SymOuterK(1/float64(n), super)
	var eig mat.EigenSym
	if !eig.Factorize(&gram, true) {
		return fmt.Errorf("principal components of %d means do not converge", n)
	}
	var vec, out mat.Dense
	eig.VectorsTo(&vec)
	top := vec.Slice(0, n, n-l.rank, n) // values ascend
	out.Mul(super.T(), top)
	out.Scale(1/math.Sqrt(float64(n)), &out)
	for r := range l.size * l.dim {
		for j := range l.rank {
			l.w[r*l.rank+j] = out.At(r, l.rank-1-j)
		}
	}
	return nil
}
