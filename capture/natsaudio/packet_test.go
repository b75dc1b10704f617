package natsaudio

import (
	"errors"
	"reflect"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"pgregory.net/rapid"
)

// packets draws any packet that may be sent.
func packets() *rapid.Generator[Packet] {
	return rapid.Custom(func(t *rapid.T) Packet {
		p := Packet{
			Session:  rapid.StringMatching(`[A-Za-z0-9_-]{1,64}`).Draw(t, "session"),
			Seq:      rapid.Uint64Range(1, 1<<62).Draw(t, "seq"),
			Encoding: S16,
			Rate:     rapid.IntRange(1000, 768000).Draw(t, "rate"),
			Channels: rapid.IntRange(1, 8).Draw(t, "channels"),
			Gain:     rapid.SampledFrom([]float64{0, -3.5, 1. / 256}).Draw(t, "gain"),
		}
		p.Position = rapid.Int64Range(0, samples(MaxLength, min(p.Rate, OpusRate))).Draw(t, "position")
		if rapid.Bool().Draw(t, "clock") {
			p.Began = time.Unix(0, rapid.Int64Range(1, 1<<60).Draw(t, "began")).UTC()
		}
		if rapid.Bool().Draw(t, "end") {
			p.End = true
			return p
		}
		if rapid.Bool().Draw(t, "opus") {
			p.Encoding, p.Rate, p.Channels = Opus, OpusRate, 1+p.Channels%2
			p.Position -= 312
			p.Data = []byte{8 << 3, 1, 2, 3} // 10 to 20 ms
			p.Samples = rapid.IntRange(0, p.holds()).Draw(t, "samples")
			return p
		}
		p.Samples = rapid.IntRange(1, 100).Draw(t, "samples")
		p.Data = make([]byte, 2*p.Channels*p.Samples)
		return p
	})
}

func TestMessageAndBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := packets().Draw(t, "packet")
		msg, err := p.Message(Subject("room1"))
		if err != nil {
			t.Fatal(err)
		}
		got, err := Parse(msg.Header, msg.Data)
		if err != nil || !reflect.DeepEqual(got, p) {
			t.Fatalf("%v, sent %+v, got %+v", err, p, got)
		}
	})
}

func TestParseRefuses(t *testing.T) {
	good := nats.Header{
		HeaderEncoding: {"s16le"}, HeaderRate: {"16000"}, HeaderChannels: {"1"},
		HeaderSession: {"a"}, HeaderSeq: {"1"}, HeaderPosition: {"0"},
	}
	if p, err := Parse(good, make([]byte, 640)); err != nil || p.Samples != 320 {
		t.Fatalf("%+v, %v", p, err)
	}
	for _, c := range []struct{ name, value string }{
		{HeaderEncoding, "mp3"}, {HeaderEncoding, ""}, {HeaderEncoding, "opus"},
		{HeaderRate, "999"}, {HeaderRate, "fast"}, {HeaderRate, "99999999999"},
		{HeaderChannels, "0"}, {HeaderChannels, "257"}, {HeaderChannels, "-1"}, {HeaderChannels, "3"},
		{HeaderSession, ""}, {HeaderSession, "a b"},
		{HeaderSeq, "0"}, {HeaderSeq, "-1"}, {HeaderSeq, "x"}, {HeaderSeq, ""},
		{HeaderPosition, "-1"}, {HeaderPosition, "9223372036854775807"}, {HeaderPosition, ""},
		{HeaderPosition, "36028797018963968"}, {HeaderPosition, "5059584000001"},
		{HeaderSamples, "319"}, {HeaderSamples, "-1"}, {HeaderSamples, "321"},
		{HeaderGain, "NaN"}, {HeaderGain, "loud"}, {HeaderBegan, "today"}, {HeaderBegan, "0000-01-01T00:00:00+23:59"}, {HeaderBegan, "9999-12-31T23:59:59-23:59"}, {HeaderEnd, "yes"}, {HeaderEnd, "true"},
	} {
		h := nats.Header{}
		for k, v := range good {
			h[k] = v
		}
		h[c.name] = []string{c.value}
		if c.value == "" {
			delete(h, c.name)
		}
		if p, err := Parse(h, make([]byte, 640)); !errors.Is(err, ErrPacket) {
			t.Errorf("%s: %q: %+v, %v", c.name, c.value, p, err)
		}
	}
	for _, n := range []int{0, 641, MaxPayload + 2} {
		if _, err := Parse(good, make([]byte, n)); !errors.Is(err, ErrPacket) {
			t.Errorf("%d bytes: %v", n, err)
		}
	}
}

func TestSubject(t *testing.T) {
	if s, ok := Stream(Subject("room-1")); !ok || s != "room-1" {
		t.Error(s, ok)
	}
	for _, s := range []string{"diarizer.v1.a", Prefix, Prefix + ".", Prefix + ".a.b", Prefix + ".*", "x"} {
		if _, ok := Stream(s); ok {
			t.Error(s)
		}
	}
}

// FuzzParse: every packet that Parse returns can be sent again, and gives the same packet.
func FuzzParse(f *testing.F) {
	f.Add("s16le", "16000", "1", "a", "1", "0", "", "", "", "", []byte{0, 1})
	f.Add("opus", "48000", "2", "019d-ab", "7", "-312", "300", "2026-03-01T09:30:00Z", "-3.5", "", []byte{8 << 3, 1, 2})
	f.Add("s16le", "44100", "2", "a", "9", "88200", "", "", "", "true", []byte{})
	f.Add("opus", "48000", "1", "a", "1", "0", "", "", "", "", []byte{3, 63})
	f.Fuzz(func(t *testing.T, enc, rate, ch, session, seq, pos, samples, began, gain, end string, data []byte) {
		h := nats.Header{}
		for k, v := range map[string]string{
			HeaderEncoding: enc, HeaderRate: rate, HeaderChannels: ch, HeaderSession: session, HeaderSeq: seq,
			HeaderPosition: pos, HeaderSamples: samples, HeaderBegan: began, HeaderGain: gain, HeaderEnd: end,
		} {
			if v != "" {
				h.Set(k, v)
			}
		}
		p, err := Parse(h, data)
		if err != nil {
			if !errors.Is(err, ErrPacket) {
				t.Fatal(err)
			}
			return
		}
		msg, err := p.Message("x")
		if err != nil {
			t.Fatalf("%+v: %v", p, err)
		}
		q, err := Parse(msg.Header, msg.Data)
		if err != nil || q.ID() != p.ID() || q.Samples != p.Samples || q.Position != p.Position || !q.Began.Equal(p.Began) {
			t.Fatalf("%+v, %+v, %v", p, q, err)
		}
	})
}
