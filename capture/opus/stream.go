package opus

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/seed-7adb9000/diarizer/capture/pcm"
)

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

// firstSound reads up to the first page with sound, which says where the stream begins. The first recording may begin
// late. A recording that follows another one begins at once, except for its own lost sound.
func (o *Reader) firstSound() error {
	for tags := true; len(o.queue) == 0; {
		pg, err := o.page()
		if err != nil {
			return err
		}
		if pg.first {
			tags = true // another recording follows one without sound
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
			// The samples for warming up are lost too.
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

// leave is how many samples of a gap count as missing.
func (o *Reader) leave(gap int64) int64 { return o.gaps.Add(gap, rate) }

// page returns the stream's next page and records missing pages before it. The first page of another recording in the
// same file begins that recording, whatever its number is and however this one ended.
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

// mostBeside bounds the other streams that are remembered.
const mostBeside = 64

// aside skips a page of another stream. A stream that began together with this one is meant to be skipped. A stream that
// began later would have been a part of the recording.
func (o *Reader) aside(pg page) {
	if pg.first && !o.body && len(o.beside) < mostBeside {
		o.beside[pg.serial] = true
		if isHead(pg.body) && o.chains == 0 {
			o.tracks++
		}
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

// tolerance is how many samples a page may lie ahead without a gap, because its position may have been computed from
// rounded times.
const tolerance = rate / 25

// place compares the stated position of a page with the sound so far. Lost sound lies before the packets of the page. If
// nothing was lost and the page lies ahead nevertheless, its sender recorded nothing for a while. That pause lies before
// the last packet of the page, after which the page was sent.
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
		o.shift -= ahead // the positions start again
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
