package segnet

import "github.com/seed-7adb9000/diarizer/internal/network/simd"

// worker has the memory that computing takes, whatever the length of the sound.
type worker struct {
	net  *Network
	path simd.Path

	gain    affine           // of the samples, see peaks
	norms   [3]affine        // after the stages
	scales  [filters]float32 // see peaks
	offsets [filters]float32
	rows    [tile * widest]float32 // of a convolution
	inputs  [tile * gates]float32
	gates   [gates]float32
	linear  [2][tile * hidden]float32
	logits  [tile * panel]float32
}

func newWorker(net *Network, path simd.Path) worker {
	check(path)
	w := worker{net: net, path: path, gain: newAffine(1)}
	for i := range w.norms {
		w.norms[i] = newAffine(net.stages[i].channels)
	}
	return w
}

func newAffine(n int) affine { return affine{make([]float32, n), make([]float32, n)} }

// Path returns the path that computes.
func (w *worker) Path() simd.Path { return w.path }

// memory is the state of an LSTM.
type memory struct{ h, c [hidden]float32 }

// lstm runs over n rows of src, from the last to the first where it runs back, goes on
// from m and leaves its state there. It writes rows of hidden numbers to dst.
func (w *worker) lstm(l *lstm, dst, src simd.Matrix, n int, back bool, m *memory) {
	for done := 0; done < n; done += tile {
		rows, from := min(tile, n-done), done
		if back {
			from = n - done - rows
		}
		w.steps(l, after(dst, from), after(src, from), rows, back, m)
	}
}

// steps is lstm for at most tile rows.
func (w *worker) steps(l *lstm, dst, src simd.Matrix, n int, back bool, m *memory) {
	at := [1]int{}
	l.input.Into(w.path, simd.Matrix{Data: w.inputs[:], Stride: gates}, src, at[:], n, simd.Matrix{}, simd.NoFloor)
	for i := range n {
		if back {
			i = n - 1 - i
		}
		in := simd.Matrix{Data: w.inputs[i*gates:], Stride: gates}
		l.state.Into(w.path, simd.Matrix{Data: w.gates[:], Stride: gates}, simd.Matrix{Data: m.h[:], Stride: hidden}, at[:], 1, in, simd.NoFloor)
		simd.Cells(w.path, m.h[:], m.c[:], w.gates[:])
		copy(dst.Data[i*dst.Stride:][:hidden], m.h[:])
	}
}

// classify writes the probabilities for n rows of both numbers to dst.
func (w *worker) classify(dst []Frame, src simd.Matrix, n int) {
	at := [1]int{}
	first, second := simd.Matrix{Data: w.linear[0][:], Stride: hidden}, simd.Matrix{Data: w.linear[1][:], Stride: hidden}
	for from := 0; from < n; from += tile {
		rows := min(tile, n-from)
		w.net.linear[0].Into(w.path, first, after(src, from), at[:], rows, simd.Matrix{}, simd.NoFloor)
		rectify(first.Data[:rows*hidden])
		w.net.linear[1].Into(w.path, second, first, at[:], rows, simd.Matrix{}, simd.NoFloor)
		rectify(second.Data[:rows*hidden])
		w.net.class.Into(w.path, simd.Matrix{Data: w.logits[:], Stride: panel}, second, at[:], rows, simd.Matrix{}, simd.NoFloor)
		for i := range rows {
			softmax(&dst[from+i], w.logits[i*panel:][:Classes])
		}
	}
}

func rectify(x []float32) {
	for i, v := range x {
		x[i] = leaky(v)
	}
}

// after is m without its first rows.
func after(m simd.Matrix, rows int) simd.Matrix {
	return simd.Matrix{Data: m.Data[rows*m.Stride:], Stride: m.Stride}
}
