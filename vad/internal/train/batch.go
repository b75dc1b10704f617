package train

import (
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas32"

	"github.com/seed-7adb9000/diarizer/vad/internal/net"
)

// Batch is room for the same stretch of several sequences, and for what the
// gradient needs of it. Rows are ordered by step, then by sequence: row t*Width+b
// is step t of sequence b.
type Batch struct {
	Width, Steps int
	X            []float32 // inputs, rows of Shape.In
	Y            []float32 // targets, 0 to 1, one a row
	Weight       []float32 // of each row's loss

	shape net.Shape
	dense []float32 // rows of Dense, after rectification
	in    []float32 // rows of 3*State: gates' parts that come from the input
	rec   []float32 // Width rows of 3*State: gates' parts that come from the state
	gate  []float32 // rows of 3*State: reset, update, candidate
	cand  []float32 // rows of State: the recurrent part inside the reset gate's product
	state []float32 // Width rows before the first step, then rows of State
	out   []float32 // log odds, one a row

	dState, dIn, dRec, dDense, dOut []float32
}

// NewBatch returns a batch of width sequences and steps steps. Its states begin at
// zero. Networks must have one output.
func NewBatch(s net.Shape, width, steps int) *Batch {
	n := width * steps
	f := func(k int) []float32 { return make([]float32, k) }
	return &Batch{
		Width: width, Steps: steps, shape: s, X: f(n * s.In), Y: f(n), Weight: f(n),
		dense: f(n * s.Dense), in: f(n * 3 * s.State), rec: f(width * 3 * s.State), gate: f(n * 3 * s.State),
		cand: f(n * s.State), state: f((n + width) * s.State), out: f(n),
		dState: f(n * s.State), dIn: f(n * 3 * s.State), dRec: f(n * 3 * s.State), dDense: f(n * s.Dense), dOut: f(n),
	}
}

// Restart sets all states to zero: the next step is the sequences' first.
func (b *Batch) Restart() { clear(b.state[:b.Width*b.shape.State]) }

// Continue makes the states after the last step those before the first.
func (b *Batch) Continue() {
	n := b.Width * b.shape.State
	copy(b.state[:n], b.state[len(b.state)-n:])
}

// Forward computes the log odds of all rows, which stay valid until the next
// call, and returns their loss: the weighted sum of cross-entropies in nats.
func (b *Batch) Forward(w *net.Weights) (logOdds []float32, loss float64) {
	s := b.shape
	n, width := b.Width*b.Steps, b.Width
	times(b.dense, b.X, w.DenseW, n, s.In, s.Dense, w.DenseB)
	for i, v := range b.dense {
		b.dense[i] = max(0, v)
	}
	times(b.in, b.dense, w.InW, n, s.Dense, 3*s.State, w.GateB)
	for t := range b.Steps {
		before := b.state[t*width*s.State:][:width*s.State]
		times(b.rec, before, w.RecW, width, s.State, 3*s.State, nil)
		for k := range width {
			row := t*width + k
			in, rec, gate := rowOf(b.in, row, 3*s.State), rowOf(b.rec, k, 3*s.State), rowOf(b.gate, row, 3*s.State)
			old, now, cand := rowOf(before, k, s.State), rowOf(b.state, row+width, s.State), rowOf(b.cand, row, s.State)
			for i := range s.State {
				r := net.Sigmoid(in[i] + rec[i])
				u := net.Sigmoid(in[s.State+i] + rec[s.State+i])
				q := rec[2*s.State+i] + w.CandB[i]
				h := net.Tanh(in[2*s.State+i] + r*q)
				gate[i], gate[s.State+i], gate[2*s.State+i], cand[i] = r, u, h, q
				now[i] = u*old[i] + (1-u)*h
			}
		}
	}
	times(b.out, b.state[width*s.State:], w.OutW, n, s.State, 1, w.OutB)
	for i, z := range b.out {
		if b.Weight[i] > 0 {
			loss += float64(b.Weight[i]) * crossEntropy(float64(z), float64(b.Y[i]))
		}
	}
	return b.out, loss
}

// crossEntropy is that of the target y and the odds exp(z).
func crossEntropy(z, y float64) float64 {
	return max(z, 0) + math.Log1p(math.Exp(-math.Abs(z))) - y*z
}

// Backward adds the gradient of the last Forward's loss to g, as if the states
// before the first step were constants.
func (b *Batch) Backward(w, g *net.Weights) {
	s := b.shape
	n, width := b.Width*b.Steps, b.Width
	for i, z := range b.out {
		b.dOut[i] = b.Weight[i] * (net.Sigmoid(z) - b.Y[i])
		g.OutB[0] += b.dOut[i]
		row := rowOf(b.dState, i, s.State)
		for k, v := range w.OutW {
			row[k] = b.dOut[i] * v
		}
	}
	outer(g.OutW, b.dOut, b.state[width*s.State:], n, 1, s.State)
	for t := b.Steps - 1; t >= 0; t-- {
		b.stepBack(t, g)
		if t > 0 { // what the gates got from the state before
			gemm(blas.NoTrans, b.dRec[t*width*3*s.State:], width, 3*s.State,
				blas.NoTrans, w.RecW, 3*s.State, s.State, b.dState[(t-1)*width*s.State:], width, s.State)
		}
	}
	outer(g.RecW, b.dRec, b.state, n, 3*s.State, s.State)
	outer(g.InW, b.dIn, b.dense, n, 3*s.State, s.Dense)
	addRows(g.GateB, b.dIn)
	clear(b.dDense)
	gemm(blas.NoTrans, b.dIn, n, 3*s.State, blas.NoTrans, w.InW, 3*s.State, s.Dense, b.dDense, n, s.Dense)
	for i, v := range b.dense {
		if v <= 0 {
			b.dDense[i] = 0
		}
	}
	outer(g.DenseW, b.dDense, b.X, n, s.Dense, s.In)
	addRows(g.DenseB, b.dDense)
}

// stepBack turns the gradient of the states after step t into that of its gates,
// and adds the part that passes the gates by to that of the states before.
func (b *Batch) stepBack(t int, g *net.Weights) {
	s, width := b.shape, b.Width
	for k := range width {
		row := t*width + k
		gate, cand, d := rowOf(b.gate, row, 3*s.State), rowOf(b.cand, row, s.State), rowOf(b.dState, row, s.State)
		old := rowOf(b.state, row, s.State)
		dIn, dRec := rowOf(b.dIn, row, 3*s.State), rowOf(b.dRec, row, 3*s.State)
		for i, dh := range d {
			r, u, h := gate[i], gate[s.State+i], gate[2*s.State+i]
			dc := dh * (1 - u) * (1 - h*h)
			du := dh * (old[i] - h) * u * (1 - u)
			dr := dc * cand[i] * r * (1 - r)
			dIn[i], dIn[s.State+i], dIn[2*s.State+i] = dr, du, dc
			dRec[i], dRec[s.State+i], dRec[2*s.State+i] = dr, du, dc*r
			g.CandB[i] += dc * r
			if t > 0 {
				b.dState[(row-width)*s.State+i] += dh * u
			}
		}
	}
}

func rowOf(x []float32, i, n int) []float32 { return x[i*n : i*n+n : i*n+n] }

func matrix(x []float32, rows, cols int) blas32.General {
	return blas32.General{Rows: rows, Cols: cols, Stride: cols, Data: x[:rows*cols]}
}

// gemm adds A B to C.
func gemm(ta blas.Transpose, a []float32, ar, ac int, tb blas.Transpose, b []float32, br, bc int, c []float32, cr, cc int) {
	blas32.Gemm(ta, tb, 1, matrix(a, ar, ac), matrix(b, br, bc), 1, matrix(c, cr, cc))
}

// times writes x wᵀ + bias to y: n rows of in columns to n rows of out columns.
func times(y, x, w []float32, n, in, out int, bias []float32) {
	if bias == nil {
		clear(y[:n*out])
	} else {
		for i := range n {
			copy(y[i*out:(i+1)*out], bias)
		}
	}
	gemm(blas.NoTrans, x, n, in, blas.Trans, w, out, in, y, n, out)
}

// outer adds aᵀ b to g: a has n rows of ac columns, b n rows of bc columns.
func outer(g, a, b []float32, n, ac, bc int) {
	gemm(blas.Trans, a, n, ac, blas.NoTrans, b, n, bc, g, ac, bc)
}

// addRows adds the rows of x to sum.
func addRows(sum, x []float32) {
	for i := 0; i < len(x); i += len(sum) {
		for k, v := range x[i : i+len(sum)] {
			sum[k] += v
		}
	}
}
