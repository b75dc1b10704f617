package train

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/seed-7adb9000/diarizer/vad/internal/net"
)

// Sequence is a labelled sequence of inputs. All sequences of a fit are equally
// long.
type Sequence struct {
	X      []float32 // inputs, one after the other
	Y      []float32 // the target of each input, 0 to 1
	Weight []float32 // of each input's loss; 0 where there is no target
}

// Config holds the settings of Fit.
type Config struct {
	Shape  net.Shape
	Epochs int
	Width  int     // sequences side by side
	Steps  int     // that the gradient reaches back
	Rate   float64 // of Adam at the start; it falls to nothing by half a cosine
	Seed   uint64
}

// ErrConfig is what Fit's errors about settings match.
var ErrConfig = errors.New("train: settings that cannot work")

// Fit returns weights fitted to the sequences. The same sequences and settings
// give the same weights. epoch, unless nil, is told the mean loss of each epoch,
// in nats. It returns the context's error when that ends.
func Fit(ctx context.Context, data []Sequence, c Config, epoch func(n int, loss float64)) (*net.Weights, error) {
	if c.Epochs < 1 || c.Width < 1 || c.Steps < 1 || !(c.Rate > 0) || c.Shape.Out != 1 {
		return nil, fmt.Errorf("%w: %+v, want one output, a rate and at least one epoch, sequence and step", ErrConfig, c)
	}
	if len(data) < c.Width {
		return nil, fmt.Errorf("%w: %d sequences, want at least %d", ErrConfig, len(data), c.Width)
	}
	length := len(data[0].Y)
	for i, s := range data {
		if len(s.Y) != length || len(s.Weight) != length || len(s.X) != length*c.Shape.In || length < c.Steps {
			return nil, fmt.Errorf("%w: sequence %d has %d inputs of all together %d values and %d weights, want %d, %d and %d, at least %d steps",
				ErrConfig, i, len(s.Y), len(s.X), len(s.Weight), length, length*c.Shape.In, length, c.Steps)
		}
	}
	r := rand.New(rand.NewPCG(c.Seed, 0xf17))
	w := Random(c.Shape, r)
	g := net.View(c.Shape, make([]float32, c.Shape.Len()))
	opt, b := NewAdam(c.Shape.Len()), NewBatch(c.Shape, c.Width, c.Steps)
	chunks, batches := length/c.Steps, len(data)/c.Width
	total, done := c.Epochs*batches*chunks, 0
	for n := range c.Epochs {
		order := r.Perm(len(data))
		var sum, count float64
		for k := range batches {
			b.Restart()
			for at := range chunks {
				if err := ctx.Err(); err != nil {
					return nil, err
				}
				weight := b.load(data, order[k*c.Width:(k+1)*c.Width], at*c.Steps)
				_, loss := b.Forward(w)
				b.Backward(w, g)
				sum, count = sum+loss*weight, count+weight
				opt.Step(w.Params, g.Params, c.Rate*0.5*(1+math.Cos(math.Pi*float64(done)/float64(total))))
				b.Continue()
				done++
			}
		}
		if epoch != nil {
			epoch(n, sum/count)
		}
	}
	return w, nil
}

// load fills the batch with the chosen sequences from a step on, with weights that
// sum to 1, and returns what they summed to.
func (b *Batch) load(data []Sequence, chosen []int, from int) float64 {
	in := b.shape.In
	var sum float64
	for k, i := range chosen {
		s := data[i]
		for t := range b.Steps {
			row := t*b.Width + k
			copy(b.X[row*in:(row+1)*in], s.X[(from+t)*in:])
			b.Y[row], b.Weight[row] = s.Y[from+t], s.Weight[from+t]
			sum += float64(s.Weight[from+t])
		}
	}
	if sum > 0 {
		for i := range b.Weight {
			b.Weight[i] /= float32(sum)
		}
	}
	return sum
}
