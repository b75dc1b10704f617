package wav

import (
	"encoding/binary"
	"fmt"

	"github.com/seed-7adb9000/diarizer/capture/pcm"
)

// shape is the content of a fmt chunk.
type shape struct {
	enc      pcm.Encoding
	rate     int
	channels int
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
func parseFormat(b []byte) (shape, error) {
	le := binary.LittleEndian
	tag := int(le.Uint16(b))
	channels := int(le.Uint16(b[2:]))
	rate := int64(le.Uint32(b[4:]))
	align := int(le.Uint16(b[12:]))
	bits := int(le.Uint16(b[14:]))
	if err := pcm.CheckShape(rate, channels); err != nil {
		return shape{}, err
	}

	valid := bits
	if tag == tagExtensible {
		if len(b) < 40 {
			return shape{}, fmt.Errorf("%w: extensible, but %d bytes long, expected 40", pcm.ErrDamaged, len(b))
		}
		if v := int(le.Uint16(b[18:])); v > 0 && v < bits {
			valid = v
		}
		if string(b[26:40]) != subformatTail {
			return shape{}, fmt.Errorf("%w: WAV with subformat % x, expected PCM, float, A-law or µ-law", pcm.ErrUnsupported, b[24:40])
		}
		tag = int(le.Uint16(b[24:]))
	}

	// Samples fill whole bytes from the top, so decoding uses the width of the container and not
	// the number of valid bits.
	width := (bits + 7) / 8
	if align > 0 && align%channels == 0 && align/channels > width && tag == tagPCM {
		width = align / channels
	}
	enc, err := lookup(tag, bits, width)
	if err != nil {
		return shape{}, err
	}
	if tag == tagPCM && width > 1 {
		enc.Name = fmt.Sprintf("PCM %d bit", valid)
	}
	return shape{enc: enc, rate: int(rate), channels: channels}, nil
}

func lookup(tag, bits, width int) (pcm.Encoding, error) {
	name := ""
	switch tag {
	case tagPCM:
		name = "PCM"
		switch {
		case bits == 0:
		case width == 1:
			return pcm.U8(), nil
		case width == 2:
			return pcm.S16(), nil
		case width == 3:
			return pcm.S24(), nil
		case width == 4:
			return pcm.S32(), nil
		}
	case tagFloat:
		name = "float"
		switch bits {
		case 32:
			return pcm.F32(), nil
		case 64:
			return pcm.F64(), nil
		}
	case tagALaw:
		name = "A-law"
		if bits == 8 {
			return pcm.ALaw(), nil
		}
	case tagMuLaw:
		name = "µ-law"
		if bits == 8 {
			return pcm.MuLaw(), nil
		}
	default:
		return pcm.Encoding{}, fmt.Errorf("%w: WAV with %s inside, expected PCM, float, A-law or µ-law", pcm.ErrUnsupported, tagName(tag))
	}
	return pcm.Encoding{}, fmt.Errorf("%w: WAV with %s of %d bits, expected PCM 8, 16, 24 or 32, float 32 or 64, A-law 8 or µ-law 8",
		pcm.ErrUnsupported, name, bits)
}
