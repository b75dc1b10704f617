package features

import (
	"math"

	"gonum.org/v1/gonum/floats"

	"github.com/seed-7adb9000/diarizer/internal/dsp/spectrum"
)

// BankSize is how many energies a [Bank] makes of a window.
const BankSize = 80

const (
	bankLow, bankHigh = 20, 8000 // hertz
	// bankFloor is the least energy of a filter, which no sound of 24 bits is below.
	// Kaldi's is 2^-23.
	bankFloor = 0x1p-60
)

// Bank turns a window of samples into log mel energies like Kaldi's fbank with 80 bins,
// on which networks for speakers are trained. The steps: the mean of the window taken
// off, pre-emphasis, Povey window, power spectrum of 512 points, triangular filters from
// 20 to 8000 Hz, natural logarithm. There is no dither. The least energy is so small
// that quiet sound has the same shape as loud sound. A Bank owns its working memory and
// is not safe for concurrent use.
type Bank struct {
	window []float64
	fft    *spectrum.Power
	mel    []melFilter
	work   []float64 // windowed samples, zero padded to fftSize
	power  []float64
}

// NewBank returns a bank.
func NewBank() *Bank { return newBank(spectrum.NewPower(fftSize), make([]float64, fftSize)) }

// newBank returns a bank that uses the working memory of another bank: fftSize values that are 0
// from Window on.
func newBank(fft *spectrum.Power, work []float64) *Bank {
	b := &Bank{
		window: make([]float64, Window),
		fft:    fft,
		mel:    newMelBank(BankSize, bankLow, bankHigh),
		work:   work,
	}
	b.power = make([]float64, lines(b.mel))
	for i := range b.window {
		hann := 0.5 - 0.5*math.Cos(2*math.Pi*float64(i)/(Window-1))
		b.window[i] = math.Pow(hann, 0.85) // Povey
	}
	return b
}

// Into writes the [BankSize] energies of a window of [Window] samples, in [-1, 1] at
// 16 kHz, to dst. It allocates nothing.
func (b *Bank) Into(dst []float64, window []float32) {
	dst, window = dst[:BankSize], window[:Window]
	var mean float64
	for _, s := range window {
		mean += float64(s)
	}
	mean /= Window
	prev := float64(window[0]) - mean
	for i, s := range window {
		x := float64(s) - mean
		b.work[i] = (x - preEmphasis*prev) * b.window[i]
		prev = x
	}
	b.fft.Into(b.power, b.work)
	for i := range b.mel {
		f := &b.mel[i]
		energy := fftSize * floats.Dot(f.weights, b.power[f.first:f.first+len(f.weights)])
		dst[i] = math.Log(max(energy, bankFloor))
	}
}
