package ffmpeg

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"math"

	"github.com/seed-7adb9000/diarizer/capture/pcm"
)

// A Reader decodes the output of a [Process]: one track of float samples in Matroska (RFC 9559), whose
// blocks state their times. It implements no more of the format than that. Make it with [NewReader].
type Reader struct {
	br     *bufio.Reader
	format pcm.Format
	frames *pcm.Frames
	clock  pcm.Clock

	scale   int64 // nanoseconds in a unit of time
	cluster int64 // time of the current cluster, in units
	missing int64 // frames, before the next block
	gap     int64 // frames, before those returned last
}

// NewReader reads up to the first sound. The error is io.EOF if there is none.
func NewReader(r io.Reader) (*Reader, error) {
	m := &Reader{br: bufio.NewReaderSize(r, 64<<10), scale: 1e6}
	m.format = pcm.Format{Container: "Matroska", Encoding: pcm.F32().Name, Frames: -1}
	if err := m.next(); err != nil {
		return nil, err
	}
	return m, nil
}

// Format says what the process makes.
func (m *Reader) Format() pcm.Format { return m.format }

// Gap implements [pcm.Gapped], for gaps in the times of the recording.
func (m *Reader) Gap() int64 { return m.gap }

// Warning is about samples that are not numbers and about impossible times.
func (m *Reader) Warning() error { return pcm.Join(m.frames.Warning(), m.clock.Warning()) }

// Read decodes interleaved frames into dst as [pcm.Reader] has it.
func (m *Reader) Read(dst []float32) (int, error) {
	for {
		n, err := m.frames.Read(dst)
		if n > 0 {
			m.clock.Heard(int64(n))
			m.gap, m.missing = m.missing, 0
			return n, nil
		}
		if !m.frames.Ended() {
			return 0, err
		}
		if err := m.next(); err != nil {
			return 0, err
		}
	}
}

// The elements that are read. Their level does not matter: every element that holds others is
// entered.
const (
	idSegment       = 0x18538067
	idInfo          = 0x1549A966
	idScale         = 0x2AD7B1
	idTracks        = 0x1654AE6B
	idTrack         = 0xAE
	idAudio         = 0xE1
	idFrequency     = 0xB5
	idChannels      = 0x9F
	idCluster       = 0x1F43B675
	idTime          = 0xE7
	idBlockGroup    = 0xA0
	idBlock         = 0xA1
	idSimpleBlock   = 0xA3
	maxElement      = 8 // bytes of a number
	blockHeaderLen  = 4 // of a block of a track below 128
	blockLacing     = 0x06
	shortTrackCoded = 0x80
)

// next goes on to the next block of sound.
func (m *Reader) next() error {
	for {
		id, size, err := m.element()
		if err != nil {
			return err
		}
		switch id {
		case idSegment, idInfo, idTracks, idTrack, idAudio, idCluster, idBlockGroup:
		case idScale, idChannels, idTime, idFrequency:
			if err := m.property(id, size); err != nil {
				return err
			}
		case idBlock, idSimpleBlock:
			if sound, err := m.block(size); sound || err != nil {
				return err
			}
		default:
			if err := m.skip(size); err != nil {
				return err
			}
		}
	}
}

// property reads a number.
func (m *Reader) property(id uint64, size int64) error {
	if size < 0 || size > maxElement {
		return fmt.Errorf("%w: Matroska element %X of %d bytes, expected a number", pcm.ErrDamaged, id, size)
	}
	var b [maxElement]byte
	if _, err := io.ReadFull(m.br, b[maxElement-size:]); err != nil {
		return err
	}
	v := binary.BigEndian.Uint64(b[:])
	switch id {
	case idScale:
		m.scale = int64(min(v, 1e9))
	case idChannels:
		m.format.Channels = int(min(v, math.MaxInt32))
	case idTime:
		m.cluster = int64(min(v, math.MaxInt64))
	case idFrequency:
		f := math.Float64frombits(v)
		if size == 4 {
			f = float64(math.Float32frombits(uint32(v)))
		}
		m.format.Rate = int(max(0, min(f, math.MaxInt32)))
	}
	return nil
}

// block begins with a block's samples, unless it has none.
func (m *Reader) block(size int64) (sound bool, err error) {
	var head [blockHeaderLen]byte
	if _, err := io.ReadFull(m.br, head[:]); err != nil {
		return false, err
	}
	size -= blockHeaderLen
	if size < 0 || head[0]&shortTrackCoded == 0 || head[3]&blockLacing != 0 {
		return false, fmt.Errorf("%w: Matroska block % x, expected one of the first tracks without lacing", pcm.ErrDamaged, head)
	}
	if m.frames == nil {
		if err := pcm.CheckShape(int64(m.format.Rate), m.format.Channels); err != nil {
			return false, err
		}
		m.frames = pcm.NewFrames(m.br, pcm.F32(), m.format.Channels, 0)
	}
	if size < int64(m.format.Channels)*4 {
		return false, m.skip(size)
	}
	units := m.cluster + int64(int16(binary.BigEndian.Uint16(head[1:])))
	// Times are cut to some centuries, so that no product overflows.
	ms := max(-1e13, min(1e13, float64(units)*float64(m.scale)/1e6)) - ahead.Seconds()*1e3
	m.missing += m.clock.At(int64(math.Round(ms*float64(m.format.Rate)/1e3)), m.format.Rate)
	m.frames.Restart(size)
	return true, nil
}

// element reads what an element begins with: its name, and its size, which is
// negative if it is not known.
func (m *Reader) element() (id uint64, size int64, err error) {
	id, n, err := m.number()
	if err != nil {
		return 0, 0, err
	}
	id |= 1 << (7 * n) // names keep the mark of their length
	v, n, err := m.number()
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	if v == 1<<(7*n)-1 {
		return id, -1, err
	}
	return id, int64(v), err
}

// number reads a number of n bytes, which begins with n-1 zero bits and a one.
func (m *Reader) number() (v uint64, n int, err error) {
	b, err := m.br.ReadByte()
	if err != nil {
		return 0, 0, err
	}
	for n = 1; n <= 8 && b>>(8-n) == 0; n++ {
	}
	if n > 8 {
		return 0, 0, fmt.Errorf("%w: no Matroska element begins with %02x", pcm.ErrDamaged, b)
	}
	v = uint64(b) & (1<<(8-n) - 1)
	for range n - 1 {
		if b, err = m.br.ReadByte(); err != nil {
			return 0, 0, io.ErrUnexpectedEOF
		}
		v = v<<8 | uint64(b)
	}
	return v, n, nil
}

// skip leaves out an element.
func (m *Reader) skip(size int64) error {
	if size < 0 {
		return fmt.Errorf("%w: a Matroska element without a size", pcm.ErrDamaged)
	}
	for size > 0 {
		n, err := m.br.Discard(int(min(size, 1<<20)))
		if err != nil {
			return err
		}
		size -= int64(n)
	}
	return nil
}
