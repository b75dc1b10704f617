// Package front turns sound into what the speech detector judges by: per 10 ms
// hop, levels in bands and over their noise floors, and harmonicity.
package front

import (
	"math"

	"github.com/seed-7adb9000/diarizer/internal/dsp/spectrum"
)

// Hop is the number of 16 kHz samples of a hop.
const Hop = 160

// Lag is how many hops the features lag the sound: those of a hop belong to the
// middle of the hop before.
const Lag = 1

const fftLen = 256 // samples at 8 kHz

const (
	bands   = 16
	lowEdge = 100.0  // Hz, of the lowest band
	topEdge = 3700.0 // Hz, of the highest band
)

// Features describe one hop.
type Features struct {
	Level [bands + 1]float32 // dB: the bands, then all of them together
	Over  [bands + 1]float32 // dB over the noise floor
	Far   float32            // dB: all bands over the floor of a longer time
	Peak  float32            // dB: what Level of all bands lately reached
	Voice float32            // dB: what it reached in voiced sound, remembered longer
	Pitch Peak               // with stationary periodic noise taken out
	Raw   Peak               // with it
	DBFS  float32            // level of the 160 input samples
}

// Front turns hops of samples into features. Use New.
type Front struct {
	dc     float32
	last   float32
	to8    *halfband
	to4    *halfband
	half   [Hop / 2]float32
	quart  [pitchHop]float32
	hp     highpass
	hist   [fftLen]float32
	win    [fftLen]float32
	fft    *spectrum.Power
	work   [fftLen]float64
	power  [fftLen/2 + 1]float64
	edge   [bands + 1]int // first FFT bin of each band
	corr   correlator
	noise  noiseCorrelation
	none   noiseCorrelation // zero
	floor  floor
	long   floor
	feat   Features
	in     [Hop]float32
	warm   int // hops since the history was empty
	voiced int // hops of voiced sound in a row
}

// New returns a front end at the start of a stream.
func New() *Front {
	f := &Front{to8: newHalfband(8, Hop), to4: newHalfband(6, Hop/2), fft: spectrum.NewPower(fftLen)}
	f.hp = newHighpass(120, pitchRate)
	f.feat.Peak, f.feat.Voice = unheard, unheard
	f.floor.span, f.long.span = shortSpan, longSpan
	for i := range f.win {
		w := 0.5 - 0.5*math.Cos(2*math.Pi*(float64(i)+0.5)/fftLen)
		f.win[i] = float32(w)
	}
	mel := func(hz float64) float64 { return 1127 * math.Log1p(hz/700) }
	for b := range f.edge {
		m := mel(lowEdge) + (mel(topEdge)-mel(lowEdge))*float64(b)/bands
		hz := 700 * math.Expm1(m/1127)
		f.edge[b] = int(math.Round(hz / (8000.0 / fftLen)))
		if b > 0 {
			f.edge[b] = max(f.edge[b], f.edge[b-1]+1)
		}
	}
	return f
}

// warmUp is how many hops it takes until the transform's window is full. Levels
// before are too low for the noise floor.
const warmUp = 3

// silence is the power, per band, that counts as nothing at all: about -110 dBFS for all,
// below the dither of 16-bit sound.
const silence = 6e-13

// unheard is the level before anything was heard, in dB: so far below silence that
// features are at their bounds.
const unheard = -200

// Push takes the next Hop samples, which are clean as package clean has it, and
// returns the features that are then known, valid until the next call.
func (f *Front) Push(x []float32) *Features {
	var sum float64
	in, last, dc := &f.in, f.last, f.dc
	for i, v := range x[:Hop] {
		sum += float64(v) * float64(v)
		// One pole and a zero at 0 Hz: a constant offset is not a level.
		y := v - last + 0.99*dc
		last, dc = v, y
		in[i] = y
	}
	f.last, f.dc = last, ended(dc)
	f.feat.DBFS = decibel(float32(sum/Hop) + 1e-12)
	f.to8.process(f.half[:], in[:])
	f.to4.process(f.quart[:], f.half[:])
	copy(f.hist[:], f.hist[Hop/2:])
	copy(f.hist[fftLen-Hop/2:], f.half[:])
	for i, w := range &f.win {
		f.work[i] = float64(w * f.hist[i])
	}
	f.fft.Into(f.power[:], f.work[:])
	f.hp.process(&f.quart)
	f.corr.push(&f.quart)

	feat := &f.feat
	var all float32
	for b := range bands {
		var sum float64
		for _, v := range f.power[f.edge[b]:f.edge[b+1]] {
			sum += v
		}
		p := float32(sum * (4.0 / fftLen * 1.33))
		all += p
		feat.Level[b] = decibel(p + silence)
	}
	feat.Level[bands] = decibel(all + bands*silence)
	if f.warm < warmUp {
		f.warm++
		f.floor.begin(&feat.Level)
		f.long.begin(&feat.Level)
	} else {
		f.floor.push(&feat.Level)
		f.long.push(&feat.Level)
	}
	for b, l := range &feat.Level {
		feat.Over[b] = l - f.floor.min[b]
	}
	feat.Far = feat.Level[bands] - f.long.min[bands]
	if feat.Over[bands] < 6 {
		f.noise.learn(&f.corr)
	}
	feat.Pitch = f.corr.best(&f.noise)
	feat.Raw = f.corr.best(&f.none)
	feat.Peak = max(f.floor.smooth[bands], feat.Peak-peakFall)
	feat.Voice = max(unheard, feat.Voice-voiceFall)
	if f.voiced++; feat.Pitch.Height < voicedHeight || feat.Pitch.Prominence < voicedHeight {
		f.voiced = 0
	}
	if l := f.floor.smooth[bands]; f.voiced >= voicedHops && l > feat.Voice {
		feat.Voice = max(feat.Voice+voiceRise, l-voiceNear)
	}
	return feat
}

// Voiced sound, by which the level of those who speak is followed so that people
// in the background, 20 dB below, stand out from them: hops in a row whose
// correlation is high. The level rises by 3 dB a hop, or at once to 10 dB below
// the sound, and falls by 0.4 dB a second.
const (
	voicedHeight = 0.65
	voicedHops   = 3
	voiceRise    = 3
	voiceNear    = 10
	voiceFall    = 0.004
)

// peakFall is by how much the recent peak falls in a hop: 2 dB a second.
const peakFall = 0.02

// negligible is far below what the faintest sample makes of any filter here, and
// far above the numbers that a processor is slow with (subnormal ones), also when
// two of them are multiplied.
const negligible = 1e-15

// ended is a filter's state between two hops, or what it makes. A recursive filter's
// answer to silence would otherwise get smaller for ever, and each step of it take a
// hundred times as long as one of sound.
func ended(state float32) float32 {
	if -negligible < state && state < negligible {
		return 0
	}
	return state
}

func decibel(p float32) float32 { return float32(10 / math.Ln10 * math.Log(float64(p))) }

// highpass is a second-order Butterworth high-pass.
type highpass struct {
	b0, b1, b2, a1, a2 float32
	x1, x2, y1, y2     float32
}

func newHighpass(hz, rate float64) highpass {
	w := 2 * math.Pi * hz / rate
	alpha := math.Sin(w) / math.Sqrt2
	a0 := 1 + alpha
	c := math.Cos(w)
	return highpass{
		b0: float32((1 + c) / 2 / a0), b1: float32(-(1 + c) / a0), b2: float32((1 + c) / 2 / a0),
		a1: float32(-2 * c / a0), a2: float32((1 - alpha) / a0),
	}
}

func (h *highpass) process(x *[pitchHop]float32) {
	x1, x2, y1, y2 := h.x1, h.x2, h.y1, h.y2
	for i, v := range x {
		y := h.b0*v + h.b1*x1 + h.b2*x2 - h.a1*y1 - h.a2*y2
		x2, x1, y2, y1 = x1, v, y1, y
		x[i] = ended(y)
	}
	h.x1, h.x2, h.y1, h.y2 = x1, x2, ended(y1), ended(y2)
}
