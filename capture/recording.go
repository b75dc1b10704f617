package capture

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/seed-7adb9000/diarizer/capture/internal/mix"
	"github.com/seed-7adb9000/diarizer/capture/pcm"
	"github.com/seed-7adb9000/diarizer/internal/dsp/clean"
)

// A Recording is an opened recording as a [Source]. Make it with [Open] or
// [OpenReader]. It is for one goroutine; Close may be called from another.
type Recording struct {
	name   string
	opts   Options
	dec    decoder
	format pcm.Format // at the beginning
	grid   *grid
	mixer  *mix.Mixer
	wait   waiter // nil for files, whose reads do not block
	stop   func() // ends goroutines and processes; may be called twice
	closer func() error

	channel Channel

	raw, mono []float32 // one chunk as decoded, and as one channel
	ready     []float32 // 16 kHz samples not yet returned, from at on
	at        int
	jump      *jump     // a gap between or after them, nil if there is none
	slab      []float32 // memory for the next blocks' samples
	pos       int64
	odd       int   // decoded samples that are not numbers
	changes   int   // number of changes of the rate
	err       error // that ended the decoding
}

// jump is a gap: the samples from index at of ready on begin at position pos.
type jump struct {
	at  int
	pos int64
}

var _ Source = (*Recording)(nil)

// waiter is a source of bytes or samples that may have to wait for them.
type waiter interface {
	// setContext gives the context of the reads that follow.
	setContext(ctx context.Context)
}

// Name is the path or name that the recording was opened with.
func (rec *Recording) Name() string { return rec.name }

// Channel returns the channel that is read, from 1 on, or Mix.
func (rec *Recording) Channel() Channel { return rec.channel }

// Format returns the format of the recording, before any conversion. In a recording that consists of several, the rate and
// the channels can change later.
func (rec *Recording) Format() pcm.Format { return rec.format }

// Length returns the length of the recording in samples at 16 kHz, if it is known before the end. It is that of the
// header. Of a WAV file that is cut off, it is the length of the existing sound.
func (rec *Recording) Length() (samples int64, known bool) {
	if n := rec.format.Frames; n >= 0 && n <= MaxPosition { // no real recording is longer
		return rec.grid.length(n), true
	}
	return 0, false
}

// Duration is [Recording.Length] as a time.
func (rec *Recording) Duration() (d time.Duration, known bool) {
	n, known := rec.Length()
	return Duration(n), known
}

// Duration is how long n samples at 16 kHz last, exactly.
func Duration(n int64) time.Duration { return time.Duration(n) * (time.Second / Rate) }

// Warning returns an error about a recording that was used nevertheless: it ends early, it is silent, or a channel was
// inverted. It is nil if there is none, and complete once Next has returned io.EOF. It is of type [*Error].
func (rec *Recording) Warning() error {
	w := rec.dec.Warning()
	if w == nil && rec.odd > 0 {
		w = fmt.Errorf("%w: %d decoded samples are no numbers, silence taken for them", pcm.ErrDamaged, rec.odd)
	}
	e := &Error{Op: "read", Path: rec.name}
	if w != nil {
		e.Hint = "what is there is used"
	}
	notes := rec.dec.notes(rec.channel)
	if rec.channel == Mix {
		notes = append(notes, rec.mixer.Notes()...)
	}
	for _, note := range notes {
		w = pcm.Join(w, errors.New(note))
	}
	if w == nil {
		return nil
	}
	e.Cause = w
	return e
}

// Next returns the next block. It has Options.BlockSize samples, except for the last
// block and the last block before a gap. Sound is missing where bytes are damaged, or
// where the times of the container leave it out; the next block then jumps ahead in
// Block.Start. A recording without a single sample is an error that wraps pcm.ErrEmpty.
// A recording that turns out to be damaged gives its sound up to the damage, then an
// error that wraps pcm.ErrDamaged.
func (rec *Recording) Next(ctx context.Context) (Block, error) {
	if err := ctx.Err(); err != nil {
		return Block{}, err
	}
	for rec.err == nil && rec.jump == nil && len(rec.ready)-rec.at < rec.opts.BlockSize {
		rec.decode(ctx)
		rec.land()
	}
	n := min(rec.opts.BlockSize, len(rec.ready)-rec.at)
	if rec.jump != nil {
		n = min(n, rec.jump.at-rec.at)
	}
	if n == 0 || isContext(rec.err) {
		return Block{}, rec.err
	}
	b := Block{Start: rec.pos, Samples: rec.take(n)}
	rec.pos += int64(n)
	rec.land()
	return b, nil
}

// land goes over a gap, once all ready samples before it have been returned.
func (rec *Recording) land() {
	if rec.jump != nil && rec.jump.at == rec.at {
		rec.pos, rec.jump = rec.jump.pos, nil
	}
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
		switch { // float recordings can be too loud, and filters overshoot on clipped sound
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

// decode adds one chunk to the ready samples, or sets rec.err.
func (rec *Recording) decode(ctx context.Context) {
	rec.ready = rec.ready[:copy(rec.ready, rec.ready[rec.at:])]
	rec.at = 0
	if rec.wait != nil {
		rec.wait.setContext(ctx)
	}
	n, err := rec.dec.Read(rec.raw)
	if n > 0 {
		if change := rec.follow(rec.dec.Format()); change != nil {
			n, err = 0, change
		} else {
			rec.leave(rec.dec.Gap())
			rec.odd += clean.In(rec.raw[:n*rec.dec.Format().Channels])
			rec.ready = rec.grid.push(rec.ready, rec.mix(n))
		}
	}
	if err == nil {
		return
	}
	if isContext(err) && ctx.Err() != nil {
		rec.err = ctx.Err()
		return
	}
	rec.ready = rec.grid.end(rec.ready)
	rec.err = io.EOF
	switch {
	case err != io.EOF:
		rec.err = &Error{Op: "read", Path: rec.name, Cause: err, Hint: hint(err)}
	case rec.pos == 0 && len(rec.ready) == 0:
		// A recording without samples is an error, as the user expects sound in it.
		cause := fmt.Errorf("%s with %w", rec.format, pcm.ErrEmpty)
		if w := rec.dec.Warning(); w != nil {
			cause = fmt.Errorf("%w (%w)", cause, w)
		}
		rec.err = &Error{Op: "read", Path: rec.name, Cause: cause, Hint: "record or copy it again"}
	}
}

// maxChanges bounds how often the rate may change, as each change costs a new filter.
const maxChanges = 100

// follow goes on with sound whose rate or channels may have changed.
func (rec *Recording) follow(f pcm.Format) (err error) {
	same := f.Rate == rec.grid.rate
	if same && f.Channels == rec.mixer.Channels() {
		return nil
	}
	rec.mixer = mix.New(f.Rate, f.Channels)
	if same {
		return nil
	}
	if rec.changes++; rec.changes > maxChanges {
		return fmt.Errorf("%w: the sample rate changes more than %d times", pcm.ErrUnsupported, maxChanges)
	}
	if rec.ready, err = rec.grid.change(rec.ready, f.Rate); err != nil {
		return fmt.Errorf("%w: %w", pcm.ErrUnsupported, err)
	}
	return nil
}

// leave skips a gap of missing frames.
func (rec *Recording) leave(gap int64) {
	if gap <= 0 {
		return
	}
	j := &jump{}
	rec.ready, j.pos = rec.grid.gap(rec.ready, gap)
	j.at = len(rec.ready)
	rec.jump = j
	rec.mixer.Cut()
}

func isContext(err error) bool {
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}

// mix makes one channel of n decoded frames. If the recording goes on without the chosen channel, it takes the last one.
func (rec *Recording) mix(n int) []float32 {
	if n > len(rec.mono) {
		rec.mono = make([]float32, n)
	}
	ch := rec.mixer.Channels()
	mono := rec.mono[:n]
	switch c := int(rec.channel); {
	case ch == 1:
		copy(mono, rec.raw)
	case c > 0:
		c = min(c, ch)
		for i := range mono {
			mono[i] = rec.raw[i*ch+c-1]
		}
	default:
		rec.mixer.Mix(mono, rec.raw[:n*ch])
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
