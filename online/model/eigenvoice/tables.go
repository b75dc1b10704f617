package eigenvoice

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas32"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"
)

// tables are what an Accumulator needs over and over, computed once per model.
type tables struct {
	// score·[x, x²] + offset is log c_k N(x; m_k, C_k): M×2d and M.
	score  blas64.General
	offset []float64
	// vv holds V_kᵀ C_k⁻¹ V_k, M rows of the packed lower triangle. With cv it is
	// most of what an utterance's pair takes to read, and has 24 bits for that
	// reason.
	vv []float32
	// diagonal holds the diagonals of vv, M×ν.
	diagonal []float32
	// uu holds U_kᵀ C_k⁻¹ U_k likewise and uv U_kᵀ C_k⁻¹ V_k, M×(μ·ν).
	uu, uv []float32
	// cv holds C_k⁻¹ V_k and cu C_k⁻¹ U_k, laid out as V and U.
	cv, cu []float32
}

// prepare fills the tables at the first use of the model.
func (m *Model) prepare() *tables {
	m.once.Do(func() {
		t := &m.tables
		d := m.Dim()
		t.score, t.offset = scorer(m.Weights, m.Means, m.Vars, d)
		mu := m.channels()
		cv := precisionTimes(m.Vars, m.V, m.Nu)
		t.cv = appendSingle(nil, cv)
		var cu []float64
		if mu > 0 {
			cu = precisionTimes(m.Vars, m.U, mu)
			t.cu = appendSingle(nil, cu)
		}
		t.vv = make([]float32, 0, len(m.Weights)*packedLen(m.Nu))
		vv, uu := make([]float64, packedLen(m.Nu)), make([]float64, packedLen(mu))
		for k := range m.Weights {
			packedGram(vv, block(m.V, k, d*m.Nu), block(cv, k, d*m.Nu), m.Nu)
			t.vv = appendSingle(t.vv, vv)
			for i := range m.Nu {
				t.diagonal = append(t.diagonal, float32(vv[i*(i+3)/2]))
			}
			if mu > 0 {
				packedGram(uu, block(m.U, k, d*mu), block(cu, k, d*mu), mu)
				t.uu = appendSingle(t.uu, uu)
				t.uv = appendSingle(t.uv, cross(block(cu, k, d*mu), block(m.V, k, d*m.Nu), mu, m.Nu))
			}
		}
	})
	return &m.tables
}

// scorer writes the Gaussians' log densities as a linear function of [x, x²].
func scorer(weights, means, vars []float64, d int) (blas64.General, []float64) {
	n := len(weights)
	s := blas64.General{Rows: n, Cols: 2 * d, Stride: 2 * d, Data: make([]float64, n*2*d)}
	offset := make([]float64, n)
	for k := range n {
		row := s.Data[k*2*d:]
		o := math.Log(weights[k]) - 0.5*float64(d)*math.Log(2*math.Pi)
		for i := range d {
			mean, v := means[k*d+i], vars[k*d+i]
			row[i], row[d+i] = mean/v, -0.5/v
			o -= 0.5 * (math.Log(v) + mean*mean/v)
		}
		offset[k] = o
	}
	return s, offset
}

// packedLen is the number of elements in the lower triangle of an n×n matrix.
func packedLen(n int) int { return n * (n + 1) / 2 }

// block returns the k-th run of n values.
func block[T float32 | float64](x []T, k, n int) []T { return x[k*n : (k+1)*n] }

// precisionTimes returns C⁻¹ X for the stacked X with the given columns.
func precisionTimes(vars, x []float64, cols int) []float64 {
	y := make([]float64, len(x))
	for r := range len(x) / max(cols, 1) {
		floats.ScaleTo(block(y, r, cols), 1/vars[r], block(x, r, cols))
	}
	return y
}

// appendSingle appends x, rounded to 24 bits.
func appendSingle(dst []float32, x []float64) []float32 {
	dst = slices.Grow(dst, len(x))
	for _, v := range x {
		dst = append(dst, float32(v))
	}
	return dst
}

// packedGram writes the lower triangle of XᵀY to sum, for X and Y of n columns.
func packedGram(sum, x, y []float64, n int) {
	clear(sum)
	for r := 0; n > 0 && r < len(x); r += n {
		for i, at := 0, 0; i < n; i, at = i+1, at+i+1 {
			floats.AddScaled(sum[at:at+i+1], x[r+i], y[r:r+i+1])
		}
	}
}

// cross returns XᵀY by rows, for X of m and Y of n columns.
func cross(x, y []float64, m, n int) []float64 {
	sum := make([]float64, m*n)
	for r := range len(x) / m {
		for i := range m {
			floats.AddScaled(block(sum, i, n), x[r*m+i], block(y, r, n))
		}
	}
	return sum
}

// gemv computes y += A x.
func gemv(a blas64.General, x, y []float64) {
	blas64.Gemv(blas.NoTrans, 1, a, blas64.Vector{N: len(x), Data: x, Inc: 1}, 1, blas64.Vector{N: len(y), Data: y, Inc: 1})
}

// axpy computes y += alpha x. Every element is rounded by itself, so that the
// result does not depend on where the vectors lie, as inner products of float32 do
// in BLAS.
func axpy(alpha float32, x, y []float32) {
	blas32.Axpy(alpha, blas32.Vector{N: len(x), Data: x, Inc: 1}, blas32.Vector{N: len(y), Data: y, Inc: 1})
}
