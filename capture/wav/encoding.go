package wav

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/seed-7adb9000/diarizer/capture/pcm"
)

// encoding is the content of a fmt chunk.
type encoding struct {
	name      string
	rate      int
	channels  int
	frameSize int // bytes of one sample of every channel
	// decode turns len(dst) samples into numbers in [-1, 1] and returns how many of
	// them were not finite.
	decode func(dst []float32, src []byte) (odd int)
}

const (
	tagPCM        = 0x0001
	tagFloat      = 0x0003
	tagALaw       = 0x0006
	tagMuLaw      = 0x0007
	tagExtensible = 0xFFFE
)

// tagNames are the encodings that a user may meet and that are not decoded here.
func tagName(tag int) string {
	switch tag {
	case 0x0002:
		return "Microsoft ADPCM"
	case 0x0011:
		return "IMA ADPCM"
	case 0x0031:
		return "GSM 6.10"
	case 0x0040, 0x0045, 0x0064, 0x0065:
		return "G.72x ADPCM"
	case 0x0050:
		return "MPEG audio"
	case 0x0055:
		return "MP3"
	case 0x00FF, 0x1610, 0x706D:
		return "AAC"
	case 0x0161, 0x0160, 0x0162:
		return "Windows Media Audio"
	case 0xF1AC:
		return "FLAC"
	}
	return fmt.Sprintf("format tag 0x%04X", tag)
}

// subformatTail is what follows the format tag in the GUIDs of WAVE_FORMAT_EXTENSIBLE.
const subformatTail = "\x00\x00\x00\x00\x10\x00\x80\x00\x00\xAA\x00\x38\x9B\x71"

// parseFormat reads a fmt chunk of at least 16 bytes.
func parseFormat(b []byte) (encoding, error) {
	le := binary.LittleEndian
	tag := int(le.Uint16(b))
	e := encoding{channels: int(le.Uint16(b[2:]))}
	rate := int64(le.Uint32(b[4:]))
	align := int(le.Uint16(b[12:]))
	bits := int(le.Uint16(b[14:]))
	if err := pcm.CheckShape(rate, e.channels); err != nil {
		return encoding{}, err
	}
	e.rate = int(rate)

	valid := bits
	if tag == tagExtensible {
		if len(b) < 40 {
			return encoding{}, fmt.Errorf("%w: extensible, but %d bytes long, expected 40", pcm.ErrDamaged, len(b))
		}
		if v := int(le.Uint16(b[18:])); v > 0 && v < bits {
			valid = v
		}
		if string(b[26:40]) != subformatTail {
			return encoding{}, fmt.Errorf("%w: WAV with subformat % x, expected PCM, float, A-law or µ-law", pcm.ErrUnsupported, b[24:40])
		}
		tag = int(le.Uint16(b[24:]))
	}

	// Samples fill whole bytes from the top, so the width of the container, not
	// the number of valid bits, is what decoding goes by.
	width := (bits + 7) / 8
	if align > 0 && align%e.channels == 0 && align/e.channels > width && tag == tagPCM {
		width = align / e.channels
	}
	switch {
	case tag == tagPCM && bits >= 1 && width == 1:
		e.name, e.decode = "PCM 8 bit", decodeU8
	case tag == tagPCM && bits >= 1 && width == 2:
		e.name, e.decode = fmt.Sprintf("PCM %d bit", valid), decodeS16
	case tag == tagPCM && bits >= 1 && width == 3:
		e.name, e.decode = fmt.Sprintf("PCM %d bit", valid), decodeS24
	case tag == tagPCM && bits >= 1 && width == 4:
		e.name, e.decode = fmt.Sprintf("PCM %d bit", valid), decodeS32
	case tag == tagFloat && bits == 32:
		e.name, e.decode = "float 32 bit", decodeF32
	case tag == tagFloat && bits == 64:
		e.name, e.decode = "float 64 bit", decodeF64
	case tag == tagALaw && bits == 8:
		e.name, e.decode = "A-law", companded(alaw)
	case tag == tagMuLaw && bits == 8:
		e.name, e.decode = "µ-law", companded(mulaw)
	case tag == tagPCM || tag == tagFloat || tag == tagALaw || tag == tagMuLaw:
		names := map[int]string{tagPCM: "PCM", tagFloat: "float", tagALaw: "A-law", tagMuLaw: "µ-law"}
		return encoding{}, fmt.Errorf("%w: WAV with %s of %d bits, expected PCM 8, 16, 24 or 32, float 32 or 64, A-law 8 or µ-law 8",
			pcm.ErrUnsupported, names[tag], bits)
	default:
		return encoding{}, fmt.Errorf("%w: WAV with %s inside, expected PCM, float, A-law or µ-law", pcm.ErrUnsupported, tagName(tag))
	}
	e.frameSize = width * e.channels
	return e, nil
}

func decodeU8(dst []float32, src []byte) int {
	src = src[:len(dst)]
	for i := range dst {
		dst[i] = float32(int(src[i])-128) / (1 << 7)
	}
	return 0
}

func decodeS16(dst []float32, src []byte) int {
	src = src[:2*len(dst)]
	for i := range dst {
		dst[i] = float32(int16(binary.LittleEndian.Uint16(src[2*i:]))) / (1 << 15)
	}
	return 0
}

func decodeS24(dst []float32, src []byte) int {
	src = src[:3*len(dst)]
	for i := range dst {
		b := src[3*i : 3*i+3]
		dst[i] = float32(int32(uint32(b[0])<<8|uint32(b[1])<<16|uint32(b[2])<<24)>>8) / (1 << 23)
	}
	return 0
}

func decodeS32(dst []float32, src []byte) int {
	src = src[:4*len(dst)]
	for i := range dst {
		dst[i] = float32(int32(binary.LittleEndian.Uint32(src[4*i:]))) / (1 << 31)
	}
	return 0
}

func decodeF32(dst []float32, src []byte) (odd int) {
	src = src[:4*len(dst)]
	for i := range dst {
		x := math.Float32frombits(binary.LittleEndian.Uint32(src[4*i:]))
		if x-x != 0 { // an infinity or not a number
			x = 0
			odd++
		}
		dst[i] = x
	}
	return odd
}

func decodeF64(dst []float32, src []byte) (odd int) {
	src = src[:8*len(dst)]
	for i := range dst {
		x := float32(math.Float64frombits(binary.LittleEndian.Uint64(src[8*i:])))
		if x-x != 0 {
			x = 0
			odd++
		}
		dst[i] = x
	}
	return odd
}

// companded decodes by a table of the 256 codes of expand.
func companded(expand func(byte) int) func([]float32, []byte) int {
	var table [256]float32
	for c := range table {
		table[c] = float32(expand(byte(c))) / (1 << 15)
	}
	return func(dst []float32, src []byte) int {
		src = src[:len(dst)]
		for i := range dst {
			dst[i] = table[src[i]]
		}
		return 0
	}
}

// alaw expands a G.711 A-law code to 16 bits: sign, 3 bits of exponent, 4 of
// mantissa, the even bits inverted.
func alaw(c byte) int {
	c ^= 0x55
	exp, x := int(c>>4&7), int(c&15)<<4|8
	if exp > 0 {
		x = (x | 0x100) << (exp - 1)
	}
	if c&0x80 == 0 {
		return -x
	}
	return x
}

// mulaw expands a G.711 µ-law code to 16 bits: all bits inverted, and a bias of
// 33·4 taken off.
func mulaw(c byte) int {
	c = ^c
	x := (int(c&15)<<3+0x84)<<(c>>4&7) - 0x84
	if c&0x80 != 0 {
		return -x
	}
	return x
}
