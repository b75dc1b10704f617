package embedding

import (
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"

	"github.com/seed-7adb9000/diarizer/online/model"
)

// pairer turns vectors into pairs.
type pairer struct {
	m *Model
	e []float64 // e − μ
	y []float64 // P (e − μ)
}

func newPairer(m *Model) pairer {
	return pairer{m: m, e: make([]float64, len(m.Mean)), y: make([]float64, m.Nu())}
}

// place sets y to P (e − μ) for the vector, which is scaled to length 1 first.
func (p *pairer) place(vector []float32) {
	var norm float64
	for _, v := range vector {
		norm += float64(v) * float64(v)
	}
	norm = math.Sqrt(max(norm, 1e-20))
	for i, v := range vector {
		p.e[i] = float64(v)/norm - p.m.Mean[i]
	}
	nu, dim := len(p.y), len(p.e)
	blas64.Gemv(blas.NoTrans, 1, blas64.General{Rows: nu, Cols: dim, Stride: dim, Data: p.m.P},
		blas64.Vector{N: dim, Data: p.e, Inc: 1}, 0, blas64.Vector{N: nu, Data: p.y, Inc: 1})
}

// precision is φ / (a_i + b_i/n) for n frames.
func (m *Model) precision(i int, frames float64) float64 {
	return m.Phi / (m.A[i] + m.B[i]*framesPerSecond/frames)
}

// Precisions implements [model.Precise].
func (m *Model) Precisions(frames float64) []float32 {
	p := make([]float32, m.Nu())
	for i := range p {
		p[i] = float32(m.precision(i, frames))
	}
	return p
}

// framesPerSecond is the rate of the front end.
const framesPerSecond = 100

// into writes the pair of a vector of so many frames to dst.
func (p *pairer) into(dst *model.Stats, vector []float32, frames int) {
	dst.Reset()
	if frames == 0 {
		return
	}
	p.place(vector)
	dst.N = float64(frames)
	for i, y := range p.y {
		w := p.m.precision(i, dst.N)
		dst.DInv[i], dst.D[i] = w, w*y
	}
}

// moment writes the same to dst.
func (p *pairer) moment(dst *model.Moment, vector []float32, frames int) {
	dst.Reset(len(p.y))
	p.place(vector)
	for i, y := range p.y {
		w := p.m.precision(i, float64(frames))
		dst.DInv[i], dst.D[i] = float32(w), float32(w*y)
	}
}
