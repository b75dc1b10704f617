package flac

import (
	"errors"
	"io"
	"strings"
)

// A frameSource gives the library one frame, from its header on.
//
// The library writes a line to the standard logger for every frame whose header says 24 or 176.4 kHz, and
// does not know samples of 32 bits. The library gets such a header with the rate and the sample size left
// to the stream header, which has the same values by the format. The frame's checksum is then verified
// here, over the original bytes.
type frameSource struct {
	w    *window
	head []byte // rewritten header bytes still to hand over
	own  bool   // whether the checksum is verified here
	crc  uint16
}

const (
	rate176k = 2
	rate24k  = 7
	size32   = 7
)

func newFrameSource(w *window) *frameSource {
	s := &frameSource{w: w}
	head, _ := w.Peek(longestHead) // shorter only at the end of the stream
	h, ok := parseHead(head)
	if !ok {
		return s // damaged, which the library reports
	}
	rate, size, n := head[2]&15, head[3]>>1&7, h.length-1
	if rate != rate24k && rate != rate176k && size != size32 {
		return s
	}
	switch rate { // the rate's own bytes stay, so only these can be left out
	case rate24k, rate176k:
		rate = 0
	}
	if size == size32 {
		size = 0
	}
	s.own = true
	s.head = append(s.head, head[:n+1]...)
	for _, b := range s.head {
		s.crc = crc16(s.crc, b)
	}
	s.head[2] = s.head[2]&0xF0 | rate
	s.head[3] = s.head[3]&0xF1 | size<<1
	s.head[n] = crc8(s.head[:n])
	_, _ = w.Discard(n + 1)
	return s
}

func (s *frameSource) Read(p []byte) (int, error) {
	if len(s.head) > 0 {
		n := copy(p, s.head)
		s.head = s.head[n:]
		return n, nil
	}
	n, err := s.w.Read(p)
	if s.own {
		for _, b := range p[:n] {
			s.crc = crc16(s.crc, b)
		}
	}
	return n, err
}

// verify returns the error of a frame. err is the library's. A frame together with its checksum has the
// checksum 0.
func (s *frameSource) verify(err error) error {
	if !s.own {
		return err
	}
	if err != nil && strings.Contains(err.Error(), "CRC-16") && s.crc == 0 {
		return nil
	}
	if err == nil && s.crc != 0 {
		return errors.New("CRC-16 checksum mismatch")
	}
	return err
}

// crc8 is the frame header's checksum, polynomial x⁸+x²+x+1.
func crc8(p []byte) byte {
	var c byte
	for _, b := range p {
		c ^= b
		for range 8 {
			c = c<<1 ^ 0x07*(c>>7)
		}
	}
	return c
}

// crc16 adds a byte to the frame's checksum, polynomial x¹⁶+x¹⁵+x²+1.
func crc16(c uint16, b byte) uint16 {
	c ^= uint16(b) << 8
	for range 8 {
		c = c<<1 ^ 0x8005*(c>>15)
	}
	return c
}

var _ io.Reader = (*frameSource)(nil)
