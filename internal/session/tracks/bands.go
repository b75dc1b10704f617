package tracks

import (
	"math"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/internal/dsp/spectrum"
)

// The picture of a track that is kept to compare it with others: the levels of some
// bands, a hundred times a second, in whole decibels.
const (
	hop    = capture.Rate / 100
	window = 512
	bands  = 8
	lowest = -100 // decibels; what is less is as little
)

// edges are the bounds of the bands in bins of 31.25 Hz: 125 Hz to 6 kHz, wider above
// as hearing has it.
var edges = [bands + 1]int{4, 8, 13, 20, 30, 46, 72, 115, 192}

// frame is the levels of the bands.
type frame [bands]int8

// brush makes frames of samples.
type brush struct {
	power  *spectrum.Power
	lines  [window/2 + 1]float64
	shape  [window]float64 // Hann's window
	last   [window]float64 // the latest samples
	work   [window]float64
	filled int // new ones among them
}

func newBrush() *brush {
	b := &brush{power: spectrum.NewPower(window)}
	for i := range b.shape {
		b.shape[i] = 0.5 - 0.5*math.Cos(2*math.Pi*(float64(i)+0.5)/window)
	}
	return b
}

// stroke takes the next sample. Every hop of them is a frame.
func (b *brush) stroke(x float32) (f frame, ok bool) {
	b.last[window-hop+b.filled] = float64(x)
	if b.filled++; b.filled < hop {
		return f, false
	}
	b.filled = 0
	f = b.frame()
	copy(b.last[:], b.last[hop:])
	return f, true
}

// clear forgets what came before.
func (b *brush) clear() { b.filled, b.last = 0, [window]float64{} }

// frame is the picture of the latest samples.
func (b *brush) frame() (f frame) {
	for i, x := range b.last {
		b.work[i] = x * b.shape[i]
	}
	b.power.Into(b.lines[:], b.work[:])
	for k := range f {
		sum := 0.0
		for _, x := range b.lines[edges[k]:edges[k+1]] {
			sum += x
		}
		f[k] = int8(max(lowest, min(27, math.Round(10*math.Log10(sum+1e-12)))))
	}
	return f
}
