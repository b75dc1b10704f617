package natsaudio

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/seed-7adb9000/diarizer/capture/opus"
	"github.com/seed-7adb9000/diarizer/capture/pcm"
	"github.com/seed-7adb9000/diarizer/capture/resample"
)

// Prefix begins every subject of sound: diarizer.audio.v1.<stream>.
const Prefix = "diarizer.audio.v1"

// AllSubjects matches the sound of every stream.
const AllSubjects = Prefix + ".*"

// Subject returns the subject on which the sound of a stream is published. The stream is
// one token of a subject, as in the subjects of events.
func Subject(stream string) string { return Prefix + "." + stream }

// Stream returns the stream of a subject that Subject has made. ok is false for a subject of another form, which may
// carry sound nevertheless.
func Stream(subject string) (stream string, ok bool) {
	stream, ok = strings.CutPrefix(subject, Prefix+".")
	return stream, ok && stream != "" && !strings.ContainsAny(stream, ".*> ")
}

// Encoding says what the payload of a packet is.
type Encoding string

const (
	// S16 is interleaved signed 16-bit samples, the least significant byte first.
	S16 Encoding = "s16le"
	// Opus is one Opus packet (RFC 6716) without any container.
	Opus Encoding = "opus"
)

// OpusRate is the rate in which the positions of Opus packets count.
const OpusRate = 48000

// MaxLength is the longest session: ten years. A message with a position beyond it is no packet of sound.
const MaxLength = 10 * 366 * 24 * time.Hour

// MaxPayload is the largest payload of a packet in bytes. Recommended are 20 to
// 100 ms of sound.
const MaxPayload = 256 << 10

// Packet is a piece of sound, or the mark of a session's end.
type Packet struct {
	// Session identifies one uninterrupted numbering. A sender that starts again has another
	// session. It is one token, [A-Za-z0-9_-], at most 64 long.
	Session string
	// Began is the wall-clock time of position 0, zero if it is not known.
	Began time.Time
	// Seq numbers the packets of a session: 1, 2, 3 and so on. A number that
	// never arrives is a packet that was lost on the way.
	Seq uint64
	// Position is the place of the first sample, in samples of Rate since the session's
	// beginning. Opus sessions begin before 0, by the samples that a decoder needs to warm up.
	// Sound before 0 is decoded and not heard. For the end mark, Position is the session's
	// length.
	Position int64
	// Encoding, Rate (in hertz) and Channels are the same in all of a session.
	Encoding Encoding
	Rate     int
	Channels int
	// Samples is the length in samples of each channel. An Opus packet may hold more, which
	// is not heard.
	Samples int
	// Gain is the gain of the decoded sound in decibels.
	Gain float64
	// End marks the last packet of a session, which has no sound.
	End bool
	// Data is the payload.
	Data []byte
	// Stored is when JetStream stored the packet or, without JetStream, when it arrived. It
	// is zero if that is not known. It is not sent. It only tells how long a session has
	// been silent when another one begins.
	Stored time.Time
}

// End of the packet, in the same count as Position.
func (p Packet) after() int64 { return p.Position + int64(p.Samples) }

// check returns an error that wraps ErrPacket unless p can be sent and used.
func (p Packet) check() error {
	bad := func(format string, args ...any) error {
		return fmt.Errorf("%w: %s", ErrPacket, fmt.Sprintf(format, args...))
	}
	switch {
	case !validToken(p.Session):
		return bad("%s %q, expected 1 to 64 of A-Z a-z 0-9 _ -", HeaderSession, p.Session)
	case p.Seq == 0:
		return bad("%s 0, expected 1 or more", HeaderSeq)
	case p.Encoding != S16 && p.Encoding != Opus:
		return bad("%s %q, expected %s or %s", HeaderEncoding, p.Encoding, S16, Opus)
	case p.Rate < resample.MinRate || p.Rate > resample.MaxRate:
		return bad("%s %d, expected %d to %d", HeaderRate, p.Rate, resample.MinRate, resample.MaxRate)
	case p.Encoding == Opus && p.Rate != OpusRate:
		return bad("%s %d, expected %d for opus", HeaderRate, p.Rate, OpusRate)
	case p.Channels < 1 || p.Channels > pcm.MaxChannels:
		return bad("%s %d, expected 1 to %d", HeaderChannels, p.Channels, pcm.MaxChannels)
	case p.Encoding == Opus && p.Channels > 2:
		return bad("%s %d, expected 1 or 2 for opus", HeaderChannels, p.Channels)
	case p.Position < -maxWarmUp || p.Position > samples(MaxLength, p.Rate):
		return bad("%s %d, expected %d to %d, ten years at %d Hz", HeaderPosition, p.Position, -maxWarmUp, samples(MaxLength, p.Rate), p.Rate)
	case p.Encoding == S16 && p.Position < 0:
		return bad("%s %d, expected 0 or more for s16le", HeaderPosition, p.Position)
	case p.Began.UTC().Year() < 0 || p.Began.UTC().Year() > 9999: // RFC 3339, which events use, has no other years
		return bad("%s %s, expected a time of the years 0 to 9999 in UTC", HeaderBegan, p.Began.Format(time.RFC3339))
	case !(math.Abs(p.Gain) <= 128):
		return bad("%s %g, expected decibels from -128 to 128", HeaderGain, p.Gain)
	case p.End && (len(p.Data) > 0 || p.Samples != 0):
		return bad("%s with %d bytes of sound, expected none", HeaderEnd, len(p.Data))
	case p.End:
		return nil
	case len(p.Data) == 0 || len(p.Data) > MaxPayload:
		return bad("payload of %d bytes, expected 1 to %d", len(p.Data), MaxPayload)
	}
	holds := p.holds()
	switch {
	case p.Encoding == S16 && len(p.Data)%(2*p.Channels) != 0:
		return bad("payload of %d bytes, expected a multiple of %d for %d channels", len(p.Data), 2*p.Channels, p.Channels)
	case holds == 0:
		return bad("payload that is no opus packet")
	case p.Samples < 0 || p.Samples > holds || p.Encoding == S16 && p.Samples != holds:
		return bad("%s %d, but the payload holds %d", HeaderSamples, p.Samples, holds)
	}
	return nil
}

// maxWarmUp is how many samples before 0 an Opus session may begin: the range of the 16 bits of an Ogg header,
// rounded up.
const maxWarmUp = 1 << 16

// holds is how many samples of each channel the payload has.
func (p Packet) holds() int {
	if p.Encoding == Opus {
		return opus.Duration(p.Data)
	}
	return len(p.Data) / (2 * p.Channels)
}

func validToken(s string) bool {
	for i := range len(s) {
		c := s[i]
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '-') {
			return false
		}
	}
	return s != "" && len(s) <= 64
}
