package pcm

import (
	"encoding/binary"
	"math"

	"github.com/seed-7adb9000/diarizer/internal/dsp/clean"
)

// Encoding is a way to write samples as bytes.
type Encoding struct {
	// Name is for a person: "PCM 16 bit".
	Name string
	// Size is the length of a sample in bytes.
	Size int
	// Decode decodes len(dst) samples. Full scale is [-1, 1]. It returns how many samples
	// were no sound, because they were not finite or beyond [Largest], and sets them to 0.
	Decode func(dst []float32, src []byte) (odd int)
}

// U8 is unsigned 8-bit PCM.
func U8() Encoding {
	return Encoding{"PCM 8 bit", 1, func(dst []float32, src []byte) int {
		src = src[:len(dst)]
		for i := range dst {
			dst[i] = float32(int(src[i])-128) / (1 << 7)
		}
		return 0
	}}
}

// S8 is signed 8-bit PCM.
func S8() Encoding {
	return Encoding{"PCM 8 bit", 1, func(dst []float32, src []byte) int {
		src = src[:len(dst)]
		for i := range dst {
			dst[i] = float32(int8(src[i])) / (1 << 7)
		}
		return 0
	}}
}

// S16 is signed 16-bit PCM, the least significant byte first.
func S16() Encoding {
	return Encoding{"PCM 16 bit", 2, func(dst []float32, src []byte) int {
		src = src[:2*len(dst)]
		for i := range dst {
			dst[i] = float32(int16(binary.LittleEndian.Uint16(src[2*i:]))) / (1 << 15)
		}
		return 0
	}}
}

// S24 is signed 24-bit PCM in three bytes, the least significant first.
func S24() Encoding {
	return Encoding{"PCM 24 bit", 3, func(dst []float32, src []byte) int {
		src = src[:3*len(dst)]
		for i := range dst {
			b := src[3*i : 3*i+3]
			dst[i] = float32(int32(uint32(b[0])<<8|uint32(b[1])<<16|uint32(b[2])<<24)>>8) / (1 << 23)
		}
		return 0
	}}
}

// S32 is signed 32-bit PCM, the least significant byte first.
func S32() Encoding {
	return Encoding{"PCM 32 bit", 4, func(dst []float32, src []byte) int {
		src = src[:4*len(dst)]
		for i := range dst {
			dst[i] = float32(int32(binary.LittleEndian.Uint32(src[4*i:]))) / (1 << 31)
		}
		return 0
	}}
}

// F32 is IEEE 754 single precision, the least significant byte first.
func F32() Encoding {
	return Encoding{"float 32 bit", 4, func(dst []float32, src []byte) int {
		src = src[:4*len(dst)]
		for i := range dst {
			dst[i] = math.Float32frombits(binary.LittleEndian.Uint32(src[4*i:]))
		}
		return tidy(dst)
	}}
}

// F64 is IEEE 754 double precision, the least significant byte first.
func F64() Encoding {
	return Encoding{"float 64 bit", 8, func(dst []float32, src []byte) int {
		src = src[:8*len(dst)]
		for i := range dst {
			dst[i] = float32(math.Float64frombits(binary.LittleEndian.Uint64(src[8*i:])))
		}
		return tidy(dst)
	}}
}

// Largest is the largest magnitude of a sample in a file. Unscaled integers of 32 bits lie within it.
const Largest = 1 << 32

// faintest is the smallest magnitude that matters, as in package clean.
const faintest = 1. / (1 << 40)

// tidy sets samples that are no sound to 0, and returns their number.
func tidy(x []float32) (odd int) {
	if !clean.Needed(x) {
		return 0
	}
	for i, v := range x {
		switch a := max(v, -v); {
		case !(a <= Largest): // true for NaN too
			x[i] = 0
			odd++
		case a < faintest:
			x[i] = 0
		}
	}
	return odd
}

// ALaw is ITU-T G.711 A-law.
func ALaw() Encoding { return companded("A-law", alaw) }

// MuLaw is ITU-T G.711 µ-law.
func MuLaw() Encoding { return companded("µ-law", mulaw) }

// companded decodes by a table of the 256 codes of expand.
func companded(name string, expand func(byte) int) Encoding {
	var table [256]float32
	for c := range table {
		table[c] = float32(expand(byte(c))) / (1 << 15)
	}
	return Encoding{name, 1, func(dst []float32, src []byte) int {
		src = src[:len(dst)]
		for i := range dst {
			dst[i] = table[src[i]]
		}
		return 0
	}}
}

// alaw expands an A-law code to 16 bits: sign, 3 bits of exponent, 4 of
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

// mulaw expands a µ-law code to 16 bits: all bits inverted, and a bias of 33·4
// taken off.
func mulaw(c byte) int {
	c = ^c
	x := (int(c&15)<<3+0x84)<<(c>>4&7) - 0x84
	if c&0x80 != 0 {
		return -x
	}
	return x
}

// BigEndian is e with the bytes of each sample in the other order.
func (e Encoding) BigEndian() Encoding {
	if e.Size == 1 {
		return e
	}
	decode := e.Decode
	var swapped []byte
	e.Decode = func(dst []float32, src []byte) int {
		n := e.Size * len(dst)
		if cap(swapped) < n {
			swapped = make([]byte, n)
		}
		swapped = swapped[:n]
		for i := 0; i < n; i += e.Size {
			for k := range e.Size {
				swapped[i+k] = src[i+e.Size-1-k]
			}
		}
		return decode(dst, swapped)
	}
	return e
}
