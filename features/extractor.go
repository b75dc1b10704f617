package features

import (
	"math"

	"gonum.org/v1/gonum/floats"

	"github.com/seed-7adb9000/diarizer/internal/dsp/clean"
	"github.com/seed-7adb9000/diarizer/internal/dsp/spectrum"
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
// orthonormal cosine transform), log energy, regression deltas, and the log mel energies
// of a [Bank]. It computes a frame when the caller asks for it. A frame that is passed
// over costs next to nothing. Nothing is allocated per frame. An Extractor is for one
// stream and one goroutine.
type Extractor struct {
	cfg    Config
	window []float64 // Hamming
	fft    *spectrum.Power
	mel    []melFilter
	dct    []float64 // Ceps×Filters by rows
	bank   *Bank     // nil where the features have none

	buf     []float32 // samples from the start of frame first on
	first   int64
	samples int64 // added in all
	next    int64 // frame to come
	ended   bool

	work    []float64 // windowed samples, zero padded to fftSize
	power   []float64 // spectrum, as far as the filters reach
	logs    []float64 // log filter energies
	statics statics
	frame   []float64 // what Next returned last
}

// NewExtractor returns an extractor with the given settings, or an error that
// wraps [ErrConfig].
func NewExtractor(cfg Config) (*Extractor, error) {
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
		frame:  make([]float64, cfg.Dim()),
	}
	e.power = make([]float64, lines(e.mel))
	for i := range e.window {
		e.window[i] = 0.54 - 0.46*math.Cos(2*math.Pi*float64(i)/(Window-1))
	}
	if cfg.MelBank > 0 {
		e.bank = newBank(e.fft, e.work)
	}
	e.statics = newStatics(cfg.statics(), cfg.span())
	return e, nil
}

// Twin returns an extractor with the same settings, at the start of another stream. It shares
// tables and working memory with e, so use both in one goroutine.
func (e *Extractor) Twin() *Extractor {
	twin := *e
	twin.buf, twin.first, twin.samples, twin.next, twin.ended = nil, 0, 0, 0, false
	twin.statics = newStatics(e.cfg.statics(), e.cfg.span())
	twin.frame = make([]float64, e.cfg.Dim())
	return &twin
}

// Dim returns d, the number of features of a frame.
func (e *Extractor) Dim() int { return e.cfg.Dim() }

// Delay returns by how many frames the output lags behind the input: after n samples, at
// least n/Hop − Delay() frames are available. The window reaches two frames beyond the
// frame itself, and deltas DeltaSpan frames more.
func (e *Extractor) Delay() int { return (Window-1)/Hop + e.statics.span }

// Add takes the next samples, in [-1, 1] at 16 kHz. A sample that is not a number,
// infinite or beyond ±65,536 counts as silence.
func (e *Extractor) Add(samples []float32) {
	e.drop()
	n := len(e.buf)
	e.buf = append(e.buf, samples...)
	clean.In(e.buf[n:])
	e.samples += int64(len(samples))
}

// End says that no more samples come. The last frames see silence after the end, so that
// there are ceil(samples/Hop) frames in all.
func (e *Extractor) End() {
	e.ended = true
	last := int(e.windows()-1-e.first) * Hop
	e.buf = append(e.buf, make([]float32, max(0, last+Window-len(e.buf)))...)
}

// Waiting returns how many frames are available to Next or Pass now.
func (e *Extractor) Waiting() int {
	ready := e.windows()
	if !e.ended {
		ready -= int64(e.statics.span)
	}
	return int(max(0, ready-e.next))
}

// Next returns the next frame, not normalised. The caller checks that there is one, see
// Waiting. The frame is valid until the next call. Frames do not depend on how the
// samples are divided into calls of Add.
func (e *Extractor) Next() []float64 {
	t, last, n := e.next, e.windows()-1, e.statics.n
	e.next++
	copy(e.frame, e.static(t))
	if e.bank != nil {
		from := int(t-e.first) * Hop
		e.bank.Into(e.frame[len(e.frame)-e.cfg.MelBank:], e.buf[from:from+Window])
	}
	if e.statics.span == 0 {
		return e.frame
	}
	delta := e.frame[n : 2*n]
	clear(delta)
	for k := int64(1); k <= int64(e.statics.span); k++ {
		w := float64(k) * e.statics.scale
		after, before := e.static(min(t+k, last)), e.static(max(t-k, 0))
		for i := range delta {
			delta[i] += w * (after[i] - before[i])
		}
	}
	return e.frame
}

// Bank returns the bank that computes the log mel energies of frames, or nil if frames have none.
// The bank is valid between two calls of e.
func (e *Extractor) Bank() *Bank { return e.bank }

// Pass passes over the next frame. The caller checks that there is one, see Waiting.
func (e *Extractor) Pass() { e.next++ }

// Push is Add for a caller who wants every frame: it emits the frames that are available
// then, in order. A frame is valid only during the call of emit.
func (e *Extractor) Push(samples []float32, emit func(frame []float64)) {
	for len(samples) > 0 {
		n := min(len(samples), Window)
		e.Add(samples[:n])
		samples = samples[n:]
		e.drain(emit)
	}
}

// Flush ends the stream like End and emits the frames that are left. The extractor is
// then ready for another stream.
func (e *Extractor) Flush(emit func(frame []float64)) {
	e.End()
	e.drain(emit)
	e.buf, e.first, e.samples, e.next, e.ended = e.buf[:0], 0, 0, 0, false
	e.statics.reset()
}

func (e *Extractor) drain(emit func([]float64)) {
	for range e.Waiting() {
		emit(e.Next())
	}
}

// windows is the number of frames whose windows are complete.
func (e *Extractor) windows() int64 {
	switch {
	case e.ended:
		return (e.samples + Hop - 1) / Hop
	case e.samples < Window:
		return 0
	}
	return (e.samples-Window)/Hop + 1
}

// drop lets go of the samples that no frame to come needs.
func (e *Extractor) drop() {
	first := max(0, e.next-int64(e.statics.span))
	n := copy(e.buf, e.buf[min(len(e.buf), int(first-e.first)*Hop):])
	e.buf, e.first = e.buf[:n], first
}

// static returns the static features of frame t.
func (e *Extractor) static(t int64) []float64 {
	out, known := e.statics.at(t)
	if known {
		return out
	}
	from := int(t-e.first) * Hop
	prev := float64(e.buf[from])
	for i, s := range e.buf[from : from+Window] {
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
	for i := range e.cfg.Ceps {
		out[i] = floats.Dot(e.dct[i*len(e.logs):(i+1)*len(e.logs)], e.logs)
	}
	if e.cfg.Energy {
		out[e.cfg.Ceps] = math.Log(energy + logFloor)
	}
	return out
}
