// Package net is the classifier of the speech detector: a small recurrent network,
// its weights as trained by package train, its outputs log odds.
package net

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

// Cell is a network in motion: weights, which it shares, and a state.
type Cell struct {
	*Weights
	State  []float32
	dense  []float32
	gate   []float32 // 3*State
	rec    []float32 // 3*State
	Output []float32
}

// NewCell returns a cell with a state of zeros.
func NewCell(w *Weights) *Cell {
	return &Cell{Weights: w,
		State: make([]float32, w.Shape.State), dense: make([]float32, w.Dense),
		gate: make([]float32, 3*w.Shape.State), rec: make([]float32, 3*w.Shape.State),
		Output: make([]float32, w.Out)}
}

// Step takes an input and returns the outputs, valid until the next step.
func (c *Cell) Step(x []float32) []float32 {
	n := c.Shape.State
	affine(c.dense, c.DenseW, x, c.DenseB)
	for i, v := range c.dense {
		c.dense[i] = max(0, v)
	}
	affine(c.gate, c.InW, c.dense, c.GateB)
	affine(c.rec, c.RecW, c.State, nil)
	for i := range n {
		r := Sigmoid(c.gate[i] + c.rec[i])
		u := Sigmoid(c.gate[n+i] + c.rec[n+i])
		h := Tanh(c.gate[2*n+i] + r*(c.rec[2*n+i]+c.CandB[i]))
		c.State[i] = u*c.State[i] + (1-u)*h
	}
	affine(c.Output, c.OutW, c.State, c.OutB)
	return c.Output
}

// affine writes W x + b to y.
func affine(y, w, x, b []float32) {
	n := len(x)
	for i := range y {
		v := Dot(w[i*n:i*n+n], x)
		if b != nil {
			v += b[i]
		}
		y[i] = v
	}
}

// Dot is the inner product of two slices of one length.
func Dot(a, b []float32) float32 {
	b = b[:len(a)]
	var s0, s1, s2, s3 float32
	i := 0
	for ; i+4 <= len(a); i += 4 {
		x, y := a[i:i+4:i+4], b[i:i+4:i+4]
		s0 += x[0] * y[0]
		s1 += x[1] * y[1]
		s2 += x[2] * y[2]
		s3 += x[3] * y[3]
	}
	for ; i < len(a); i++ {
		s0 += a[i] * b[i]
	}
	return (s0 + s1) + (s2 + s3)
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
