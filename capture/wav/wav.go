// Package wav reads WAV recordings as recorders and pipes write them: integer
// PCM, IEEE float, A-law and µ-law; the plain and the extensible header; RIFF
// and its 64-bit forms RF64 and BW64; sizes that are unknown, zero or wrong.
// It reads forward only and keeps no more than one buffer in memory.
//
// References: Microsoft and IBM, Multimedia Programming Interface and Data
// Specifications 1.0; Microsoft, Multiple Channel Audio Data and WAVE Files;
// EBU Tech 3306 (RF64); ITU-R BS.2088 (BW64); ITU-T G.711.
package wav

import (
	"bufio"
	"fmt"
	"io"

	"github.com/seed-7adb9000/diarizer/capture/pcm"
)

// A Reader decodes one WAV recording. Make it with [NewReader].
type Reader struct {
	br     *bufio.Reader
	format pcm.Format
	decode func(dst []float32, src []byte) (odd int)

	frameSize int   // bytes
	left      int64 // bytes of sound still to come, -1 for all there is
	declared  int64 // bytes of sound that the header promised, -1 if none
	open      bool  // the header did not tell
	got       int64 // bytes of sound read
	buf       []byte
	held      int // bytes of an incomplete frame at the start of buf
	odd       int64
	warning   error
	err       error
}

// bufferFrames is how many frames are decoded at a time at most.
const bufferFrames = 4096

// NewReader reads the header of a WAV stream up to its samples. The size is the
// length of the whole stream in bytes, or -1 if it is not known; it tells a
// recording that was cut off, or never finished, from a complete one.
//
// Errors wrap [pcm.ErrUnsupported] for an encoding that is not decoded here,
// [pcm.ErrTruncated] for a header that is cut off and [pcm.ErrDamaged] for one
// that makes no sense.
func NewReader(r io.Reader, size int64) (*Reader, error) {
	br := bufio.NewReaderSize(r, 64<<10)
	h, err := readHeader(br, size)
	if err != nil {
		return nil, err
	}
	w := &Reader{
		br:        br,
		frameSize: h.fmt.frameSize,
		decode:    h.fmt.decode,
		left:      h.dataSize,
		declared:  h.dataSize,
		open:      h.dataSize < 0,
		format: pcm.Format{
			Container: h.container,
			Encoding:  h.fmt.name,
			Rate:      h.fmt.rate,
			Channels:  h.fmt.channels,
			Frames:    -1,
		},
	}
	if size >= 0 {
		// The file tells more reliably than the header what is there.
		present := max(0, size-h.offset)
		if w.left < 0 {
			w.left, w.declared = present, present
		} else if present < w.left {
			w.truncated(present)
			w.left = present
		}
	}
	if w.left >= 0 {
		w.format.Frames = w.left / int64(w.frameSize)
	}
	w.buf = make([]byte, bufferFrames*w.frameSize)
	return w, nil
}

// Format says what the recording holds.
func (w *Reader) Format() pcm.Format { return w.format }

// Warning tells of truncation and of samples that are not numbers.
func (w *Reader) Warning() error {
	if w.odd == 0 {
		return w.warning
	}
	odd := fmt.Errorf("%w: %d samples are not finite numbers, silence taken for them", pcm.ErrDamaged, w.odd)
	if w.warning == nil {
		return odd
	}
	return fmt.Errorf("%w; %w", w.warning, odd)
}

// Read decodes interleaved frames into dst as [pcm.Reader] has it.
func (w *Reader) Read(dst []float32) (int, error) {
	want := min(len(dst)/w.format.Channels, bufferFrames)
	if want == 0 {
		return 0, fmt.Errorf("wav: buffer of %d samples for %d channels: %w", len(dst), w.format.Channels, io.ErrShortBuffer)
	}
	limit := want * w.frameSize
	for w.err == nil && w.held < w.frameSize {
		n := limit - w.held
		if w.left >= 0 {
			n = int(min(int64(n), w.left))
		}
		if n == 0 {
			w.end(io.EOF)
			break
		}
		n, err := w.br.Read(w.buf[w.held : w.held+n])
		w.held += n
		w.got += int64(n)
		if w.left >= 0 {
			w.left -= int64(n)
		}
		if err != nil {
			w.end(err)
		}
	}
	frames := w.held / w.frameSize
	if frames == 0 {
		return 0, w.err
	}
	n := frames * w.frameSize
	w.odd += int64(w.decode(dst[:frames*w.format.Channels], w.buf[:n]))
	w.held = copy(w.buf, w.buf[n:w.held])
	return frames, nil
}

// end notes why the sound is over.
func (w *Reader) end(err error) {
	w.err = err
	if err != io.EOF || w.warning != nil || w.left <= 0 && w.held%w.frameSize == 0 {
		return
	}
	if w.open && w.held == 1 && w.buf[0] == 0 && w.got%2 == 0 {
		return // the byte that fills up a chunk whose end the header did not tell
	}
	w.truncated(w.got)
}

func (w *Reader) truncated(present int64) {
	if w.declared < 0 || present >= w.declared {
		w.warning = fmt.Errorf("%w: the last frame has %d of %d bytes", pcm.ErrTruncated, present%int64(w.frameSize), w.frameSize)
		return
	}
	w.warning = fmt.Errorf("%w: %d of %d bytes of sound are there", pcm.ErrTruncated, present, w.declared)
}
