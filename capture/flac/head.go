package flac

import "math/bits"

// head is the header of a frame (RFC 9639, 9.1).
type head struct {
	variable bool  // whether the block size varies; number counts samples then, and frames otherwise
	number   int64 // of the frame, or of its first sample
	block    int64 // samples of each channel
	rate     int64 // in hertz, 0 if the stream's
	channels int
	bits     uint8 // of a sample, 0 if the stream's
	length   int   // of the header in bytes, with its checksum
}

// longestHead is the length of the longest header.
const longestHead = 16

var (
	rates = [...]int64{0, 88200, 176400, 192000, 8000, 16000, 22050, 24000, 32000, 44100, 48000, 96000}
	sizes = [...]uint8{0, 8, 12, 0, 16, 20, 24, 32}
)

// parseHead reads a header, and reports whether b begins with one whose checksum is
// right.
func parseHead(b []byte) (h head, ok bool) {
	if len(b) < 6 || b[0] != 0xFF || b[1]&0xFE != 0xF8 || b[3]&1 != 0 {
		return head{}, false
	}
	blockCode, rateCode, channels, size := b[2]>>4, b[2]&15, b[3]>>4, b[3]>>1&7
	if blockCode == 0 || rateCode == 15 || channels > 10 || size == 3 {
		return head{}, false
	}
	h = head{variable: b[1]&1 != 0, channels: int(channels) + 1, bits: sizes[size]}
	if channels > 7 {
		h.channels = 2
	}
	h.length = 4
	// A number of n bytes coded like UTF-8, but up to 36 bits long.
	n := codedLength(b[4])
	if n > 7 || h.length+n > len(b) {
		return head{}, false
	}
	h.number = int64(b[4])
	if n > 1 {
		h.number &= 1<<(7-n) - 1
	}
	for _, c := range b[5 : 4+n] {
		h.number = h.number<<6 | int64(c&0x3F)
	}
	h.length += n
	// next reads the next n bytes of the header, if they are there.
	next := func(n int) (v int64) {
		for range n {
			if h.length < len(b) {
				v = v<<8 | int64(b[h.length])
			}
			h.length++
		}
		return v
	}
	switch {
	case blockCode == 1:
		h.block = 192
	case blockCode < 6:
		h.block = 576 << (blockCode - 2)
	case blockCode < 8:
		h.block = next(int(blockCode)-5) + 1
	default:
		h.block = 256 << (blockCode - 8)
	}
	switch {
	case int(rateCode) < len(rates):
		h.rate = rates[rateCode]
	case rateCode == 12:
		h.rate = next(1) * 1000
	case rateCode == 13:
		h.rate = next(2)
	default:
		h.rate = next(2) * 10
	}
	if h.length >= len(b) || crc8(b[:h.length]) != b[h.length] {
		return head{}, false
	}
	h.length++
	return h, true
}

// codedLength is the length in bytes of the number whose first byte is b.
func codedLength(b byte) int { return max(1, bits.LeadingZeros8(^b)) }
