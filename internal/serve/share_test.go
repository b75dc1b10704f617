package serve

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/seed-7adb9000/diarizer/capture/natsaudio"
	"github.com/seed-7adb9000/diarizer/internal/testkit/natstest"
)

// TestSharesAreOfSound holds that a sender's share is judged by its sound: a long note behind it
// costs an innocent sender nothing, and neither an end mark nor notes hide one that takes too much.
func TestSharesAreOfSound(t *testing.T) {
	const large = 64 << 10
	for _, c := range []struct {
		name         string
		sound, notes int // messages of the sender, the notes last
		ends         bool
		cut          bool
	}{
		{name: "a share, and a note", sound: 28, notes: 1},
		{name: "little sound", sound: 9, notes: 1, ends: true},
		{name: "too much", sound: 40, cut: true},
		{name: "too much, and an end mark", sound: 40, ends: true, cut: true},
		{name: "too much, and a note", sound: 40, notes: 1, cut: true},
		{name: "nothing but notes", notes: 12, cut: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			nc := natstest.New(t)
			store := StoreOptions{AudioBytes: 8 << 20} // a share has room for 31 of the messages
			s, err := openShared(t.Context(), nc, store)
			if err != nil {
				t.Fatal(err)
			}
			send := func(stream string, n int, end bool) {
				t.Helper()
				p := natsaudio.Packet{Session: "s-" + stream, Encoding: natsaudio.S16, Rate: 16000, Channels: 1}
				for i := range n + 1 {
					p.Seq, p.Position, p.Samples, p.Data = uint64(i+1), int64(i*large/2), large/2, make([]byte, large)
					if i == n {
						p.Samples, p.Data, p.End = 0, nil, true
					}
					if p.End && !end {
						return
					}
					msg, err := p.Message(natsaudio.Subject(stream))
					if err != nil {
						t.Fatal(err)
					}
					if _, err := s.js.PublishMsg(t.Context(), msg); err != nil {
						t.Fatal(err)
					}
				}
			}
			for i := range 3 {
				send(fmt.Sprint("other-", i), 29, true)
			}
			send("one", c.sound, c.ends)
			for range c.notes {
				if err := s.putNote(t.Context(), "one", "s-one", noteWords, string(bytes.Repeat([]byte("w"), 200<<10))); err != nil {
					t.Fatal(err)
				}
			}
			w := &Worker{s: s, opts: Options{Log: logger(t)}, metrics: newMetrics(), sizes: map[string]size{}}
			info, err := s.audio.Info(t.Context(), jetstream.WithSubjectFilter(natsaudio.AllSubjects))
			if err != nil {
				t.Fatal(err)
			}
			if most := pressure * float64(info.Config.MaxBytes); float64(info.State.Bytes) < most {
				t.Fatalf("%d bytes are no pressure, expected %.0f", info.State.Bytes, most)
			}
			if err := w.keepShares(t.Context(), info); err != nil {
				t.Fatal(err)
			}
			if got := metricOf(t, w, "diarizer_audio_trimmed_total"); got > 0 != c.cut {
				t.Errorf("%v messages are removed, expected some: %v", got, c.cut)
			}
		})
	}
}
