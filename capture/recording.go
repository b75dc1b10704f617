package capture

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/seed-7adb9000/diarizer/capture/pcm"
	"github.com/seed-7adb9000/diarizer/capture/resample"
	"github.com/seed-7adb9000/diarizer/internal/clean"
)

// A Recording is an opened recording as a [Source]. Make it with [Open] or
// [OpenReader]. It is for one goroutine; Close may be called from another.
type Recording struct {
	name   string
	opts   Options
	dec    pcm.Reader
	rs     *resample.Resampler // nil at 16 kHz
	wait   waiter              // what may block; nil for files
	stop   func()              // ends goroutines and processes; may be called twice
	closer func() error

	channel Channel

	raw, mono []float32 // one chunk as decoded, and as one channel
	ready     []float32 // 16 kHz samples not yet returned, from at on
	at        int
	slab      []float32 // where the next blocks' samples go
	pos       int64
	odd       int   // samples that a decoder made and that are no numbers
	err       error // why no more is decoded
}

var _ Source = (*Recording)(nil)

// waiter is a source of bytes or samples that may have to wait for them.
type waiter interface {
	// setContext gives the context of the reads that follow.
	setContext(ctx context.Context)
}

// Name is the path or name that the recording was opened with.
func (rec *Recording) Name() string { return rec.name }

// Channel is what is listened to: a channel from 1 on, or Mix.
func (rec *Recording) Channel() Channel { return rec.channel }

// Format says what the recording holds, before any conversion.
func (rec *Recording) Format() pcm.Format { return rec.dec.Format() }

// Length is the length of the recording in samples at 16 kHz, if it is known
// before the end: if the header tells, and of a cut-off WAV file what is there.
func (rec *Recording) Length() (samples int64, known bool) {
	f := rec.dec.Format()
	switch {
	case f.Frames < 0, f.Frames > MaxPosition: // a header that cannot be true
		return 0, false
	case rec.rs == nil:
		return f.Frames, true
	}
	return rec.rs.Length(f.Frames), true
}

// Duration is [Recording.Length] as a time.
func (rec *Recording) Duration() (d time.Duration, known bool) {
	n, known := rec.Length()
	return Duration(n), known
}

// Duration is how long n samples at 16 kHz last, exactly.
func Duration(n int64) time.Duration { return time.Duration(n) * (time.Second / Rate) }

// Warning tells what is wrong with the recording although it was used, above
// all that it ends early; nil if nothing is. It is complete once Next has
// returned io.EOF. It is of type [*Error].
func (rec *Recording) Warning() error {
	w := rec.dec.Warning()
	if w == nil && rec.odd > 0 {
		w = fmt.Errorf("%w: %d decoded samples are no numbers, silence taken for them", pcm.ErrDamaged, rec.odd)
	}
	if w == nil {
		return nil
	}
	return &Error{Op: "read", Path: rec.name, Cause: w, Hint: "what is there is used"}
}

// Next returns the next block, of Options.BlockSize samples but for the last.
// A recording without a single sample is an error that wraps [pcm.ErrEmpty];
// one that turns out to be damaged gives its sound up to there, then an error
// that wraps [pcm.ErrDamaged].
func (rec *Recording) Next(ctx context.Context) (Block, error) {
	if err := ctx.Err(); err != nil {
		return Block{}, err
	}
	for rec.err == nil && len(rec.ready)-rec.at < rec.opts.BlockSize {
		rec.decode(ctx)
	}
	n := min(rec.opts.BlockSize, len(rec.ready)-rec.at)
	if n == 0 || isContext(rec.err) {
		return Block{}, rec.err
	}
	b := Block{Start: rec.pos, Samples: rec.take(n)}
	rec.pos += int64(n)
	return b, nil
}

// take copies n ready samples into memory that the receiver may keep. Blocks
// share one allocation a second.
func (rec *Recording) take(n int) []float32 {
	if len(rec.slab) < n {
		rec.slab = make([]float32, max(Rate, n))
	}
	s := rec.slab[:n:n]
	rec.slab = rec.slab[n:]
	for i, x := range rec.ready[rec.at : rec.at+n] {
		switch { // loud float recordings, and what a filter makes of a clipped one
		case x > 1:
			x = 1
		case x < -1:
			x = -1
		}
		s[i] = x
	}
	rec.at += n
	return s
}

// decode adds one chunk to what is ready, or sets rec.err.
func (rec *Recording) decode(ctx context.Context) {
	rec.ready = rec.ready[:copy(rec.ready, rec.ready[rec.at:])]
	rec.at = 0
	if rec.wait != nil {
		rec.wait.setContext(ctx)
	}
	n, err := rec.dec.Read(rec.raw)
	if n > 0 {
		rec.odd += clean.In(rec.raw[:n*rec.dec.Format().Channels])
		mono := rec.mix(n)
		if rec.rs == nil {
			rec.ready = append(rec.ready, mono...)
		} else {
			rec.ready = rec.rs.Push(rec.ready, mono)
		}
	}
	if err == nil {
		return
	}
	if isContext(err) && ctx.Err() != nil {
		rec.err = ctx.Err()
		return
	}
	if rec.rs != nil {
		rec.ready = rec.rs.Flush(rec.ready)
	}
	rec.err = io.EOF
	switch {
	case err != io.EOF:
		rec.err = &Error{Op: "read", Path: rec.name, Cause: err, Hint: hint(err)}
	case rec.pos == 0 && len(rec.ready) == 0:
		// Never silence for a recording that someone thought had sound in it.
		cause := fmt.Errorf("%s with %w", rec.dec.Format(), pcm.ErrEmpty)
		if w := rec.dec.Warning(); w != nil {
			cause = fmt.Errorf("%w (%w)", cause, w)
		}
		rec.err = &Error{Op: "read", Path: rec.name, Cause: cause, Hint: "record or copy it again"}
	}
}

func isContext(err error) bool {
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}

// mix makes one channel of n decoded frames.
func (rec *Recording) mix(n int) []float32 {
	ch := rec.dec.Format().Channels
	mono := rec.mono[:n]
	switch c := int(rec.channel); {
	case ch == 1:
		copy(mono, rec.raw)
	case c > 0:
		for i := range mono {
			mono[i] = rec.raw[i*ch+c-1]
		}
	case ch == 2:
		for i := range mono {
			mono[i] = (rec.raw[2*i] + rec.raw[2*i+1]) / 2
		}
	default:
		for i := range mono {
			sum := float32(0)
			for _, x := range rec.raw[i*ch : (i+1)*ch] {
				sum += x
			}
			mono[i] = sum / float32(ch)
		}
	}
	return mono
}

// Close closes the file or stream. A Next that waits for a stream returns.
func (rec *Recording) Close() error {
	err := rec.closer() // first, because it wakes what waits for input
	rec.stop()
	if err != nil {
		return systemError("close", rec.name, err)
	}
	return nil
}
