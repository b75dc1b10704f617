// Package opus reads Ogg Opus recordings (RFC 7845). Packets are decoded by
// github.com/pion/opus; the Ogg pages are read here, because lost or damaged
// pages must become silence of the right length, the end has to be trimmed
// exactly, and that library's reader does neither.
package opus

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"

	"github.com/seed-7adb9000/diarizer/capture/pcm"
)

// rate is what Opus positions count and what is decoded.
const rate = 48000

// maxPacket is the longest packet, 120 ms, in samples.
const maxPacket = rate * 120 / 1000

// A Reader decodes one Ogg Opus recording. Make it with [NewReader].
type Reader struct {
	pages  *pageReader
	format pcm.Format
	dec    *PacketDecoder
	gain   float32

	serial  uint32
	number  uint32 // of the page expected next
	partial []byte // packet that goes on in the next page
	cut     bool   // whose beginning is lost
	lost    bool   // something is missing before the next packet
	ended   bool   // the last page was seen
	queue   [][]byte
	limit   int64 // where the sound ends, on the last page; -1 before
	chains  int   // streams that followed the first

	pos     int64     // where the next decoded sample lies, in the stream's own count
	skip    int64     // samples still to be left out at the beginning
	silence int64     // samples to be filled in
	ready   []float32 // decoded, still to be returned

	got               int64
	filled, bad, good int64
	err               error
	end               error
}

// NewReader reads the headers and the first page of sound of an Ogg Opus
// stream. If file is not nil, it is the same stream of the given size in bytes,
// from whose end the length is taken.
//
// Errors wrap [pcm.ErrUnsupported] for more than two channels,
// [pcm.ErrTruncated] and [pcm.ErrDamaged].
func NewReader(r io.Reader, file io.ReaderAt, size int64) (*Reader, error) {
	o := &Reader{pages: newPageReader(r), limit: -1}
	pg, err := o.pages.next()
	for err == nil && !(pg.first && isHead(pg.body)) {
		pg, err = o.pages.next() // another stream's, multiplexed
	}
	if err == nil {
		err = o.begin(pg)
	}
	if err == nil {
		err = o.firstSound()
	}
	if err != nil {
		return nil, headerError(err)
	}
	if file != nil {
		if g, ok := lastGranule(file, size, o.serial); ok {
			o.format.Frames = max(0, g-o.pos+o.silence-o.skip)
		}
	}
	return o, nil
}

func headerError(err error) error {
	switch {
	case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("%w: ends within the Ogg Opus headers", pcm.ErrTruncated)
	case errors.Is(err, pcm.ErrUnsupported), errors.Is(err, pcm.ErrDamaged):
		return err
	}
	return fmt.Errorf("reading the Ogg Opus headers: %w", err)
}

func isHead(b []byte) bool { return len(b) >= 19 && string(b[:8]) == "OpusHead" }

// begin starts the stream whose first page is pg (RFC 7845, 5.1).
func (o *Reader) begin(pg page) error {
	b := pg.body
	channels := int(b[9])
	if b[8]>>4 != 0 {
		return fmt.Errorf("%w: Opus version %d, expected 1", pcm.ErrUnsupported, b[8])
	}
	if b[18] != 0 || channels < 1 || channels > 2 {
		return fmt.Errorf("%w: Opus with %d channels (mapping %d), expected 1 or 2", pcm.ErrUnsupported, channels, b[18])
	}
	if o.format.Channels > 0 && channels != o.format.Channels {
		return fmt.Errorf("%w: Opus that changes from %d to %d channels", pcm.ErrUnsupported, o.format.Channels, channels)
	}
	dec, err := NewPacketDecoder(channels)
	if err != nil {
		return err
	}
	o.dec = dec
	o.format = pcm.Format{Container: "Ogg", Encoding: "Opus", Rate: rate, Channels: channels, Frames: -1}
	o.skip = int64(binary.LittleEndian.Uint16(b[10:]))
	o.gain = float32(math.Pow(10, float64(int16(binary.LittleEndian.Uint16(b[16:])))/256/20))
	o.serial, o.number = pg.serial, pg.number+1
	o.partial, o.cut, o.ended, o.limit = nil, false, false, -1
	return nil
}

// firstSound reads up to the first page with sound, which tells where the
// stream begins: recordings of a running broadcast do not begin at 0.
func (o *Reader) firstSound() error {
	for tags := true; len(o.queue) == 0; {
		pg, err := o.page()
		if err != nil {
			return err
		}
		o.split(pg)
		if tags && len(o.queue) > 0 {
			o.queue = o.queue[1:] // the comments
			tags = false
		}
		if len(o.queue) > 0 {
			o.pos = max(0, pg.granule-o.queued())
			if o.lost {
				o.fill(0)
			}
			o.setLimit(pg)
		}
	}
	o.lost = false
	return nil
}

// fill puts silence between where the sound got to and o.pos.
func (o *Reader) fill(from int64) {
	gap := o.pos - from
	if gap <= 0 || gap > maxFill-o.filled {
		return
	}
	o.filled += gap
	k := min(o.skip, gap)
	o.skip -= k
	o.silence = gap - k
}

// page returns the stream's next page and notes what is missing before it.
func (o *Reader) page() (page, error) {
	for {
		pg, err := o.pages.next()
		if err != nil {
			return page{}, err
		}
		if pg.serial != o.serial {
			if o.ended && pg.first && isHead(pg.body) {
				return pg, o.chain(pg)
			}
			continue
		}
		if pg.number != o.number {
			o.lost = true
			o.partial, o.cut = nil, pg.continued
		}
		o.number = pg.number + 1
		o.ended = pg.last
		return pg, nil
	}
}

// chain goes on with a stream that follows another in the same file.
func (o *Reader) chain(pg page) error {
	if err := o.begin(pg); err != nil {
		return err
	}
	o.chains++
	return o.firstSound()
}

// split adds the packets that end in pg to the queue.
func (o *Reader) split(pg page) {
	body := pg.body
	if !pg.continued {
		o.partial, o.cut = nil, false
	}
	n := 0
	for _, s := range pg.lacing {
		n += int(s)
		if s == 255 {
			continue
		}
		packet := append(o.partial, body[:n]...)
		body, n, o.partial = body[n:], 0, nil
		if !o.cut {
			o.queue = append(o.queue, packet)
		}
		o.cut = false
	}
	if n > 0 {
		o.partial = append(o.partial, body[:n]...)
	}
}

// queued is the length of the packets in the queue.
func (o *Reader) queued() (n int64) {
	for _, p := range o.queue {
		n += duration(p)
	}
	return n
}

func (o *Reader) setLimit(pg page) {
	if pg.last && pg.granule >= 0 {
		o.limit = pg.granule
	}
}

// Format says what the recording holds.
func (o *Reader) Format() pcm.Format { return o.format }

// Warning tells of lost pages, of packets that were no sound, and of a missing end.
func (o *Reader) Warning() error {
	var parts []error
	if o.end != nil {
		parts = append(parts, o.end)
	}
	if o.filled > 0 || o.bad > 0 {
		parts = append(parts, fmt.Errorf("%w: %.2f s are lost and %d packets cannot be decoded, silence taken for them",
			pcm.ErrDamaged, float64(o.filled)/rate, o.bad))
	}
	if len(parts) == 2 {
		return fmt.Errorf("%w; %w", parts[0], parts[1])
	}
	return errors.Join(parts...)
}

// Read decodes interleaved frames into dst as [pcm.Reader] has it.
func (o *Reader) Read(dst []float32) (int, error) {
	ch := o.format.Channels
	want := len(dst) / ch
	if want == 0 {
		return 0, fmt.Errorf("opus: buffer of %d samples for %d channels: %w", len(dst), ch, io.ErrShortBuffer)
	}
	for len(o.ready) == 0 && o.silence == 0 && o.err == nil {
		o.err = o.more()
	}
	switch {
	case o.silence > 0:
		n := int(min(int64(want), o.silence))
		clear(dst[:n*ch])
		o.silence -= int64(n)
		o.got += int64(n)
		return n, nil
	case len(o.ready) > 0:
		n := copy(dst[:want*ch], o.ready)
		o.ready = o.ready[n:]
		o.got += int64(n / ch)
		return n / ch, nil
	}
	return 0, o.err
}

// maxFill bounds what all gaps are filled with: the positions of a damaged file
// are as trustworthy as the rest of it.
const maxFill = 6 * 3600 * rate

// more decodes the next packet, or reads the next page.
func (o *Reader) more() error {
	if len(o.queue) > 0 {
		packet := o.queue[0]
		o.queue = o.queue[1:]
		return o.decode(packet)
	}
	pg, err := o.page()
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		if !o.ended || errors.Is(err, io.ErrUnexpectedEOF) && o.pages.skipped == 0 {
			o.end = fmt.Errorf("%w: the stream has no last page after %.1f s", pcm.ErrTruncated, float64(o.got)/rate)
		}
		if o.good == 0 && o.bad > 0 {
			return fmt.Errorf("%w: none of %d Opus packets can be decoded", pcm.ErrDamaged, o.bad)
		}
		return io.EOF
	case err != nil:
		return err
	case pg.first:
		return nil // chained: its first packets are in the queue
	}
	o.split(pg)
	o.setLimit(pg)
	if o.lost && pg.granule >= 0 && len(o.queue) > 0 {
		from := o.pos
		o.pos = max(from, pg.granule-o.queued())
		o.fill(from)
		o.lost = false
	}
	return nil
}

// decode makes one packet ready, less what lies outside the recording.
func (o *Reader) decode(packet []byte) error {
	ch := int64(o.format.Channels)
	samples, err := o.dec.Decode(packet)
	if err != nil {
		o.bad++
		samples = o.dec.silence(duration(packet))
	} else {
		o.good++
	}
	o.ready = samples
	n := int64(len(samples)) / ch
	o.pos += n
	if o.limit >= 0 && o.pos > o.limit {
		o.ready = o.ready[:max(0, n-(o.pos-o.limit))*ch]
	}
	k := min(o.skip, int64(len(o.ready))/ch)
	o.skip -= k
	o.ready = o.ready[k*ch:]
	if o.gain != 1 {
		for i := range o.ready {
			o.ready[i] *= o.gain
		}
	}
	return nil
}

// Duration is the length in samples at 48 kHz that a packet states (RFC 6716,
// 3.1 and 3.2), at most 120 ms; 0 if it states none.
func Duration(packet []byte) int { return int(duration(packet)) }

func duration(packet []byte) int64 {
	if len(packet) == 0 {
		return 0
	}
	config := packet[0] >> 3
	var frame int64 // in units of 2.5 ms
	switch {
	case config < 12: // SILK: 10, 20, 40, 60 ms
		frame = []int64{4, 8, 16, 24}[config%4]
	case config < 16: // hybrid: 10, 20 ms
		frame = []int64{4, 8}[config%2]
	default: // CELT: 2.5, 5, 10, 20 ms
		frame = 1 << (config % 4)
	}
	count := int64(1)
	switch packet[0] & 3 {
	case 1, 2:
		count = 2
	case 3:
		count = 0
		if len(packet) > 1 {
			count = int64(packet[1] & 63)
		}
	}
	return min(frame*count*rate/400, maxPacket)
}
