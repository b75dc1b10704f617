package pcm

import (
	"fmt"
	"io"
)

// bufferFrames bounds the frames that are decoded at a time.
const bufferFrames = 4096

// Frames decodes frames of fixed size from a stream of bytes. Make it with
// [NewFrames].
type Frames struct {
	r        io.Reader
	enc      Encoding
	channels int
	size     int // of a frame in bytes

	left    int64 // bytes still to come, -1 for all up to the end
	total   int64 // bytes announced, -1 if none
	got     int64 // bytes read
	loose   bool  // whether fewer bytes than announced are no truncation
	partial bool  // whether the warning is only about an incomplete last frame
	buf     []byte
	held    int // bytes of an incomplete frame at the start of buf
	odd     int64
	warning error
	err     error
}

// NewFrames reads frames of a number of channels from r: total bytes, or all up to the end if total is -1.
func NewFrames(r io.Reader, enc Encoding, channels int, total int64) *Frames {
	size := enc.Size * channels
	return &Frames{
		r: r, enc: enc, channels: channels, size: size,
		left: total, total: total, buf: make([]byte, bufferFrames*size),
	}
}

// Available says that only n of the announced bytes exist.
func (f *Frames) Available(n int64) {
	if f.left < 0 {
		f.left, f.total = n, n
	} else if n < f.left {
		f.left = n
		f.truncated(n)
	}
}

// Continue goes on after the announced bytes with up to n more, or with all up to the end if n is -1. They complete an
// incomplete frame.
func (f *Frames) Continue(n int64) {
	f.left, f.total, f.got, f.loose = n, -1, 0, true
	if f.partial {
		f.partial, f.warning = false, nil
	}
	f.again()
}

// Restart goes on after the announced bytes with n more, or with all up to the end if n is -1. They do not continue the
// sound before, so an incomplete frame is dropped.
func (f *Frames) Restart(n int64) {
	f.held = 0
	f.left, f.total, f.got, f.loose = n, n, 0, false
	f.again()
}

func (f *Frames) again() {
	if f.err == io.EOF {
		f.err = nil
	}
}

// Ended reports whether all announced bytes were read, so that others may follow.
func (f *Frames) Ended() bool { return f.err == io.EOF && f.left == 0 }

// Count is the number of frames to come, -1 if it is not known.
func (f *Frames) Count() int64 {
	if f.left < 0 {
		return -1
	}
	return f.left / int64(f.size)
}

// Warning is about truncation and samples that are not numbers.
func (f *Frames) Warning() error {
	if f.odd == 0 {
		return f.warning
	}
	odd := fmt.Errorf("%w: %d samples are not finite numbers, or beyond ±%d, silence taken for them", ErrDamaged, f.odd, int64(Largest))
	return Join(f.warning, odd)
}

// Read decodes interleaved frames into dst as [Reader] has it.
func (f *Frames) Read(dst []float32) (int, error) {
	want := min(len(dst)/f.channels, bufferFrames)
	if want == 0 {
		return 0, fmt.Errorf("buffer of %d samples for %d channels: %w", len(dst), f.channels, io.ErrShortBuffer)
	}
	limit := want * f.size
	for f.err == nil && f.held < f.size {
		n := limit - f.held
		if f.left >= 0 {
			n = int(min(int64(n), f.left))
		}
		if n == 0 {
			f.end(io.EOF)
			break
		}
		n, err := f.r.Read(f.buf[f.held : f.held+n])
		f.held += n
		f.got += int64(n)
		if f.left >= 0 {
			f.left -= int64(n)
		}
		if err != nil {
			f.end(err)
		}
	}
	frames := f.held / f.size
	if frames == 0 {
		return 0, f.err
	}
	n := frames * f.size
	f.odd += int64(f.enc.Decode(dst[:frames*f.channels], f.buf[:n]))
	f.held = copy(f.buf, f.buf[n:f.held])
	return frames, nil
}

// end records why the sound is over.
func (f *Frames) end(err error) {
	f.err = err
	if err == io.EOF && f.warning == nil && (f.left > 0 && !f.loose || f.held%f.size != 0) {
		f.partial = f.left <= 0
		f.truncated(f.got)
	}
}

// Rest returns the bytes of an incomplete last frame.
func (f *Frames) Rest() []byte { return f.buf[:f.held] }

func (f *Frames) truncated(present int64) {
	if f.total < 0 || present >= f.total {
		f.warning = fmt.Errorf("%w: the last frame has %d of %d bytes", ErrTruncated, present%int64(f.size), f.size)
		return
	}
	f.warning = fmt.Errorf("%w: %d of %d bytes of sound are there", ErrTruncated, present, f.total)
}
