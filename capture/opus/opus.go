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
	number  uint32          // of the page expected next
	beside  map[uint32]bool // streams that began together with it
	partial []byte          // packet that goes on in the next page
	cut     bool            // whose beginning is lost
	lost    bool            // something is missing before the next packet
	ended   bool            // the last page was seen
	body    bool            // a page behind the first was seen
	queue   [][]byte
	limit   int64 // where the sound ends, on the last page; -1 before
	chains  int   // streams that followed the first

	pos     int64     // where the next decoded sample lies, in the stream's own count
	shift   int64     // what stated positions are less than pos
	hole    int64     // samples missing before the last packet of the queue
	skip    int64     // samples still to be left out at the beginning
	missing int64     // samples missing before those to be returned next
	gap     int64     // and before those returned last
	ready   []float32 // decoded, still to be returned

	got             int64
	gaps            pcm.Gaps
	gone, bad, good int64 // samples lost with pages; packets
	unread          int64 // bytes of sound that was not read
	err             error
	end             error
}

// NewReader reads the headers and the first page of sound of an Ogg Opus
// stream. If file is not nil, it is the same stream of the given size in bytes,
// from whose end the length is taken.
//
// Errors wrap [pcm.ErrUnsupported] for more than two channels,
// [pcm.ErrTruncated] and [pcm.ErrDamaged].
func NewReader(r io.Reader, file io.ReaderAt, size int64) (*Reader, error) {
	o := &Reader{pages: newPageReader(r), beside: map[uint32]bool{}}
	o.format.Frames = -1
	pg, err := o.pages.next()
	for err == nil && !(pg.first && isHead(pg.body)) {
		o.aside(pg)
		pg, err = o.pages.next()
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
			o.format.Frames = max(0, g-o.pos+o.missing-o.skip)
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
	dec, err := NewPacketDecoder(channels)
	if err != nil {
		return err
	}
	o.dec = dec
	o.format = pcm.Format{Container: "Ogg", Encoding: "Opus", Rate: rate, Channels: channels, Frames: o.format.Frames}
	o.skip = int64(binary.LittleEndian.Uint16(b[10:]))
	o.gain = float32(math.Pow(10, float64(int16(binary.LittleEndian.Uint16(b[16:])))/256/20))
	o.serial, o.number = pg.serial, pg.number+1
	o.partial, o.cut, o.lost, o.ended, o.body, o.limit = nil, false, false, false, false, -1
	o.queue, o.hole, o.shift = nil, 0, 0
	return nil
}

// firstSound reads up to the first page with sound, which tells where the stream
// begins. A recording may begin late; one that follows another begins with it,
// except that what is lost of it is missing.
func (o *Reader) firstSound() error {
	for tags := true; len(o.queue) == 0; {
		pg, err := o.page()
		if err != nil {
			return err
		}
		if pg.first {
			tags = true // there was no sound, and another recording follows
			continue
		}
		o.split(pg)
		if tags && len(o.queue) > 0 {
			o.queue = o.queue[1:] // the comments
			tags = false
		}
		if len(o.queue) == 0 {
			continue
		}
		o.pos = max(0, pg.granule-o.queued())
		if late := o.pos; o.lost {
			// What a decoder warms up with is lost too.
			late = o.leave(late)
			k := min(o.skip, late)
			o.skip -= k
			o.missing += late - k
			o.gone += late - k
		} else if o.chains == 0 {
			o.missing += o.leave(late)
		}
		o.setLimit(pg)
	}
	o.lost = false
	return nil
}

// leave is how many of so many samples are believed to be missing.
func (o *Reader) leave(gap int64) int64 { return o.gaps.Add(gap, rate) }

// page returns the stream's next page and notes what is missing before it. Where
// another recording follows in the same file, that is the first page of it, which
// is begun with, whatever its number is and however this one ended.
func (o *Reader) page() (page, error) {
	for {
		pg, err := o.pages.next()
		switch {
		case err != nil:
			return page{}, err
		case pg.first && isHead(pg.body) && o.body:
			o.chains++
			return pg, o.begin(pg)
		case pg.first || pg.serial != o.serial:
			o.aside(pg)
			continue
		}
		if pg.number != o.number {
			o.lost = true
			o.partial, o.cut = nil, pg.continued
		}
		o.number = pg.number + 1
		o.ended, o.body = pg.last, true
		return pg, nil
	}
}

// mostBeside bounds the streams that are known by their numbers.
const mostBeside = 64

// aside leaves out a page of another stream. One that began together with this is
// meant to be left out; what comes later would have been the recording's.
func (o *Reader) aside(pg page) {
	if pg.first && !o.body && len(o.beside) < mostBeside {
		o.beside[pg.serial] = true
	}
	if !o.beside[pg.serial] {
		o.unread += int64(len(pg.body))
	}
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
		o.limit = pg.granule + o.shift
	}
}

// Format says what the recording holds. One that follows another may have other
// channels.
func (o *Reader) Format() pcm.Format { return o.format }

// Gap tells of samples that are missing: lost with a page, or not recorded, as the
// positions say. It is as [pcm.Gapped] has it.
func (o *Reader) Gap() int64 { return o.gap }

// Warning tells of lost pages, of packets that were no sound, of a missing end, and
// of sound that was not read.
func (o *Reader) Warning() error {
	var lost, unread error
	if o.gone > 0 || o.bad > 0 {
		lost = fmt.Errorf("%w: %.2f s are lost and %d packets cannot be decoded, silence taken for them",
			pcm.ErrDamaged, float64(o.gone)/rate, o.bad)
	}
	if o.unread > 0 {
		unread = fmt.Errorf("%w: %d bytes belong to other streams and were not read", pcm.ErrDamaged, o.unread)
	}
	return pcm.Join(o.end, lost, unread, o.gaps.Warning())
}

// Read decodes interleaved frames into dst as [pcm.Reader] has it.
func (o *Reader) Read(dst []float32) (int, error) {
	for len(o.ready) == 0 && o.err == nil {
		o.err = o.more()
	}
	if len(o.ready) == 0 {
		return 0, o.err
	}
	ch := o.format.Channels
	n := copy(dst[:len(dst)/ch*ch], o.ready) / ch
	if n == 0 {
		return 0, fmt.Errorf("opus: buffer of %d samples for %d channels: %w", len(dst), ch, io.ErrShortBuffer)
	}
	o.ready = o.ready[n*ch:]
	o.got += int64(n)
	o.gap, o.missing = o.missing, 0
	return n, nil
}

// more decodes the next packet, or reads the next page.
func (o *Reader) more() error {
	if len(o.queue) > 0 {
		return o.decode(o.pop())
	}
	pg, err := o.page()
	if err == nil && pg.first {
		if err = o.firstSound(); err == nil {
			return nil
		}
	}
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
	}
	o.split(pg)
	o.place(pg)
	o.setLimit(pg)
	return nil
}

// tolerance is how far a page may lie ahead without anything missing: its position
// may have been reckoned from rounded times.
const tolerance = rate / 25

// place compares where a page says that it lies with what was heard. What is lost
// lies before its packets. Where nothing is lost and a page lies ahead all the same,
// its sender heard nothing for a while: before the last packet, after which such a
// page is sent, by itself or because it is full.
func (o *Reader) place(pg page) {
	if pg.granule < 0 || len(o.queue) == 0 {
		return
	}
	ahead := pg.granule + o.shift - o.queued() - o.pos
	switch {
	case ahead > tolerance, ahead > 0 && o.lost:
		gap := o.leave(ahead)
		switch {
		case gap == 0:
			o.shift -= ahead
		case o.lost:
			o.pos += gap
			o.missing += gap
			o.gone += gap
		default:
			o.hole = gap
		}
	case ahead < -rate && !pg.last:
		o.shift -= ahead // the positions begin again
	}
	o.lost = false
}

// pop takes the next packet from the queue.
func (o *Reader) pop() []byte {
	packet := o.queue[0]
	if o.queue = o.queue[1:]; len(o.queue) == 0 {
		o.pos += o.hole
		o.missing += o.hole
		o.hole = 0
	}
	return packet
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
