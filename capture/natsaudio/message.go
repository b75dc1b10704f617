package natsaudio

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
)

// The headers of a message, one value each.
const (
	HeaderEncoding = "Audio-Encoding" // s16le or opus
	HeaderRate     = "Audio-Rate"     // hertz
	HeaderChannels = "Audio-Channels"
	HeaderSession  = "Audio-Session"
	HeaderSeq      = "Audio-Seq"
	HeaderPosition = "Audio-Position"
	HeaderSamples  = "Audio-Samples" // may be absent: all samples of the payload
	HeaderBegan    = "Audio-Began"   // RFC 3339; may be absent
	HeaderGain     = "Audio-Gain"    // decibels; may be absent
	HeaderEnd      = "Audio-End"     // "true" in the end mark only
)

// HeaderControl begins the headers of messages among the sound that are no sound but for the program that
// diarizes it.
const HeaderControl = "Diarizer-"

// control reports whether a message has such a header.
func control(h nats.Header) bool {
	for name := range h {
		if strings.HasPrefix(name, HeaderControl) {
			return true
		}
	}
	return false
}

// ErrPacket is matched by the error for a message that is not a packet of sound. The error says which header, what
// was found and what was expected.
var ErrPacket = errors.New("not a packet of sound")

// Message returns the packet as a NATS message. If JetStream keeps the subject, its Nats-Msg-Id makes a second
// sending harmless. The error wraps [ErrPacket].
func (p Packet) Message(subject string) (*nats.Msg, error) {
	if err := p.check(); err != nil {
		return nil, err
	}
	h := nats.Header{
		HeaderEncoding: {string(p.Encoding)},
		HeaderRate:     {strconv.Itoa(p.Rate)},
		HeaderChannels: {strconv.Itoa(p.Channels)},
		HeaderSession:  {p.Session},
		HeaderSeq:      {strconv.FormatUint(p.Seq, 10)},
		HeaderPosition: {strconv.FormatInt(p.Position, 10)},
		"Nats-Msg-Id":  {p.ID()},
	}
	if p.Samples != p.holds() {
		h[HeaderSamples] = []string{strconv.Itoa(p.Samples)}
	}
	if !p.Began.IsZero() {
		h[HeaderBegan] = []string{p.Began.UTC().Format(time.RFC3339Nano)}
	}
	if p.Gain != 0 {
		h[HeaderGain] = []string{strconv.FormatFloat(p.Gain, 'g', -1, 64)}
	}
	if p.End {
		h[HeaderEnd] = []string{"true"}
	}
	return &nats.Msg{Subject: subject, Header: h, Data: p.Data}, nil
}

// ID identifies the packet among all packets of a subject: session and number.
func (p Packet) ID() string { return p.Session + ":" + strconv.FormatUint(p.Seq, 10) }

// Parse reads a packet from a message's headers and payload. It keeps data. The error wraps [ErrPacket].
func Parse(h nats.Header, data []byte) (Packet, error) {
	f := fields{h: h}
	p := Packet{
		Session:  h.Get(HeaderSession),
		Encoding: Encoding(h.Get(HeaderEncoding)),
		Rate:     int(f.integer(HeaderRate, "", 31)),
		Channels: int(f.integer(HeaderChannels, "", 31)),
		Position: f.integer(HeaderPosition, "", 64),
		Seq:      uint64(f.integer(HeaderSeq, "", 64)),
		Samples:  int(f.integer(HeaderSamples, "-1", 31)),
		Data:     data,
	}
	switch end := h.Get(HeaderEnd); end {
	case "":
	case "true":
		p.End = true
	default:
		f.fail(HeaderEnd, end, "true, or no such header")
	}
	if s := h.Get(HeaderBegan); s != "" {
		t, err := time.Parse(time.RFC3339Nano, s)
		if err != nil {
			f.fail(HeaderBegan, s, "a time such as 2026-03-01T09:30:00Z")
		}
		p.Began = t
	}
	if s := h.Get(HeaderGain); s != "" {
		g, err := strconv.ParseFloat(s, 64)
		if err != nil {
			f.fail(HeaderGain, s, "a number of decibels")
		}
		p.Gain = g
	}
	if f.err != nil {
		return Packet{}, f.err
	}
	if p.Samples < 0 && p.Channels > 0 && !p.End {
		p.Samples = p.holds()
	}
	p.Samples = max(p.Samples, 0)
	if err := p.check(); err != nil {
		return Packet{}, err
	}
	return p, nil
}

// fields reads headers and keeps the first error.
type fields struct {
	h   nats.Header
	err error
}

func (f *fields) fail(name, value, expected string) {
	if f.err == nil {
		f.err = fmt.Errorf("%w: %s %q, expected %s", ErrPacket, name, value, expected)
	}
}

// integer reads a number of so many bits, or absent where there is no header.
func (f *fields) integer(name, absent string, bits int) int64 {
	s := f.h.Get(name)
	given := s != ""
	if !given {
		s = absent
	}
	n, err := strconv.ParseInt(s, 10, bits)
	if err != nil || given && n < 0 && name != HeaderPosition {
		f.fail(name, s, "a whole number")
	}
	return n
}
