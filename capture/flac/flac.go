// Package flac reads FLAC recordings with github.com/mewkiz/flac, and guards
// against what that library lets pass: garbage taken for an empty stream,
// sample sizes left to the stream header, 33-bit side channels.
package flac

import (
	"bufio"
	"errors"
	"fmt"
	"io"

	"github.com/mewkiz/flac/frame"
	"github.com/mewkiz/flac/meta"

	"github.com/seed-7adb9000/diarizer/capture/pcm"
)

// A Reader decodes one FLAC recording. Make it with [NewReader].
type Reader struct {
	br     *bufio.Reader
	format pcm.Format
	bits   uint8
	scale  float32

	cur     *frame.Frame
	at      int   // next sample of cur
	got     int64 // frames decoded
	warning error
	err     error
}

// NewReader reads the header of a native FLAC stream, without an ID3 tag before
// it. Errors wrap [pcm.ErrTruncated] or [pcm.ErrDamaged].
func NewReader(r io.Reader) (*Reader, error) {
	br := bufio.NewReaderSize(r, 64<<10)
	info, err := readMeta(br)
	if err != nil {
		return nil, err
	}
	f := &Reader{
		br:    br,
		bits:  info.BitsPerSample,
		scale: 1 / float32(int64(1)<<(info.BitsPerSample-1)),
		format: pcm.Format{
			Container: "FLAC",
			Encoding:  fmt.Sprintf("%d bit", info.BitsPerSample),
			Rate:      int(info.SampleRate),
			Channels:  int(info.NChannels),
			Frames:    -1,
		},
	}
	if info.NSamples > 0 {
		f.format.Frames = int64(info.NSamples)
	}
	return f, nil
}

// maxBlocks bounds the metadata; real files have some ten blocks.
const maxBlocks = 10000

// readMeta reads the stream's properties and skips all other metadata.
func readMeta(br *bufio.Reader) (*meta.StreamInfo, error) {
	var magic [4]byte
	if _, err := io.ReadFull(br, magic[:]); err != nil {
		return nil, headerError(err)
	}
	if string(magic[:]) != "fLaC" {
		return nil, fmt.Errorf("%w: begins with %q, expected fLaC", pcm.ErrDamaged, magic)
	}
	block, err := meta.New(br)
	if err != nil {
		return nil, headerError(err)
	}
	// The library would take any block here and later find no frames in it.
	if block.Type != meta.TypeStreamInfo || block.Length != 34 {
		return nil, fmt.Errorf("%w: the first metadata block is of type %d and %d bytes, expected stream info of 34 bytes",
			pcm.ErrDamaged, block.Type, block.Length)
	}
	if err := block.Parse(); err != nil {
		return nil, headerError(err)
	}
	info := block.Body.(*meta.StreamInfo)
	if info.BitsPerSample < 4 || info.BitsPerSample > 32 {
		return nil, fmt.Errorf("%w: %d bits a sample, expected 4 to 32", pcm.ErrDamaged, info.BitsPerSample)
	}
	for range maxBlocks {
		if block.IsLast {
			return info, nil
		}
		if block, err = meta.New(br); err != nil {
			return nil, headerError(err)
		}
		if block.Type == meta.TypeStreamInfo || block.Type == 127 {
			return nil, fmt.Errorf("%w: metadata block of type %d", pcm.ErrDamaged, block.Type)
		}
		if n, err := br.Discard(int(block.Length)); err != nil {
			return nil, fmt.Errorf("%w: a metadata block has %d of %d bytes", pcm.ErrTruncated, n, block.Length)
		}
	}
	return nil, fmt.Errorf("%w: no sound after %d metadata blocks", pcm.ErrDamaged, maxBlocks)
}

func headerError(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("%w: ends within the FLAC header", pcm.ErrTruncated)
	}
	return fmt.Errorf("%w: FLAC header: %w", pcm.ErrDamaged, err)
}

// Format says what the recording holds.
func (f *Reader) Format() pcm.Format { return f.format }

// Warning tells whether the recording ended early.
func (f *Reader) Warning() error { return f.warning }

// Read decodes interleaved frames into dst as [pcm.Reader] has it.
func (f *Reader) Read(dst []float32) (int, error) {
	ch := f.format.Channels
	want := len(dst) / ch
	if want == 0 {
		return 0, fmt.Errorf("flac: buffer of %d samples for %d channels: %w", len(dst), ch, io.ErrShortBuffer)
	}
	for f.cur == nil || f.at == len(f.cur.Subframes[0].Samples) {
		if f.err == nil {
			f.cur, f.at = nil, 0
			f.err = f.next()
		}
		if f.err != nil {
			return 0, f.err
		}
	}
	n := min(want, len(f.cur.Subframes[0].Samples)-f.at)
	for c, sub := range f.cur.Subframes {
		for i, x := range sub.Samples[f.at : f.at+n] {
			dst[i*ch+c] = float32(x) * f.scale
		}
	}
	f.at += n
	f.got += int64(n)
	return n, nil
}

// next decodes the next block of the stream into f.cur.
func (f *Reader) next() error {
	head, err := f.br.Peek(3)
	total := f.format.Frames
	switch {
	case len(head) == 0 && err != io.EOF:
		return err
	case len(head) == 0:
		if total > f.got {
			f.warning = f.truncated()
		}
		return io.EOF
	case f.got > 0 && string(head) == "TAG": // an ID3v1 tag at the end
		return io.EOF
	case total >= 0 && f.got >= total && !(len(head) > 1 && head[0] == 0xFF && head[1]&0xFC == 0xF8):
		return io.EOF
	}
	fr, err := f.parse()
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		f.warning = f.truncated()
		return io.EOF
	}
	if errors.Is(err, pcm.ErrUnsupported) {
		return err
	}
	if err != nil {
		return fmt.Errorf("%w: FLAC frame at %.1f s: %w", pcm.ErrDamaged, float64(f.got)/float64(f.format.Rate), err)
	}
	f.cur = fr
	return nil
}

func (f *Reader) truncated() error {
	if f.format.Frames < 0 {
		return fmt.Errorf("%w: ends within a frame, after %d samples", pcm.ErrTruncated, f.got)
	}
	return fmt.Errorf("%w: %d of %d samples are there", pcm.ErrTruncated, f.got, f.format.Frames)
}

// parse decodes one frame and checks that it is of the stream's shape.
func (f *Reader) parse() (fr *frame.Frame, err error) {
	defer func() {
		// The library decodes bytes that nobody has checked; what makes it index
		// out of range is a damaged file, not the end of the program.
		if p := recover(); p != nil {
			err = fmt.Errorf("%v", p)
		}
	}()
	src := newFrameSource(f.br)
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
