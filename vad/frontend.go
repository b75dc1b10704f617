package vad

import "math"

const (
	bands   = 16
	lowEdge = 100.0  // Hz, of the lowest band
	topEdge = 3700.0 // Hz, of the highest band
)

// features describe one hop.
type features struct {
	level [bands + 1]float32 // dB: the bands, then all of them together
	over  [bands + 1]float32 // dB over the noise floor
	pitch peak
	raw   peak    // the same without the noise taken out
	dbfs  float32 // level of the 160 input samples
}

// frontend turns hops of samples into features. It lags: the features of a call
// belong to the middle of the hop before.
type frontend struct {
	dc    float32
	last  float32
	to8   *halfband
	to4   *halfband
	half  [Hop / 2]float32
	quart [pitchHop]float32
	hp    highpass
	hist  [fftLen]float32
	win   [fftLen]float32
	fft   *powerFFT
	power [fftLen/2 + 1]float32
	edge  [bands + 1]int // first FFT bin of each band
	corr  correlator
	noise noiseCorrelation
	floor floor
	feat  features
	in    [Hop]float32
}

func newFrontend() *frontend {
	f := &frontend{to8: newHalfband(8, Hop), to4: newHalfband(6, Hop/2), fft: newPowerFFT()}
	f.hp = newHighpass(120, pitchRate)
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

// silence is the power, per band, that counts as nothing at all: about -110 dBFS,
// below the dither of 16-bit sound.
const silence = 1e-11

// hop takes 160 samples and leaves their features in f.feat.
func (f *frontend) hop(x []float32) {
	var sum float64
	in := &f.in
	for i, v := range x[:Hop] {
		if !(v > -maxSample && v < maxSample) {
			v = sanitize(v)
		}
		sum += float64(v) * float64(v)
		// One pole and a zero at 0 Hz: a constant offset is not a level.
		y := v - f.last + 0.99*f.dc
		f.last, f.dc = v, y
		in[i] = y
	}
	f.feat.dbfs = decibel(float32(sum/Hop) + 1e-12)
	f.to8.process(f.half[:], in[:])
	f.to4.process(f.quart[:], f.half[:])
	copy(f.hist[:], f.hist[Hop/2:])
	copy(f.hist[fftLen-Hop/2:], f.half[:])
	f.fft.power(&f.power, &f.hist, &f.win)
	f.hp.process(&f.quart)
	f.corr.push(&f.quart)

	feat := &f.feat
	var all float32
	for b := range bands {
		var p float32
		for _, v := range f.power[f.edge[b]:f.edge[b+1]] {
			p += v
		}
		p *= 4.0 / (fftLen * fftLen) * 1.33
		all += p
		feat.level[b] = decibel(p + silence)
	}
	feat.level[bands] = decibel(all + bands*silence)
	f.floor.push(&feat.level)
	for b, l := range &feat.level {
		feat.over[b] = l - f.floor.min[b]
	}
	if feat.over[bands] < 6 {
		f.noise.learn(&f.corr)
	}
	feat.pitch = f.corr.best(&f.noise)
	feat.raw = f.corr.best(&noiseCorrelation{})
}

// interrupt forgets the sound of the last moments, but not the noise floor.
func (f *frontend) interrupt() {
	f.last, f.dc = 0, 0
	f.to8.reset()
	f.to4.reset()
	clear(f.hist[:])
	f.hp.x1, f.hp.x2, f.hp.y1, f.hp.y2 = 0, 0, 0, 0
	f.corr = correlator{}
}

// maxSample bounds the input far above full scale, so that powers stay finite.
const maxSample = 1e6

// sanitize makes NaN 0 and limits the rest.
func sanitize(v float32) float32 {
	if v != v {
		return 0
	}
	return max(-maxSample, min(maxSample, v))
}

func decibel(p float32) float32 { return float32(10 * math.Log10(float64(p))) }

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
	for i, v := range x {
		y := h.b0*v + h.b1*h.x1 + h.b2*h.x2 - h.a1*h.y1 - h.a2*h.y2
		h.x2, h.x1, h.y2, h.y1 = h.x1, v, h.y1, y
		x[i] = y
	}
}
