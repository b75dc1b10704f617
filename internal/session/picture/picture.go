// Package picture reduces sound to the levels of a few frequency bands, a hundred times
// a second, in whole decibels. Two microphones that hear the same sound have pictures that
// rise and fall together with a small delay, whatever the levels of the microphones.
package picture

import (
	"math"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/internal/dsp/spectrum"
)

// Hop is the time between two frames, in samples.
const Hop = capture.Rate / 100

const (
	window = 512
	bands  = 8
	lowest = -100 // decibels; lower levels count as this one
)

// edges are the bounds of the bands, from 125 Hz to 6 kHz, in bins of 31.25 Hz. Higher
// bands are wider, as in hearing.
var edges = [bands + 1]int{4, 8, 13, 20, 30, 46, 72, 115, 192}

// Frame is the levels of the bands, in decibels of full scale.
type Frame [bands]int8

// silent is a frame without sound.
var silent = Frame{lowest, lowest, lowest, lowest, lowest, lowest, lowest, lowest}

// Level is the level of all bands together, in decibels of full scale.
func (f Frame) Level() float64 {
	sum := 0.0
	for _, x := range f {
		sum += math.Pow(10, float64(x)/10)
	}
	return 10 * math.Log10(sum)
}

// Painter makes the picture of a stream of sound. Make it with [NewPainter].
type Painter struct {
	power  *spectrum.Power
	lines  [window/2 + 1]float64
	shape  [window]float64 // Hann's window
	last   [window]float64 // the latest samples
	work   [window]float64
	filled int // how many samples of the next frame are in last
}

// NewPainter returns a Painter of sound at [capture.Rate].
func NewPainter() *Painter {
	p := &Painter{power: spectrum.NewPower(window)}
	for i := range p.shape {
		p.shape[i] = 0.5 - 0.5*math.Cos(2*math.Pi*(float64(i)+0.5)/window)
	}
	return p
}

// Push appends the frames that samples complete.
func (p *Painter) Push(frames []Frame, samples []float32) []Frame {
	for _, x := range samples {
		p.last[window-Hop+p.filled] = float64(x)
		if p.filled++; p.filled == Hop {
			p.filled = 0
			frames = append(frames, p.frame())
			copy(p.last[:], p.last[Hop:])
		}
	}
	return frames
}

// Skip appends the frames of so many lost samples. They are silent frames, without a
// transform.
func (p *Painter) Skip(frames []Frame, lost int64) []Frame {
	for range (int64(p.filled) + lost) / Hop {
		frames = append(frames, silent)
	}
	p.filled = int((int64(p.filled) + lost) % Hop)
	p.last = [window]float64{}
	return frames
}

// frame is the picture of the latest samples.
func (p *Painter) frame() (f Frame) {
	for i, x := range p.last {
		p.work[i] = x * p.shape[i]
	}
	p.power.Into(p.lines[:], p.work[:])
	for b := range f {
		sum := 0.0
		for _, x := range p.lines[edges[b]:edges[b+1]] {
			sum += x
		}
		f[b] = int8(max(lowest, min(27, math.Round(10*math.Log10(sum+1e-12)))))
	}
	return f
}
