// Package resample converts mono sound from one sample rate to another while it arrives. The output does not depend on the
// sizes of the blocks in which it arrives.
//
// It is a polyphase windowed-sinc filter (Kaiser window), flat to 90 % of the
// lower Nyquist frequency and at least 70 dB down from that frequency on, so
// that what the output cannot represent does not fold back into it. The delay
// of the filter is compensated: output sample n is the sound at time n/to,
// exactly, and the output is as long as the input.
package resample

import (
	"fmt"

	"gonum.org/v1/gonum/blas/blas32"

	"github.com/seed-7adb9000/diarizer/internal/dsp/clean"
	"github.com/seed-7adb9000/diarizer/internal/dsp/numeric"
)

// MinRate and MaxRate bound the sample rates that [New] accepts, in hertz. The
// filter's length is proportional to the ratio of the rates.
const (
	MinRate = 1000
	MaxRate = 768000
)

// chunk is the number of input samples that are filtered at a time, which
// bounds the memory of a [Resampler] whatever is pushed at once.
const chunk = 4096

// A Resampler converts one mono stream. Make it with [New].
type Resampler struct {
	up, down int // to/from in lowest terms: phases per input sample, phases per output
	bank     bank
	// scale converts a phase to a row of the bank: 1, or less when the rows are
	// fewer than the phases and neighbours have to be interpolated.
	scale  float32
	interp bool

	buf   []float32 // input that windows still need, zeros before the first sample
	start int       // where in buf the next output's window begins
	phase int       // how far the next output lies after its centre tap, in 1/up
	in    int64     // samples pushed
	out   int64     // samples returned
}

// New makes a Resampler from one rate to another, both in hertz and in
// [MinRate, MaxRate].
func New(from, to int) (*Resampler, error) {
	for _, rate := range [...]int{from, to} {
		if rate < MinRate || rate > MaxRate {
			return nil, fmt.Errorf("sample rate %d Hz: expected %d to %d Hz", rate, MinRate, MaxRate)
		}
	}
	g := numeric.GCD(from, to)
	r := &Resampler{up: to / g, down: from / g}
	switch {
	case r.up == r.down:
		return r, nil // every Push copies
	case r.up <= maxExactPhases:
		r.bank = newBank(from, to, r.up, r.up)
	default:
		r.interp = true
		r.scale = float32(interpolatedPhases) / float32(r.up)
		// One row more than phases: the last interval needs its right end.
		r.bank = newBank(from, to, interpolatedPhases, interpolatedPhases+1)
	}
	r.buf = make([]float32, 0, chunk+2*r.bank.taps)
	r.Reset()
	return r, nil
}

// Reset forgets all sound, as if r were new.
func (r *Resampler) Reset() {
	r.start, r.phase, r.in, r.out = 0, 0, 0, 0
	if r.up != r.down {
		r.buf = r.buf[:r.bank.half-1]
		clear(r.buf)
	}
}

// ResetAt is Reset where the sound begins lead input samples after a time at
// which an output lies: outputs keep to the grid they would have had if so many
// samples of silence had come first. It returns how many outputs lie before the
// sound and are left out. Its cost does not depend on lead.
func (r *Resampler) ResetAt(lead int64) (before int64) {
	r.Reset()
	before = r.Length(lead)
	r.in, r.out = lead, before
	if r.up == r.down {
		return before
	}
	centre := before * int64(r.down)
	r.phase = int(centre % int64(r.up))
	// The window of that output begins half-1 samples before its centre, where
	// the silence is; what of it lies behind the first sample is still to come.
	silent := lead - (centre/int64(r.up) - int64(r.bank.half-1))
	r.buf = r.buf[:max(0, silent)]
	clear(r.buf)
	r.start = int(max(0, -silent))
	return before
}

// Length is the number of output samples of n input samples, with those of [Resampler.Flush]: n·to/from rounded up. These
// are the outputs whose time lies before the end of the input.
func (r *Resampler) Length(n int64) int64 {
	up, down := int64(r.up), int64(r.down)
	return n/down*up + (n%down*up+down-1)/down // no product of large numbers
}

// Latency is the delay of an output, in input samples.
func (r *Resampler) Latency() int { return r.bank.half }

// Push takes the next input samples and appends to dst the output that they complete. It allocates only if dst is too
// short. Samples that are no sound (not numbers, infinite or beyond ±65,536) count as silence: one of them would spoil all
// outputs whose windows contain it.
func (r *Resampler) Push(dst, in []float32) []float32 {
	r.in += int64(len(in))
	if r.up == r.down {
		r.out += int64(len(in))
		n := len(dst)
		dst = append(dst, in...)
		clean.In(dst[n:])
		return dst
	}
	for len(in) > 0 {
		n := min(len(in), chunk)
		have := len(r.buf)
		r.buf = append(r.buf, in[:n]...)
		clean.In(r.buf[have:])
		in = in[n:]
		dst = r.filter(dst, 1<<62)
	}
	return dst
}

// Flush appends to dst the output that was waiting for more input, as if silence followed. The stream is then complete;
// only Reset may follow.
func (r *Resampler) Flush(dst []float32) []float32 {
	want := r.Length(r.in)
	for r.out < want {
		n := len(r.buf)
		r.buf = r.buf[:min(n+chunk, cap(r.buf))]
		clear(r.buf[n:])
		dst = r.filter(dst, want)
	}
	return dst
}

// filter appends the outputs whose windows are complete, as long as r.out has
// not reached limit, and drops the input that no later window needs.
func (r *Resampler) filter(dst []float32, limit int64) []float32 {
	taps := r.bank.taps
	step, frac := r.down/r.up, r.down%r.up
	for ; r.start+taps <= len(r.buf) && r.out < limit; r.out++ {
		window := r.buf[r.start : r.start+taps]
		if r.interp {
			at := float32(r.phase) * r.scale
			p := min(int(at), interpolatedPhases-1)
			y := dot(window, r.bank.row(p))
			dst = append(dst, y+(at-float32(p))*(dot(window, r.bank.row(p+1))-y))
		} else {
			dst = append(dst, dot(window, r.bank.row(r.phase)))
		}
		r.start += step
		if r.phase += frac; r.phase >= r.up {
			r.phase -= r.up
			r.start++
		}
	}
	n := copy(r.buf, r.buf[r.start:])
	r.buf = r.buf[:n]
	r.start = 0
	return dst
}

// dot has the filter row second, because gonum's vector code orders its sums by
// the second operand's alignment, which for rows never changes.
func dot(window, row []float32) float32 {
	return blas32.Dot(
		blas32.Vector{N: len(row), Inc: 1, Data: window},
		blas32.Vector{N: len(row), Inc: 1, Data: row},
	)
}
