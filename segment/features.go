package segment

import (
	"math"

	"gonum.org/v1/gonum/floats"

	"github.com/seed-7adb9000/diarizer/internal/spectrum"
)

const (
	// Hop is the distance between frames in samples: 10 ms at 16 kHz. Frame i
	// stands for the samples from i·Hop to (i+1)·Hop; the window it is
	// computed from starts there too and is Window long.
	Hop = 160
	// Window is the length of the analysis window in samples: 25 ms.
	Window = 400

	sampleRate  = 16000
	fftSize     = 512
	preEmphasis = 0.97
	// logFloor is the filter energy below which silence is all the same. It
	// lies under the quantisation noise of a 16-bit recording, about −98 dB.
	logFloor = 1e-9
)

// Extractor turns samples into feature frames: mel cepstra by the usual steps
// (pre-emphasis, Hamming window, power spectrum, triangular mel filters, log,
// orthonormal cosine transform), log energy and regression deltas. Memory and
// work per frame are fixed and nothing is allocated per frame. An Extractor is
// for one stream and one goroutine.
type Extractor struct {
	cfg    FeatureConfig
	window []float64 // Hamming
	fft    *spectrum.Power
	mel    []melFilter
	dct    []float64 // Ceps×Filters by rows

	buf     [Window]float32 // samples from the start of the next frame
	have    int             // of buf
	samples int64           // pushed in all

	work  []float64 // windowed samples, zero padded to fftSize
	power []float64 // spectrum, as far as the filters reach
	logs  []float64 // log filter energies
	delta deltas
}

// NewExtractor returns an extractor with the given settings, or an error that
// wraps [ErrConfig].
func NewExtractor(cfg FeatureConfig) (*Extractor, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	e := &Extractor{
		cfg:    cfg,
		window: make([]float64, Window),
		fft:    spectrum.NewPower(fftSize),
		mel:    newMelBank(cfg.Filters, cfg.LowHz, cfg.HighHz),
		dct:    newDCT(cfg.Ceps, cfg.Filters),
		work:   make([]float64, fftSize),
		logs:   make([]float64, cfg.Filters),
	}
	e.power = make([]float64, lines(e.mel))
	for i := range e.window {
		e.window[i] = 0.54 - 0.46*math.Cos(2*math.Pi*float64(i)/(Window-1))
	}
	span := 0
	if cfg.Deltas {
		span = cfg.DeltaSpan
	}
	e.delta = newDeltas(cfg.statics(), span)
	return e, nil
}

// Dim returns d, the number of features of a frame.
func (e *Extractor) Dim() int { return e.cfg.Dim() }

// Delay returns by how many frames the output lags behind the input: after n
// samples, at least n/Hop − Delay() frames have been emitted. The window
// reaches two frames further than the frame itself, deltas DeltaSpan more.
func (e *Extractor) Delay() int { return (Window-1)/Hop + e.delta.span }

// Push takes the next samples, in [-1, 1] at 16 kHz, and emits the frames that
// they complete, in order, unnormalised. The frame is valid during the call of
// emit only. The frames are the same for the same samples, however they are
// divided into calls.
func (e *Extractor) Push(samples []float32, emit func(frame []float64)) {
	e.samples += int64(len(samples))
	for len(samples) > 0 {
		n := copy(e.buf[e.have:], samples)
		e.have += n
		samples = samples[n:]
		if e.have == Window {
			e.frame(emit)
		}
	}
}

// Flush emits the frames that still wait for samples, with silence after the
// end, so that there are ceil(samples/Hop) in all. The extractor is then ready
// for another stream.
func (e *Extractor) Flush(emit func(frame []float64)) {
	total := (e.samples + Hop - 1) / Hop
	for e.delta.in < total {
		clear(e.buf[e.have:])
		e.frame(emit)
	}
	e.delta.flush(emit)
	e.have, e.samples = 0, 0
	e.delta.reset()
}

// frame computes the static features of the window in buf, hands them to the
// deltas and moves on by one hop.
func (e *Extractor) frame(emit func([]float64)) {
	prev := float64(e.buf[0])
	for i, s := range e.buf {
		x := float64(s)
		e.work[i] = (x - preEmphasis*prev) * e.window[i]
		prev = x
	}
	e.fft.Into(e.power, e.work)
	var energy float64
	for i := range e.mel {
		f := &e.mel[i]
		v := floats.Dot(f.weights, e.power[f.first:f.first+len(f.weights)])
		energy += v
		e.logs[i] = math.Log(v + logFloor)
	}
	out := e.delta.next()
	for i := range e.cfg.Ceps {
		out[i] = floats.Dot(e.dct[i*len(e.logs):(i+1)*len(e.logs)], e.logs)
	}
	if e.cfg.Energy {
		out[e.cfg.Ceps] = math.Log(energy + logFloor)
	}
	e.delta.push(emit)
	copy(e.buf[:], e.buf[Hop:])
	e.have = max(e.have-Hop, 0)
}
