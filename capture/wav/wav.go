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

// A Reader decodes one WAV recording, or several that stand one after the other.
// Make it with [NewReader].
type Reader struct {
	s         *scanner
	shape     shape
	frames    *pcm.Frames
	format    pcm.Format
	announced int64 // bytes of this chunk of sound, -1 if the header does not tell
	even      bool  // whether the length so far is an even number of bytes
	size      int   // of a frame, in bytes
	wrap      int64 // by which, or a multiple of it, a size that wrapped around is too small

	gaps    pcm.Gaps
	missing int64 // frames missing before those to be returned next
	gap     int64 // frames missing before those returned last
	parts   int   // chunks of sound after the first
	changes int   // number of changes of the format
	beyond  error // says that there was more sound than announced
	before  error // warning about frames of an earlier format
}

// NewReader reads the header of a WAV stream up to its samples. size is the length of the whole stream in bytes, or -1 if
// it is not known. It distinguishes a recording that was cut off, or never finished, from a complete one.
//
// Errors wrap [pcm.ErrUnsupported] for an encoding that is not decoded here, [pcm.ErrTruncated] for a header that is cut
// off, and [pcm.ErrDamaged] for an invalid header.
func NewReader(r io.Reader, size int64) (*Reader, error) { return newReader(r, size, 1<<32) }

// newReader is NewReader with another number than 2³² at which sizes wrap around.
func newReader(r io.Reader, size, wrap int64) (*Reader, error) {
	w := &Reader{s: &scanner{br: bufio.NewReaderSize(r, 64<<10), size: size}, wrap: wrap}
	h, err := w.s.header()
	if err != nil {
		return nil, err
	}
	w.begin(h)
	w.format.Frames = w.frames.Count()
	switch rest := size - w.s.pos; {
	case size >= 0 && h.dataSize < 0:
		w.format.Frames = rest / int64(w.size)
	case !w.s.wide && rest-h.dataSize >= wrap:
		w.format.Frames = -1 // the size may have wrapped around
	}
	return w, nil
}

// Format is the format of the recording. It changes where a recording with another format follows.
func (w *Reader) Format() pcm.Format { return w.format }

// Gap implements [pcm.Gapped], for silence that the file states instead of storing it.
func (w *Reader) Gap() int64 { return w.gap }

// Read decodes interleaved frames into dst as [pcm.Reader] has it.
func (w *Reader) Read(dst []float32) (int, error) {
	for {
		n, err := w.frames.Read(dst)
		w.even = w.even == (n*w.size%2 == 0)
		if n > 0 {
			w.gap, w.missing = w.missing, 0
			return n, nil
		}
		if err != io.EOF || !w.frames.Ended() && !w.s.another {
			return 0, err
		}
		if err := w.follow(); err != nil {
			return 0, err
		}
	}
}

// Warning is about truncation, samples that are not numbers, and sound that the header does not state.
func (w *Reader) Warning() error {
	warning := w.frames.Warning()
	rest := w.frames.Rest()
	if w.announced < 0 && !w.even && len(rest) == 1 && rest[0] == 0 {
		warning = nil // the byte that fills up a chunk whose end the header did not tell
	}
	return pcm.Join(w.before, warning, w.beyond, w.gaps.Warning())
}
