package tracks

import (
	"context"
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

// silent is a frame without sound.
var silent = frame{lowest, lowest, lowest, lowest, lowest, lowest, lowest, lowest}

// painter makes the picture of a track on its way to whoever hears it.
type painter struct {
	capture.Source
	power  *spectrum.Power
	lines  [window/2 + 1]float64
	shape  [window]float64 // Hann's window
	last   [window]float64 // the latest samples
	work   [window]float64
	filled int   // new ones among them
	at     int64 // the end of what was pushed
	frames []frame
}

func newPainter(src capture.Source) *painter {
	p := &painter{Source: src, power: spectrum.NewPower(window)}
	for i := range p.shape {
		p.shape[i] = 0.5 - 0.5*math.Cos(2*math.Pi*(float64(i)+0.5)/window)
	}
	return p
}

// Next is that of a [capture.Source].
func (p *painter) Next(ctx context.Context) (capture.Block, error) {
	b, err := p.Source.Next(ctx)
	if err != nil {
		return b, err
	}
	if lost := b.Start - p.at; lost > 0 { // silence takes no transform
		n := (int64(p.filled) + lost) / hop
		for range n {
			p.frames = append(p.frames, silent)
		}
		p.filled = int((int64(p.filled) + lost) % hop)
		p.last = [window]float64{}
		p.at = b.Start
	}
	for _, x := range b.Samples {
		p.last[window-hop+p.filled] = float64(x)
		if p.filled++; p.filled == hop {
			p.filled = 0
			p.frames = append(p.frames, p.frame())
			copy(p.last[:], p.last[hop:])
		}
	}
	p.at = b.End()
	return b, nil
}

// frame is the picture of the latest samples.
func (p *painter) frame() (f frame) {
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
