package flac

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"

	"github.com/mewkiz/flac"
	"github.com/mewkiz/flac/frame"
	"github.com/mewkiz/flac/meta"

	"github.com/seed-7adb9000/diarizer/internal/dsp/clean"
)

// WriterBlock is the number of samples in a frame that a [Writer] writes: 0.256 s
// at 16 kHz.
const WriterBlock = 4096

// A Writer writes mono sound of 16 bits as it comes. Each frame is written with one Write, complete and
// independent of other frames, so that a file plays even if the program ends in the middle. Until Close,
// the header does not have the length. Make it with [NewWriter].
type Writer struct {
	out   io.WriteSeeker
	enc   *flac.Encoder
	buf   bytes.Buffer // bytes of the next Write
	frame frame.Frame
	sub   frame.Subframe
	block []int32
	err   error
}

// NewWriter writes a header for a sample rate in hertz to out, which the Writer
// closes if it is an io.Closer.
func NewWriter(out io.WriteSeeker, rate int) (*Writer, error) {
	if rate < 1 || rate > 655350 {
		return nil, fmt.Errorf("sample rate %d Hz: expected 1 to 655350 Hz", rate)
	}
	w := &Writer{out: out, block: make([]int32, 0, WriterBlock)}
	var err error
	w.enc, err = flac.NewEncoder(frameBuffer{w}, &meta.StreamInfo{
		BlockSizeMin: WriterBlock, BlockSizeMax: WriterBlock,
		SampleRate: uint32(rate), NChannels: 1, BitsPerSample: 16,
	})
	if err == nil {
		err = w.flush()
	}
	if err != nil {
		return nil, fmt.Errorf("flac: %w", err)
	}
	w.frame.Header = frame.Header{
		HasFixedBlockSize: true, SampleRate: uint32(rate),
		Channels: frame.ChannelsMono, BitsPerSample: 16,
	}
	return w, nil
}

// Write takes samples in [-1, 1]. A louder sample is clipped. A sample that is no sound (not a number,
// infinite or beyond ±65,536) is written as silence.
func (w *Writer) Write(samples []float32) error {
	for _, x := range samples {
		// Readers scale by the same power of two.
		v := math.RoundToEven(float64(clean.One(x)) * (1 << 15))
		w.block = append(w.block, int32(max(math.MinInt16, min(math.MaxInt16, v))))
		if len(w.block) == WriterBlock {
			w.encode()
		}
	}
	return w.err
}

// encode writes the block that has been gathered.
func (w *Writer) encode() {
	n := len(w.block)
	if n == 0 || w.err != nil {
		w.block = w.block[:0]
		return
	}
	w.frame.BlockSize = uint16(n)
	w.sub = frame.Subframe{SubHeader: frame.SubHeader{Pred: frame.PredVerbatim}, Samples: w.block, NSamples: n}
	if constant(w.block) { // silence, such as hours of a gap, takes a thousandth of the space
		w.sub.Pred = frame.PredConstant
	}
	w.frame.Subframes = append(w.frame.Subframes[:0], &w.sub)
	w.err = w.enc.WriteFrame(&w.frame)
	if w.err == nil {
		w.err = w.flush()
	}
	if w.err != nil {
		w.err = fmt.Errorf("flac: %w", w.err)
	}
	w.block = w.block[:0]
}

// constant reports whether all samples are equal.
func constant(block []int32) bool {
	for _, v := range block {
		if v != block[0] {
			return false
		}
	}
	return true
}

// flush writes the encoded bytes.
func (w *Writer) flush() error {
	_, err := w.out.Write(w.buf.Bytes())
	w.buf.Reset()
	return err
}

// Close writes the rest of the sound, and puts its length and checksum into the header.
func (w *Writer) Close() error {
	w.encode()
	err := w.enc.Close()
	if err == nil {
		// The encoder writes the block sizes that it saw. That of the last frame can be too
		// small for a header, and without frames they are 0.
		const high, low = WriterBlock >> 8, WriterBlock & 0xFF
		err = w.patch(8, []byte{high, low, high, low})
	}
	if c, ok := w.out.(io.Closer); ok {
		err = errors.Join(err, c.Close())
	}
	if w.err != nil {
		return w.err
	}
	return err
}

// patch overwrites bytes of the file.
func (w *Writer) patch(at int64, b []byte) error {
	if _, err := w.out.Seek(at, io.SeekStart); err != nil {
		return err
	}
	_, err := w.out.Write(b)
	return err
}

// frameBuffer takes the output of the encoder: small pieces of frames and, at the end, the header.
type frameBuffer struct{ w *Writer }

func (b frameBuffer) Write(p []byte) (int, error) { return b.w.buf.Write(p) }

func (b frameBuffer) Seek(offset int64, whence int) (int64, error) {
	if err := b.w.flush(); err != nil {
		return 0, err
	}
	return b.w.out.Seek(offset, whence)
}

// Close ends the writing of the header.
func (b frameBuffer) Close() error { return b.w.flush() }
