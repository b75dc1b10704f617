// Package flac reads FLAC recordings with github.com/mewkiz/flac. It also handles what that library does
// not: garbage that it takes for an empty stream, frames that leave the sample size to the stream header,
// and side channels of 33 bits.
package flac

import (
	"errors"
	"fmt"
	"io"

	"github.com/mewkiz/flac/frame"
	"github.com/mewkiz/flac/meta"

	"github.com/seed-7adb9000/diarizer/capture/pcm"
)

// A Reader decodes one FLAC recording, or several that stand one after the other.
// Make it with [NewReader].
type Reader struct {
	w      *window
	format pcm.Format
	bits   uint8
	scale  float32
	place  place

	cur     *frame.Frame
	at      int   // next sample of cur
	got     int64 // samples of all recordings, gaps among them
	first   int64 // samples before the current recording
	frames  int64 // frames decoded
	decoded int64 // samples in them, of all channels
	missing int64 // samples missing before those to be returned next
	gap     int64 // samples missing before those returned last

	gaps   pcm.Gaps
	damage damage
	cut    error // says that the recording ends early
	behind error // says that another recording follows, which is not read
	err    error
}

// NewReader reads the header of a native FLAC stream, without an ID3 tag before
// it. Errors wrap [pcm.ErrTruncated] or [pcm.ErrDamaged].
func NewReader(r io.Reader) (*Reader, error) {
	f := &Reader{w: newWindow(r)}
	f.format.Frames = -1
	info, err := readMeta(f.w)
	if err != nil {
		return nil, err
	}
	f.begin(info)
	if info.NSamples > 0 {
		f.format.Frames = int64(info.NSamples)
	}
	return f, nil
}

// begin begins with a recording.
func (f *Reader) begin(info *meta.StreamInfo) {
	f.bits = info.BitsPerSample
	f.scale = 1 / float32(int64(1)<<(info.BitsPerSample-1))
	f.format = pcm.Format{
		Container: "FLAC",
		Encoding:  fmt.Sprintf("%d bit", info.BitsPerSample),
		Rate:      int(info.SampleRate),
		Channels:  int(info.NChannels),
		Frames:    f.format.Frames,
	}
	f.place = place{block: int64(info.BlockSizeMax), total: int64(info.NSamples)}
	f.first = f.got
}

// Format is the format of the recording. It changes where a recording with another format follows.
func (f *Reader) Format() pcm.Format { return f.format }

// Gap implements [pcm.Gapped], for samples that were lost with damaged frames.
func (f *Reader) Gap() int64 { return f.gap }

// Warning is about a recording that ends early and about damage.
func (f *Reader) Warning() error {
	return pcm.Join(f.cut, f.damage.warning(), f.gaps.Warning(), f.behind)
}

// Read decodes interleaved frames into dst as [pcm.Reader] has it.
func (f *Reader) Read(dst []float32) (int, error) {
	for f.cur == nil || f.at == len(f.cur.Subframes[0].Samples) {
		if f.err == nil {
			f.cur, f.at = nil, 0
			f.err = f.next()
		}
		if f.err != nil {
			return 0, f.err
		}
	}
	ch := f.format.Channels
	n := min(len(dst)/ch, len(f.cur.Subframes[0].Samples)-f.at)
	if n == 0 {
		return 0, fmt.Errorf("flac: buffer of %d samples for %d channels: %w", len(dst), ch, io.ErrShortBuffer)
	}
	for c, sub := range f.cur.Subframes {
		for i, x := range sub.Samples[f.at : f.at+n] {
			dst[i*ch+c] = float32(x) * f.scale
		}
	}
	f.at += n
	f.got += int64(n)
	f.gap, f.missing = f.missing, 0
	return n, nil
}

// next decodes the next frame into f.cur. It skips bytes that are no frame.
func (f *Reader) next() error {
	for {
		head, err := f.w.Peek(4)
		switch {
		case len(head) == 0 && err != io.EOF:
			return err
		case len(head) == 0:
			return f.end()
		case string(head) == magic:
			f.another()
			continue
		case f.tag(head):
			continue
		}
		f.w.set()
		fr, err := f.parse()
		switch {
		case err == nil:
			f.w.free()
			f.take(fr)
			return nil
		case errors.Is(err, pcm.ErrUnsupported):
			return err
		case f.w.err != nil && f.w.err != io.EOF:
			return f.w.err
		}
		if err := f.seek(err); err != nil {
			return err
		}
	}
}

// take begins with a frame.
func (f *Reader) take(fr *frame.Frame) {
	lost := f.damage.cause != nil
	gap := f.place.gap(&f.gaps, fr.Header, f.got-f.first, lost, f.format.Rate)
	if lost || gap > 0 {
		f.damage.add(f.got, gap, f.place.sure, f.format.Rate)
	}
	f.got += gap
	f.missing += gap
	f.cur, f.at = fr, 0
	f.frames++
	f.decoded += int64(fr.BlockSize) * int64(f.format.Channels)
}

// another goes on with a recording that follows this one, if its header is sound.
func (f *Reader) another() {
	f.w.set()
	info, err := readMeta(f.w)
	if err == nil {
		f.w.free()
		f.finish()
		f.begin(info)
		return
	}
	f.w.back(1)
	f.w.free()
	if f.behind == nil {
		f.behind = fmt.Errorf("another recording follows and is not read: %w", err)
	}
}

// tag skips a tag that begins with head.
func (f *Reader) tag(head []byte) bool {
	n := 0
	switch {
	case string(head[:min(3, len(head))]) == "TAG":
		n = 128
	case string(head[:min(3, len(head))]) == "ID3":
		all, _ := f.w.Peek(10)
		if len(all) < 10 {
			return false
		}
		n = 10 + (int(all[6]&127)<<21 | int(all[7]&127)<<14 | int(all[8]&127)<<7 | int(all[9]&127))
	default:
		return false
	}
	_, _ = f.w.Discard(n) // the next read finds the end of the stream
	return true
}

// end sums up at the end of the stream.
func (f *Reader) end() error {
	f.finish()
	if f.frames == 0 && f.damage.places > 0 {
		return fmt.Errorf("%w: no FLAC frame can be decoded: %w", pcm.ErrDamaged, f.damage.why)
	}
	return io.EOF
}

// finish sums up at the end of a recording.
func (f *Reader) finish() {
	got, total := f.got-f.first, f.place.total
	cause := f.damage.cause
	f.damage.cause = nil
	switch {
	case f.cut != nil: // of a recording before
	case total > got:
		f.cut = fmt.Errorf("%w: %d of %d samples are there", pcm.ErrTruncated, got, total)
	case total == 0 && isEnd(cause):
		f.cut = fmt.Errorf("%w: ends within a frame, after %d samples", pcm.ErrTruncated, got)
	}
	if cause != nil && !isEnd(cause) && (total == 0 || total > got) {
		f.damage.cause = cause
		f.damage.add(f.got, 0, false, f.format.Rate)
	}
}

func isEnd(err error) bool { return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) }

// parse decodes one frame and checks that it is of the stream's shape.
func (f *Reader) parse() (fr *frame.Frame, err error) {
	defer func() {
		// The library decodes unchecked bytes and can panic on a damaged file, which must
		// not end the program.
		if p := recover(); p != nil {
			err = fmt.Errorf("%v", p)
		}
	}()
	src := newFrameSource(f.w)
	if fr, err = frame.New(src); err != nil {
		return nil, err
	}
	if fr.BitsPerSample == 0 {
		fr.BitsPerSample = f.bits // the library reads samples of 0 bits otherwise
	}
	if fr.BitsPerSample != f.bits || fr.Channels.Count() != f.format.Channels {
		return nil, fmt.Errorf("%d channels of %d bits in a stream of %d of %d",
			fr.Channels.Count(), fr.BitsPerSample, f.format.Channels, f.bits)
	}
	if fr.BitsPerSample == 32 && fr.Channels >= frame.ChannelsLeftSide {
		return nil, fmt.Errorf("%w: difference channels of 33 bits", pcm.ErrUnsupported)
	}
	if err := src.verify(fr.Parse()); err != nil {
		return nil, err
	}
	for _, sub := range fr.Subframes {
		if len(sub.Samples) != int(fr.BlockSize) || len(sub.Samples) == 0 {
			return nil, fmt.Errorf("%d samples in a block of %d", len(sub.Samples), fr.BlockSize)
		}
	}
	return fr, nil
}
