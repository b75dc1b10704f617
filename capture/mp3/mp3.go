// Package mp3 reads MP3 recordings, MPEG-1 and MPEG-2 layer III. The library github.com/hajimehoshi/go-mp3
// decodes the frames. This package finds them, because the library takes junk for the end, does not notice a
// truncated file, plays the header frame and the encoder's delay as sound, and fails in some MPEG-2 files.
package mp3

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/hajimehoshi/go-mp3"

	"github.com/seed-7adb9000/diarizer/capture/pcm"
)

// decoderDelay is how many samples every decoder lags behind, by the format's
// filter bank.
const decoderDelay = 529

// A Reader decodes one MP3 recording, or several that stand one after the other.
// Make it with [NewReader].
type Reader struct {
	in     *filter
	dec    *mp3.Decoder
	format pcm.Format
	spf    int64 // samples in a frame
	told   int64 // number of frames that the header frame states, 0 if none

	from, to int64 // the range of the recording in the decoded samples; to is 0 if unknown
	pos      int64 // samples decoded
	silence  int64 // samples of silence still to be returned
	over     bool  // whether the recording ends here and another one follows

	raw       []byte
	held      int
	good, bad int64
	warning   error
	err       error
}

// NewReader finds the first frame of an MP3 stream. Errors wrap
// [pcm.ErrUnsupported] for other kinds of MPEG audio, and [pcm.ErrDamaged] if
// there is no frame.
func NewReader(r io.Reader) (*Reader, error) {
	m := &Reader{in: &filter{br: bufio.NewReaderSize(r, 64<<10)}, raw: make([]byte, 4*4096)}
	m.format.Frames = -1
	if err := m.begin(); err != nil {
		if errors.Is(err, io.EOF) {
			err = fmt.Errorf("%w: no complete MP3 frame", pcm.ErrDamaged)
		}
		return nil, err
	}
	if m.to > 0 {
		m.format.Frames = max(0, m.to-m.from)
	}
	if err := m.lookAhead(); err != nil {
		return nil, err
	}
	return m, nil
}

// begin begins with a recording.
func (m *Reader) begin() error {
	if err := m.in.begin(); err != nil {
		return err
	}
	h := m.in.first
	m.dec, m.held = nil, 0
	m.spf, m.pos, m.told, m.from, m.to, m.over = int64(h.samples()), 0, 0, 0, 0, false
	m.format = pcm.Format{
		Container: "MP3", Encoding: fmt.Sprintf("%d kbit/s", h.bitrate()/1000), Rate: h.rate(), Channels: 2, Frames: m.format.Frames,
	}
	if h.mono() {
		m.format.Channels = 1
	}
	if in := parseInfo(h, m.in.frame); in.present {
		m.in.drop()
		m.in.frames = 0
		m.apply(in)
	}
	return nil
}

// apply uses the content of the header frame.
func (m *Reader) apply(in info) {
	if m.told = in.frames; in.gapless {
		m.from = in.delay + decoderDelay
	}
	if in.frames > 0 {
		m.to = in.frames * m.spf
		if in.gapless {
			m.to = max(m.from, min(m.to, m.to+decoderDelay-in.padding))
		}
	}
}

// lookAhead returns an error if the library would fail in the next frames.
func (m *Reader) lookAhead() error {
	b, _ := m.in.br.Peek(m.in.br.Buffered())
	for len(b) >= 4 {
		h := parseHeader(b)
		if !h.like(m.in.first) {
			return nil
		}
		if h.misread() {
			return unsupported(h)
		}
		b = b[min(h.length(), len(b)):]
	}
	return nil
}

// Format is the format of the recording, with the bit rate of the first frame. It changes where a recording
// with another format follows.
func (m *Reader) Format() pcm.Format { return m.format }

// Warning is about a truncated end, junk, and frames that cannot be decoded.
func (m *Reader) Warning() error { return m.warning }

// Read decodes interleaved frames into dst as [pcm.Reader] has it.
func (m *Reader) Read(dst []float32) (int, error) {
	for {
		ch := m.format.Channels
		want := len(dst) / ch
		if want == 0 {
			return 0, fmt.Errorf("mp3: buffer of %d samples for %d channels: %w", len(dst), ch, io.ErrShortBuffer)
		}
		at, n := m.pos, int64(want)
		for _, edge := range [...]int64{m.from, m.to, m.told * m.spf} {
			if edge > at {
				n = min(n, edge-at)
			}
		}
		k := m.decode(dst[:n*int64(ch)])
		if k == 0 && m.err != nil {
			return 0, m.err
		}
		if k == 0 {
			m.turn()
			continue
		}
		// Samples that the encoder and the decoder added before and after the sound are left out.
		if at >= m.from && (m.to == 0 || at < m.to || at >= m.told*m.spf) {
			return k, nil
		}
	}
}

// turn begins the next recording.
func (m *Reader) turn() {
	m.sum()
	if err := m.begin(); err != nil {
		m.err = err
		if m.in.err == io.EOF {
			m.finish()
		}
	}
}

// decode puts the next samples into dst and returns how many frames that are: 0
// when m.err is set, or the recording is over and another follows.
func (m *Reader) decode(dst []float32) int {
	ch := m.format.Channels
	for m.err == nil && !m.over || m.silence > 0 {
		if m.silence > 0 {
			n := int(min(m.silence, int64(len(dst)/ch)))
			clear(dst[:n*ch])
			m.silence -= int64(n)
			m.pos += int64(n)
			return n
		}
		k, err := m.read(m.raw[m.held:min(len(m.raw), len(dst)/ch*4)])
		m.held += k
		n := m.held / 4 // the library makes stereo of everything
		for i := range n {
			dst[i*ch] = float32(int16(binary.LittleEndian.Uint16(m.raw[4*i:]))) / (1 << 15)
			if ch == 2 {
				dst[2*i+1] = float32(int16(binary.LittleEndian.Uint16(m.raw[4*i+2:]))) / (1 << 15)
			}
		}
		m.held = copy(m.raw, m.raw[4*n:m.held])
		m.pos += int64(n)
		if err != nil {
			m.fail(err)
		}
		if n > 0 {
			m.good++
			return n
		}
	}
	return 0
}

// read reads from the library.
func (m *Reader) read(b []byte) (n int, err error) {
	defer func() {
		// The library decodes unchecked bytes and can panic on a damaged file.
		if p := recover(); p != nil {
			n, err = 0, fmt.Errorf("%v", p)
		}
	}()
	if m.dec == nil {
		if m.dec, err = mp3.NewDecoder(m.in); err != nil {
			m.dec = nil
			return 0, err
		}
	}
	return m.dec.Read(b)
}

// fail decides what to do after an error of the library. An error of the input is final. A frame that cannot
// be decoded becomes silence.
func (m *Reader) fail(err error) {
	switch {
	case m.in.err != nil && m.in.err != io.EOF:
		m.err = m.in.err
	case errors.Is(err, pcm.ErrUnsupported):
		m.err = err
	case m.in.change && len(m.in.frame) == 0:
		m.over = true
	case m.in.err == io.EOF && len(m.in.frame) == 0:
		m.finish()
	default:
		m.bad++
		m.in.drop()
		m.dec = nil
	}
	m.silence = max(0, m.in.frames*m.spf-m.pos)
}

// finish sets the error and the warning at the end of the input.
func (m *Reader) finish() {
	m.err = io.EOF
	if m.good == 0 && m.bad > 0 {
		m.err = fmt.Errorf("%w: none of %d MP3 frames can be decoded", pcm.ErrDamaged, m.bad)
	}
	m.sum()
	if m.bad > 0 || m.in.junk > 0 {
		m.warning = pcm.Join(m.warning, fmt.Errorf("%w: %d MP3 frames cannot be decoded, %d bytes are no frames", pcm.ErrDamaged, m.bad, m.in.junk))
	}
}

// sum adds the warning about sound that is missing at the end of a recording. The first one counts.
func (m *Reader) sum() {
	switch {
	case m.warning != nil:
	case m.in.frames < m.told:
		m.warning = fmt.Errorf("%w: %d of %d MP3 frames are there", pcm.ErrTruncated, m.in.frames, m.told)
	case m.in.cut:
		m.warning = fmt.Errorf("%w: ends within an MP3 frame", pcm.ErrTruncated)
	}
}
