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
	"io"

	"github.com/seed-7adb9000/diarizer/capture/pcm"
)

// A Reader decodes one WAV recording. Make it with [NewReader].
type Reader struct {
	frames *pcm.Frames
	format pcm.Format
	open   bool // the header did not tell the length
	even   bool // the length so far, in bytes
	size   int  // of a frame
}

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
		frames: pcm.NewFrames(br, h.enc, h.channels, h.dataSize),
		open:   h.dataSize < 0,
		even:   true,
		size:   h.enc.Size * h.channels,
		format: pcm.Format{
			Container: h.container,
			Encoding:  h.enc.Name,
			Rate:      h.rate,
			Channels:  h.channels,
		},
	}
	if size >= 0 {
		// The file tells more reliably than the header what is there.
		w.frames.Available(max(0, size-h.offset))
	}
	w.format.Frames = w.frames.Count()
	return w, nil
}

// Format says what the recording holds.
func (w *Reader) Format() pcm.Format { return w.format }

// Read decodes interleaved frames into dst as [pcm.Reader] has it.
func (w *Reader) Read(dst []float32) (int, error) {
	n, err := w.frames.Read(dst)
	w.even = w.even == (n*w.size%2 == 0)
	return n, err
}

// Warning tells of truncation and of samples that are not numbers.
func (w *Reader) Warning() error {
	rest := w.frames.Rest()
	if w.open && !w.even && len(rest) == 1 && rest[0] == 0 {
		return nil // the byte that fills up a chunk whose end the header did not tell
	}
	return w.frames.Warning()
}
