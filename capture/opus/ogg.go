package opus

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"io"
)

// page is one page of an Ogg stream (RFC 3533, 6).
type page struct {
	continued, first, last bool
	granule                int64 // position after the last packet that ends here, -1 if none does
	serial, number         uint32
	lacing, body           []byte // valid until the next page is read
}

const (
	pageHeaderLen = 27
	maxPageLen    = pageHeaderLen + 255 + 255*255
)

// farthest bounds positions, so that no sum of them overflows.
const farthest = 1 << 60

// pageReader finds the pages of a stream and skips bytes between them. A page is valid if its checksum is right.
type pageReader struct {
	br      *bufio.Reader
	crc     [256]uint32
	pending int // length of the page that was returned last, not yet consumed
	skipped int64
}

func newPageReader(r io.Reader) *pageReader {
	p := &pageReader{br: bufio.NewReaderSize(r, 2*maxPageLen)}
	for i := range p.crc {
		c := uint32(i) << 24
		for range 8 {
			c = c<<1 ^ 0x04C11DB7*(c>>31)
		}
		p.crc[i] = c
	}
	return p
}

// next returns the next valid page, or the reader's error. At the end of a
// stream that is io.ErrUnexpectedEOF if an incomplete page is left.
func (p *pageReader) next() (page, error) {
	_, _ = p.br.Discard(p.pending) // does not fail, as the bytes are in the buffer
	p.pending = 0
	for {
		head, err := p.br.Peek(pageHeaderLen)
		if len(head) < pageHeaderLen {
			if err == io.EOF && len(head) > 0 {
				err = io.ErrUnexpectedEOF
			}
			return page{}, err
		}
		if string(head[:5]) != "OggS\x00" {
			p.skip(head)
			continue
		}
		segments := int(head[26])
		n := pageHeaderLen + segments
		all, err := p.br.Peek(n)
		if err == nil {
			for _, s := range all[pageHeaderLen:] {
				n += int(s)
			}
			all, err = p.br.Peek(n)
		}
		if err != nil {
			if err != io.EOF {
				return page{}, err
			}
			// The page is incomplete or is no page. Another one may follow.
			if bytes.Contains(all[1:], []byte("OggS")) {
				p.skip(all)
				continue
			}
			return page{}, io.ErrUnexpectedEOF
		}
		le := binary.LittleEndian
		if p.checksum(all) != le.Uint32(all[22:]) {
			p.skip(all)
			continue
		}
		p.pending = n
		return page{
			continued: all[5]&1 != 0,
			first:     all[5]&2 != 0,
			last:      all[5]&4 != 0,
			granule:   min(int64(le.Uint64(all[6:])), farthest),
			serial:    le.Uint32(all[14:]),
			number:    le.Uint32(all[18:]),
			lacing:    all[pageHeaderLen : pageHeaderLen+segments],
			body:      all[pageHeaderLen+segments:],
		}, nil
	}
}

// skip goes on to where the next page may begin, after the first byte of b.
func (p *pageReader) skip(b []byte) {
	n := bytes.Index(b[1:], []byte("OggS"))
	if n < 0 {
		n = max(0, len(b)-4) // the end of b may cut the mark
	}
	_, _ = p.br.Discard(n + 1)
	p.skipped += int64(n + 1)
}

// checksum is the checksum of a page, computed with 0 in its own field.
func (p *pageReader) checksum(b []byte) uint32 {
	var c uint32
	for i, x := range b {
		if i >= 22 && i < 26 {
			x = 0
		}
		c = c<<8 ^ p.crc[byte(c>>24)^x]
	}
	return c
}

// lastGranule finds the position that the last page of a stream states, among
// the last bytes of a file.
func lastGranule(file io.ReaderAt, size int64, serial uint32) (granule int64, ok bool) {
	from := max(0, size-2*maxPageLen)
	p := newPageReader(io.NewSectionReader(file, from, size-from))
	for {
		pg, err := p.next()
		if err != nil {
			return granule, ok
		}
		if pg.serial == serial && pg.granule >= 0 {
			granule, ok = pg.granule, true
		}
	}
}
