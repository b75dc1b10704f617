package segnet

import (
	"fmt"
	"math"
	"testing"

	"github.com/seed-7adb9000/diarizer/internal/network/simd"
	"github.com/seed-7adb9000/diarizer/internal/network/weights"
)

// slow is the LSTMs in loops of 64 bits, straight from the file.
type slow struct{ lstms [layers][2]slowLSTM }

type slowLSTM struct{ input, state, bias []float64 }

func newSlow(tb testing.TB) *slow {
	tb.Helper()
	f, err := weights.Open(embedded, format)
	if err != nil {
		tb.Fatal(err)
	}
	var s slow
	in := uint64(narrow)
	for i := range s.lstms {
		for d, way := range []string{"forward", "backward"} {
			name := fmt.Sprintf("lstm%d.%s", i+1, way)
			s.lstms[i][d] = slowLSTM{widened(f.Exact(name+".input.weight", in, gates)), widened(f.Exact(name+".state.weight", hidden, gates)), widened(f.Exact(name+".bias", gates))}
		}
		in = both
	}
	if f.Err() != nil {
		tb.Fatal(f.Err())
	}
	return &s
}

func widened(x []float32) []float64 {
	out := make([]float64, len(x))
	for i, v := range x {
		out[i] = float64(v)
	}
	return out
}

// step returns the states after the input x.
func (l *slowLSTM) step(x, h, c []float64) (h2, c2 []float64) {
	sum := func(gate, i int) float64 {
		k := gate*hidden + i
		v := l.bias[k]
		for j, u := range x {
			v += u * l.input[j*gates+k]
		}
		for j, u := range h {
			v += u * l.state[j*gates+k]
		}
		return v
	}
	sigma := func(v float64) float64 { return 1 / (1 + math.Exp(-v)) }
	for i := range hidden {
		cell := sigma(sum(1, i))*c[i] + sigma(sum(0, i))*math.Tanh(sum(2, i))
		c2 = append(c2, cell)
		h2 = append(h2, sigma(sum(3, i))*math.Tanh(cell))
	}
	return h2, c2
}

// run returns what a layer makes of x.
func (s *slow) run(layer int, x [][]float64) [][]float64 {
	out := make([][]float64, len(x))
	h, c := make([]float64, hidden), make([]float64, hidden)
	for i, row := range x {
		h, c = s.lstms[layer][0].step(row, h, c)
		out[i] = append(out[i], h...)
	}
	h, c = make([]float64, hidden), make([]float64, hidden)
	for i := len(x) - 1; i >= 0; i-- {
		h, c = s.lstms[layer][1].step(x[i], h, c)
		out[i] = append(out[i], h...)
	}
	return out
}

func rowsOf(x []float32, n int) [][]float64 {
	var out [][]float64
	for ; len(x) > 0; x = x[n:] {
		out = append(out, widened(x[:n]))
	}
	return out
}

// TestLSTMs compares the layers of a window with loops in 64 bits.
func TestLSTMs(t *testing.T) {
	const n = tile + 5
	net, s := load(t), newSlow(t)
	r := NewRunner(net, simd.Best())
	r.Run(make([]Frame, n), talk(Field+(n-1)*Step))
	features := r.features[2]
	want := rowsOf(features, narrow)
	for i := range layers {
		want = s.run(i, want)
	}
	for _, path := range simd.Paths() {
		r := NewRunner(net, path)
		got := r.recurrent(simd.Matrix{Data: features, Stride: narrow}, n)
		far := 0.0
		for i, row := range want {
			for k, w := range row {
				far = max(far, math.Abs(float64(got.Data[i*got.Stride+k])-w))
			}
		}
		// The weights are up to 10, so that a rounding of 32 bits grows from layer to layer.
		if t.Logf("%v: largest difference %.2g", path, far); !(far < 2e-4) {
			t.Errorf("%v: a state is off by %.2g", path, far)
		}
	}
}

// TestPathsAgree holds the paths to each other.
func TestPathsAgree(t *testing.T) {
	net, sound := load(t), talk(Rate)
	want, got := make([]Frame, Frames(len(sound))), make([]Frame, Frames(len(sound)))
	NewRunner(net, simd.Portable).Run(want, sound)
	streamed := all(newStream(NewRunners(net, simd.Portable), short), sound)
	near := func(name string, path simd.Path, got, want []Frame) {
		for i, f := range got {
			for k, v := range f {
				if d := math.Abs(float64(v - want[i][k])); !(d < 1e-4) {
					t.Fatalf("%s on %v: class %d of frame %d is %v, in plain Go %v", name, path, k, i, v, want[i][k])
				}
			}
		}
	}
	for _, path := range simd.Paths() {
		NewRunner(net, path).Run(got, sound)
		near("a window", path, got, want)
		near("a stream", path, all(newStream(NewRunners(net, path), short), sound), streamed)
	}
}
