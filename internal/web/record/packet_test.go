package record

import (
	"bytes"
	"errors"
	"testing"

	"pgregory.net/rapid"
)

func TestPacketAndBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := Packet{
			Seq:      rapid.Uint64Range(1, maxSeq).Draw(t, "seq"),
			Position: rapid.Int64Range(-maxWarmUp, 1<<62).Draw(t, "position"),
			Data:     rapid.SliceOfN(rapid.Byte(), 1, 100).Draw(t, "data"),
		}
		q, err := ParsePacket(p.Append(nil))
		if err != nil || q.Seq != p.Seq || q.Position != p.Position || !bytes.Equal(q.Data, p.Data) {
			t.Fatalf("%+v came back as %+v, %v", p, q, err)
		}
	})
}

// FuzzPacket holds that every packet that is parsed is written to the same bytes, and that
// a recording takes it or returns an error.
func FuzzPacket(f *testing.F) {
	f.Add([]byte{}, "s16le", 16000, 1)
	f.Add(Packet{Seq: 1, Data: []byte{1, 2, 3, 4}}.Append(nil), "s16le", 48000, 2)
	f.Add(Packet{Seq: 1, Data: []byte{0, 0, 0xc0, 0x7f}}.Append(nil), "f32le", 44100, 1)
	f.Add(Packet{Seq: 9, Position: -312, Data: []byte{8 << 3, 1, 2}}.Append(nil), "opus", 48000, 1)
	f.Add(Packet{Seq: 1 << 60, Position: 1 << 60, Data: []byte{1, 2}}.Append(nil), "s16le", 16000, 1)
	f.Fuzz(func(t *testing.T, message []byte, encoding string, rate, channels int) {
		p, err := ParsePacket(message)
		if err != nil {
			if !errors.Is(err, ErrPacket) {
				t.Fatal(err)
			}
			return
		}
		if !bytes.Equal(p.Append(nil), message) {
			t.Fatalf("%+v is not % x", p, message)
		}
		r := NewRegistry(1, 12e9)
		s, err := r.Begin("a", Format{Encoding(encoding), rate, channels})
		if err != nil {
			return
		}
		if err := s.Take(t.Context(), p); err != nil && !errors.Is(err, ErrPacket) && !errors.Is(err, ErrOver) {
			t.Fatal(err)
		}
		s.End()
		end := int64(0)
		for {
			b, err := s.Source().Next(t.Context())
			if err != nil {
				break
			}
			if b.Start < end {
				t.Fatalf("a block at %d after %d", b.Start, end)
			}
			end = b.End()
		}
	})
}
