// Package opus reads Ogg Opus recordings (RFC 7845). The library github.com/pion/opus decodes the packets. This package
// reads the Ogg pages, because lost or unrecorded sound must be a gap of the right length and the end has to be trimmed
// exactly. The library's reader does neither.
package opus

import (
	"errors"
	"fmt"
	"io"

	"github.com/seed-7adb9000/diarizer/capture/pcm"
)

// rate is the rate of Opus positions and of the decoded sound, in hertz.
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
	tracks  int             // Opus streams among these and it
	partial []byte          // packet that goes on in the next page
	cut     bool            // whether the beginning of partial is lost
	lost    bool            // whether sound is missing before the next packet
	ended   bool            // whether the last page was seen
	body    bool            // whether a page behind the first was seen
	queue   [][]byte
	limit   int64 // where the sound ends, on the last page; -1 before
	chains  int   // streams that followed the first

	pos     int64     // where the next decoded sample lies, in the stream's own count
	shift   int64     // pos less the stated positions
	hole    int64     // samples missing before the last packet of the queue
	skip    int64     // samples still to be left out at the beginning
	missing int64     // samples missing before those to be returned next
	gap     int64     // samples missing before those returned last
	ready   []float32 // decoded, still to be returned

	got             int64
	gaps            pcm.Gaps
	gone, bad, good int64 // samples lost with pages; packets
	unread          int64 // bytes of sound that were not read
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
	o := &Reader{pages: newPageReader(r), beside: map[uint32]bool{}, tracks: 1}
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

// Format is the format of the recording. It changes where a recording with other channels follows.
func (o *Reader) Format() pcm.Format { return o.format }

// Tracks is how many Opus streams lie side by side in the file. The first is read.
func (o *Reader) Tracks() int { return o.tracks }

// Gap implements [pcm.Gapped]. Samples are missing if they were lost with a page or, by the positions, not recorded.
func (o *Reader) Gap() int64 { return o.gap }

// Warning is about lost pages, undecodable packets, a missing end, and sound that was not read.
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

// decode decodes one packet, without the samples outside the recording.
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
