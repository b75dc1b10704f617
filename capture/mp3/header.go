package mp3

import (
	"bytes"
	"encoding/binary"
)

// header is a frame header of MPEG audio (ISO 11172-3, 2.4.1.3).
type header uint32

func parseHeader(b []byte) header {
	if len(b) < 4 {
		return 0
	}
	return header(binary.BigEndian.Uint32(b))
}

const (
	mpeg25 = 0
	mpeg2  = 2
	mpeg1  = 3

	layer3 = 1
)

func (h header) version() int { return int(h >> 19 & 3) }
func (h header) layer() int   { return int(h >> 17 & 3) }
func (h header) index() int   { return int(h >> 12 & 15) }
func (h header) padded() int  { return int(h >> 9 & 1) }
func (h header) mono() bool   { return h>>6&3 == 3 }

// valid reports whether h can be a frame header at all.
func (h header) valid() bool {
	return h>>21 == 0x7FF && h.version() != 1 && h.layer() != 0 && h.index() != 15 && h>>10&3 != 3 && h&3 != 2
}

// like reports whether h and other can belong to one recording.
func (h header) like(other header) bool {
	const mask = 0xFFFE0C00 // sync, version, layer, rate
	return h.valid() && h&mask == other&mask && h.mono() == other.mono() && h.index() != 0
}

func (h header) rate() int {
	rate := []int{44100, 48000, 32000}[h>>10&3]
	switch h.version() {
	case mpeg2:
		rate /= 2
	case mpeg25:
		rate /= 4
	}
	return rate
}

// bitrate is for layer III, in bit/s.
func (h header) bitrate() int {
	if h.version() == mpeg1 {
		return 1000 * []int{0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 0}[h.index()]
	}
	return 1000 * []int{0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160, 0}[h.index()]
}

// samples is how many samples of each channel a frame of layer III holds.
func (h header) samples() int {
	if h.version() == mpeg1 {
		return 1152
	}
	return 576
}

// length is the length in bytes of a frame of layer III.
func (h header) length() int { return h.samples()/8*h.bitrate()/h.rate() + h.padded() }

// misread reports whether the library computes a wrong length of this frame. It rounds off the padding of
// MPEG-2 frames, loses a byte of the bit reservoir with it, and decodes noise after that.
func (h header) misread() bool {
	return h.version() != mpeg1 && (144*h.bitrate()/h.rate()+h.padded())/2 != h.length()
}

// info is the content of a header frame, a first frame that describes the others and has no sound.
type info struct {
	present bool
	frames  int64 // number of frames after this one, 0 if unknown
	gapless bool
	delay   int64 // samples that the encoder put before the sound
	padding int64 // samples that the encoder put after the sound
}

// parseInfo reads the tags of Xing, LAME and Fraunhofer.
func parseInfo(h header, frame []byte) (in info) {
	if len(frame) >= 40 && string(frame[36:40]) == "VBRI" {
		return info{present: true}
	}
	side := 32
	switch {
	case h.version() == mpeg1 && h.mono(), h.version() != mpeg1 && !h.mono():
		side = 17
	case h.version() != mpeg1:
		side = 9
	}
	at := 4 + side
	if len(frame) < at+8 {
		return info{}
	}
	b := frame[at:]
	if string(b[:4]) != "Xing" && string(b[:4]) != "Info" {
		return info{}
	}
	in.present = true
	flags := binary.BigEndian.Uint32(b[4:])
	b = b[8:]
	for bit, size := range []int{4, 4, 100, 4} { // frames, bytes, seek table, quality
		if flags>>bit&1 == 0 {
			continue
		}
		if len(b) < size {
			return in
		}
		if bit == 0 {
			in.frames = int64(binary.BigEndian.Uint32(b))
		}
		b = b[size:]
	}
	// The encoder's name, and 21 bytes after its beginning, delay and padding.
	if len(b) >= 24 && (bytes.HasPrefix(b, []byte("LAME")) || bytes.HasPrefix(b, []byte("Lav"))) {
		v := int64(b[21])<<16 | int64(b[22])<<8 | int64(b[23])
		in.gapless, in.delay, in.padding = true, v>>12, v&0xFFF
	}
	return in
}
