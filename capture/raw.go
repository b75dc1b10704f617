package capture

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/seed-7adb9000/diarizer/capture/pcm"
	"github.com/seed-7adb9000/diarizer/capture/resample"
)

// Raw describes samples without any header, as `arecord -t raw` and `ffmpeg -f
// s16le` write them.
type Raw struct {
	// Encoding is named as ffmpeg does: s16le, s24be, f32le, u8, alaw, mulaw ...
	Encoding string
	// Rate is in hertz.
	Rate int
	// Channels are interleaved.
	Channels int
}

// rawNames are the encodings of ParseRaw.
const rawNames = "u8, s8, s16le, s16be, s24le, s24be, s32le, s32be, f32le, f32be, f64le, f64be, alaw, mulaw"

// ParseRaw reads a description such as "s16le:16000:1": encoding, rate in
// hertz, and channels, one if not given.
func ParseRaw(s string) (Raw, error) {
	fail := func(what string) (Raw, error) {
		return Raw{}, fmt.Errorf("raw format %q: %s, such as s16le:16000:1", s, what)
	}
	parts := strings.Split(s, ":")
	if len(parts) < 2 || len(parts) > 3 {
		return fail("expected ENCODING:RATE:CHANNELS")
	}
	raw := Raw{Encoding: parts[0], Channels: 1}
	if _, ok := raw.encoding(); !ok {
		return fail("expected an encoding of " + rawNames)
	}
	var err error
	if raw.Rate, err = strconv.Atoi(parts[1]); err != nil || raw.Rate < resample.MinRate || raw.Rate > resample.MaxRate {
		return fail(fmt.Sprintf("expected a rate of %d to %d Hz", resample.MinRate, resample.MaxRate))
	}
	if len(parts) == 3 {
		if raw.Channels, err = strconv.Atoi(parts[2]); err != nil || raw.Channels < 1 || raw.Channels > pcm.MaxChannels {
			return fail(fmt.Sprintf("expected 1 to %d channels", pcm.MaxChannels))
		}
	}
	return raw, nil
}

// String is the description that ParseRaw reads.
func (r Raw) String() string { return fmt.Sprintf("%s:%d:%d", r.Encoding, r.Rate, r.Channels) }

func (r Raw) encoding() (pcm.Encoding, bool) {
	name, big := strings.CutSuffix(r.Encoding, "be")
	if !big {
		name = strings.TrimSuffix(name, "le")
	}
	if (name == r.Encoding) != (name == "u8" || name == "s8" || name == "alaw" || name == "mulaw") {
		return pcm.Encoding{}, false // an order of bytes where there is one, or none where there are several
	}
	var e pcm.Encoding
	switch name {
	case "u8":
		e = pcm.U8()
	case "s8":
		e = pcm.S8()
	case "s16":
		e = pcm.S16()
	case "s24":
		e = pcm.S24()
	case "s32":
		e = pcm.S32()
	case "f32":
		e = pcm.F32()
	case "f64":
		e = pcm.F64()
	case "alaw":
		e = pcm.ALaw()
	case "mulaw":
		e = pcm.MuLaw()
	default:
		return pcm.Encoding{}, false
	}
	if big {
		e = e.BigEndian()
	}
	return e, true
}

// rawReader decodes raw samples.
type rawReader struct {
	*pcm.Frames
	format pcm.Format
}

// newRawReader reads r, of the given size in bytes or -1.
func newRawReader(r io.Reader, spec Raw, size int64) (*rawReader, error) {
	enc, ok := spec.encoding()
	if !ok {
		return nil, fmt.Errorf("%w: raw encoding %q, expected one of %s", pcm.ErrUnsupported, spec.Encoding, rawNames)
	}
	if err := pcm.CheckShape(int64(spec.Rate), spec.Channels); err != nil {
		return nil, err
	}
	f := pcm.NewFrames(r, enc, spec.Channels, size)
	return &rawReader{f, pcm.Format{
		Container: "raw", Encoding: enc.Name, Rate: spec.Rate, Channels: spec.Channels, Frames: f.Count(),
	}}, nil
}

func (r *rawReader) Format() pcm.Format { return r.format }
