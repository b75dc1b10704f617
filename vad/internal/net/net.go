// Package net is the classifier of the speech detector: a small recurrent network,
// its weights as trained by package train, its outputs log odds.
package net

import (
	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas32"
)

// Shape gives the sizes of a network: In inputs go through Dense rectified units
// to State gated recurrent units, and these to Out outputs.
type Shape struct {
	In, Dense, State, Out int
}

// Len is the number of parameters of a network of this shape.
func (s Shape) Len() int {
	return s.Dense*(s.In+1) + 3*s.State*(s.Dense+s.State) + 4*s.State + s.Out*(s.State+1)
}

// Weights are the parameters of a network, views of one slice. Matrices are row by
// row, a row for each unit.
type Weights struct {
	Shape
	DenseW, DenseB []float32
	// Gates in the order reset, update, candidate, State rows each.
	InW    []float32 // 3*State × Dense
	RecW   []float32 // 3*State × State
	GateB  []float32 // 3*State
	CandB  []float32 // State, inside the reset gate's product
	OutW   []float32 // Out × State
	OutB   []float32
	Params []float32
}

// View returns p, of length s.Len(), as weights.
func View(s Shape, p []float32) *Weights {
	w := &Weights{Shape: s, Params: p[:s.Len()]}
	take := func(n int) []float32 {
		v := p[:n:n]
		p = p[n:]
		return v
	}
	w.DenseW, w.DenseB = take(s.Dense*s.In), take(s.Dense)
	w.InW, w.RecW = take(3*s.State*s.Dense), take(3*s.State*s.State)
	w.GateB, w.CandB = take(3*s.State), take(s.State)
	w.OutW, w.OutB = take(s.Out*s.State), take(s.Out)
	return w
}

// Columns are weights with their large matrices column by column too, where the
// products of an input with everything it goes to are neighbours.
type Columns struct {
	*Weights
	dense []float32 // In × Dense
	in    []float32 // Dense × 3*State
	rec   []float32 // State × 3*State
}

// ByColumns copies w's matrices, so that later changes of w go unnoticed.
func ByColumns(w *Weights) *Columns {
	return &Columns{Weights: w, dense: transpose(w.DenseW, w.In),
		in: transpose(w.InW, w.Dense), rec: transpose(w.RecW, w.State)}
}

// transpose returns a matrix of n columns row by row as one column by column.
func transpose(m []float32, n int) []float32 {
	t := make([]float32, 0, len(m))
	for k := range n {
		for i := k; i < len(m); i += n {
			t = append(t, m[i])
		}
	}
	return t
}

// Cell is a network in motion: weights, which it shares, and a state.
type Cell struct {
	*Columns
	State  []float32
	dense  []float32
	gate   []float32 // 3*State
	rec    []float32 // 3*State
	Output []float32
}

// NewCell returns a cell with a state of zeros.
func NewCell(w *Columns) *Cell {
	return &Cell{Columns: w,
		State: make([]float32, w.Shape.State), dense: make([]float32, w.Dense),
		gate: make([]float32, 3*w.Shape.State), rec: make([]float32, 3*w.Shape.State),
		Output: make([]float32, w.Out)}
}

// Step takes an input and returns the outputs, valid until the next step.
func (c *Cell) Step(x []float32) []float32 {
	n := c.Shape.State
	copy(c.dense, c.DenseB)
	addProduct(c.dense, c.Columns.dense, x)
	for i, v := range c.dense {
		c.dense[i] = max(0, v)
	}
	copy(c.gate, c.GateB)
	addProduct(c.gate, c.in, c.dense)
	clear(c.rec)
	addProduct(c.rec, c.Columns.rec, c.State)
	for i := range n {
		r := Sigmoid(c.gate[i] + c.rec[i])
		u := Sigmoid(c.gate[n+i] + c.rec[n+i])
		h := Tanh(c.gate[2*n+i] + r*(c.rec[2*n+i]+c.CandB[i]))
		c.State[i] = u*c.State[i] + (1-u)*h
	}
	for i, b := range c.OutB {
		for j, v := range c.State {
			b += c.OutW[i*n+j] * v
		}
		c.Output[i] = b
	}
	return c.Output
}

// addProduct adds W x to y, w being W column by column.
func addProduct(y, w, x []float32) {
	blas32.Gemv(blas.Trans, 1, blas32.General{Rows: len(x), Cols: len(y), Stride: len(y), Data: w},
		blas32.Vector{N: len(x), Data: x, Inc: 1}, 1, blas32.Vector{N: len(y), Data: y, Inc: 1})
}

// Sigmoid is the logistic function.
func Sigmoid(x float32) float32 { return 0.5 + 0.5*Tanh(0.5*x) }

// Tanh is the hyperbolic tangent, by a continued fraction that is within 1e-6 in
// the range where it is not ±1, several times as fast as the library's.
func Tanh(x float32) float32 {
	if x > 4.97 {
		return 1
	}
	if x < -4.97 {
		return -1
	}
	q := x * x
	return x * (135135 + q*(17325+q*(378+q))) / (135135 + q*(62370+q*(3150+28*q)))
}
