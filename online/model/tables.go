package model

import (
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"
)

// tables are what an Accumulator needs over and over, computed once per model.
type tables struct {
	// score·[x, x²] + offset is log c_k N(x; m_k, C_k): M×2d and M.
	score  blas64.General
	offset []float64
	// vv holds V_kᵀ C_k⁻¹ V_k, M rows of the packed lower triangle.
	vv []float64
	// uu holds U_kᵀ C_k⁻¹ U_k likewise and uv U_kᵀ C_k⁻¹ V_k, M×(μ·ν).
	uu, uv []float64
	// cv holds C_k⁻¹ V_k and cu C_k⁻¹ U_k, laid out as V and U.
	cv, cu []float64
}

// prepare fills the tables at the first use of the model.
func (m *Model) prepare() *tables {
	m.once.Do(func() {
		t := &m.tables
		d := m.Dim()
		t.score, t.offset = scorer(m.Weights, m.Means, m.Vars, d)
		mu := m.channels()
		t.cv = precisionTimes(m.Vars, m.V, m.Nu)
		if mu > 0 {
			t.cu = precisionTimes(m.Vars, m.U, mu)
		}
		t.vv = make([]float64, 0, len(m.Weights)*packedLen(m.Nu))
		for k := range m.Weights {
			t.vv = appendPackedGram(t.vv, block(m.V, k, d*m.Nu), block(t.cv, k, d*m.Nu), m.Nu)
			if mu > 0 {
				t.uu = appendPackedGram(t.uu, block(m.U, k, d*mu), block(t.cu, k, d*mu), mu)
				t.uv = appendCross(t.uv, block(t.cu, k, d*mu), block(m.V, k, d*m.Nu), mu, m.Nu)
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

// block returns the k-th run of n values.
func block(x []float64, k, n int) []float64 { return x[k*n : (k+1)*n] }

// precisionTimes returns C⁻¹ X for the stacked X with the given columns.
func precisionTimes(vars, x []float64, cols int) []float64 {
	y := make([]float64, len(x))
	for r := range len(x) / max(cols, 1) {
		floats.ScaleTo(block(y, r, cols), 1/vars[r], block(x, r, cols))
	}
	return y
}

// appendPackedGram appends the lower triangle of XᵀY, for X and Y of n columns.
func appendPackedGram(dst, x, y []float64, n int) []float64 {
	dst = append(dst, make([]float64, packedLen(n))...)
	sum := dst[len(dst)-packedLen(n):]
	for r := 0; n > 0 && r < len(x); r += n {
		for i, at := 0, 0; i < n; i, at = i+1, at+i+1 {
			floats.AddScaled(sum[at:at+i+1], x[r+i], y[r:r+i+1])
		}
	}
	return dst
}

// appendCross appends XᵀY by rows, for X of m and Y of n columns.
func appendCross(dst, x, y []float64, m, n int) []float64 {
	dst = append(dst, make([]float64, m*n)...)
	sum := dst[len(dst)-m*n:]
	for r := range len(x) / m {
		for i := range m {
			floats.AddScaled(block(sum, i, n), x[r*m+i], block(y, r, n))
		}
	}
	return dst
}

// gemv computes y += A x.
func gemv(a blas64.General, x, y []float64) {
	blas64.Gemv(blas.NoTrans, 1, a, blas64.Vector{N: len(x), Data: x, Inc: 1}, 1, blas64.Vector{N: len(y), Data: y, Inc: 1})
}

// gemvT computes y += alpha Aᵀ x.
func gemvT(alpha float64, a blas64.General, x, y []float64) {
	blas64.Gemv(blas.Trans, alpha, a, blas64.Vector{N: len(x), Data: x, Inc: 1}, 1, blas64.Vector{N: len(y), Data: y, Inc: 1})
}
