package train

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/seed-7adb9000/diarizer/vad/internal/net"
)

var small = net.Shape{In: 5, Dense: 7, State: 4, Out: 1}

// filled returns a batch with random inputs and targets, and weights to match.
func filled(seed uint64, width, steps int) (*Batch, *net.Weights) {
	r := rand.New(rand.NewPCG(seed, 1))
	b, w := NewBatch(small, width, steps), Random(small, r)
	for i := range w.Params {
		w.Params[i] += 0.2 * float32(r.NormFloat64())
	}
	for i := range b.X {
		b.X[i] = float32(r.NormFloat64())
	}
	for i := range b.Y {
		b.Y[i], b.Weight[i] = float32(r.IntN(2)), r.Float32()
	}
	return b, w
}

// The batch computes what the cells of the detector compute, one sequence each.
func TestForwardIsTheCells(t *testing.T) {
	b, w := filled(1, 3, 6)
	for range 2 { // the second time from the states that the first one left
		want := make([]*net.Cell, b.Width)
		for k := range want {
			want[k] = net.NewCell(net.ByColumns(w))
			copy(want[k].State, rowOf(b.state, k, small.State))
		}
		out, _ := b.Forward(w)
		for i, z := range out {
			x := rowOf(b.X, i, small.In)
			if v := want[i%b.Width].Step(x)[0]; math.Abs(float64(z-v)) > 1e-5 {
				t.Fatalf("row %d: %v, the cell says %v", i, z, v)
			}
		}
		b.Continue()
	}
}

// Central differences of the loss in every single parameter. The loss is that of
// float32 odds, good to about 1e-6, and the step 1e-2: errors near 1e-4.
func TestGradientIsTheDifferenceQuotient(t *testing.T) {
	for seed := range uint64(5) {
		b, w := filled(seed, 3, 8)
		b.Forward(w)
		b.Continue() // begin with states that are not zero
		g, checked := net.View(small, make([]float32, small.Len())), 0
		b.Forward(w)
		b.Backward(w, g)
		const h = 1e-2
		for i, p := range w.Params {
			w.Params[i] = p + h
			_, up := b.Forward(w)
			above := active(b)
			w.Params[i] = p - h
			_, down := b.Forward(w)
			w.Params[i] = p
			if !slices.Equal(above, active(b)) {
				continue // a rectifier switches between the two points: no gradient there
			}
			checked++
			want := (up - down) / (2 * h)
			if d := math.Abs(float64(g.Params[i]) - want); d > 2e-3*(1+math.Abs(want)) {
				t.Errorf("seed %d, parameter %d: gradient %v, difference quotient %v", seed, i, g.Params[i], want)
			}
		}
		if checked < small.Len()/2 {
			t.Errorf("seed %d: only %d of %d parameters checked", seed, checked, small.Len())
		}
	}
}

// active says which rectified units of a batch are not zero.
func active(b *Batch) []bool {
	out := make([]bool, len(b.dense))
	for i, v := range b.dense {
		out[i] = v > 0
	}
	return out
}

// echo is a task that needs memory: the target is the sign of the first input
// three steps before.
func echo(n, steps int) []Sequence {
	r := rand.New(rand.NewPCG(9, 9))
	out := make([]Sequence, n)
	for i := range out {
		s := Sequence{X: make([]float32, steps*small.In), Y: make([]float32, steps), Weight: make([]float32, steps)}
		for k := range s.X {
			s.X[k] = float32(r.NormFloat64())
		}
		for t := 3; t < steps; t++ {
			s.Weight[t] = 1
			if s.X[(t-3)*small.In] > 0 {
				s.Y[t] = 1
			}
		}
		out[i] = s
	}
	return out
}

func TestFitLearnsWhatNeedsMemory(t *testing.T) {
	c := Config{Shape: net.Shape{In: 5, Dense: 8, State: 16, Out: 1}, Epochs: 60, Width: 8, Steps: 20, Rate: 0.02, Seed: 1}
	var losses []float64
	record := func(_ int, loss float64) { losses = append(losses, loss) }
	if _, err := Fit(context.Background(), echo(64, 60), c, record); err != nil {
		t.Fatal(err)
	}
	if first, last := losses[0], losses[len(losses)-1]; last > 0.35 || first < 0.6 {
		t.Errorf("loss from %.3f to %.3f, want from 0.69, that of chance, to below 0.35", first, last)
	}
	c.Epochs = 2
	a, _ := Fit(context.Background(), echo(64, 60), c, nil)
	b, _ := Fit(context.Background(), echo(64, 60), c, nil)
	if !slices.Equal(a.Params, b.Params) {
		t.Error("the same seed gives other weights")
	}
	c.Seed++
	if b, _ = Fit(context.Background(), echo(64, 60), c, nil); slices.Equal(a.Params, b.Params) {
		t.Error("another seed gives the same weights")
	}
}

func TestFitRefuses(t *testing.T) {
	good := Config{Shape: small, Epochs: 1, Width: 2, Steps: 4, Rate: 0.01}
	for name, spoil := range map[string]func(*Config, []Sequence){
		"no epochs":        func(c *Config, _ []Sequence) { c.Epochs = 0 },
		"too few":          func(c *Config, _ []Sequence) { c.Width = 9 },
		"too long a reach": func(c *Config, _ []Sequence) { c.Steps = 99 },
		"uneven":           func(_ *Config, d []Sequence) { d[1].Y = d[1].Y[1:] },
		"two outputs":      func(c *Config, _ []Sequence) { c.Shape.Out = 2 },
	} {
		c, data := good, echo(4, 20)
		spoil(&c, data)
		if _, err := Fit(context.Background(), data, c, nil); !errors.Is(err, ErrConfig) {
			t.Errorf("%s: %v", name, err)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Fit(ctx, echo(4, 20), good, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}
