package serve

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/seed-7adb9000/diarizer/capture/natsaudio"
	"github.com/seed-7adb9000/diarizer/capture/opus"
	"github.com/seed-7adb9000/diarizer/internal/pipeline"
	"github.com/seed-7adb9000/diarizer/internal/testkit/natstest"
)

// opusPackets are packets of 24 s of sound like speech, in Opus, with the end mark.
func opusPackets(t *testing.T, session string) []natsaudio.Packet {
	t.Helper()
	b, err := os.ReadFile("../../capture/natsaudio/testdata/speech.opus")
	if err != nil {
		t.Fatal(err)
	}
	p := natsaudio.Packet{Session: session, Began: time.Date(2026, 3, 1, 9, 30, 0, 0, time.UTC),
		Encoding: natsaudio.Opus, Rate: natsaudio.OpusRate, Channels: 1}
	in, err := opus.NewPacketReader(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	var ps []natsaudio.Packet
	for {
		next, err := in.Next()
		p.Seq++
		if errors.Is(err, io.EOF) {
			p.Position += int64(p.Samples)
			p.Samples, p.Data, p.End = 0, nil, true
			return append(ps, p)
		}
		if err != nil {
			t.Fatal(err)
		}
		p.Position, p.Samples, p.Data = next.Position, next.Samples, next.Data
		ps = append(ps, p)
	}
}

// TestOpusKilled kills the owner of streams in Opus, twice. The next owner goes on from the last
// checkpoint, in the middle of a decoder's state, to the same events.
func TestOpusKilled(t *testing.T) {
	cfg := pipeline.Config{Model: anyModel()}
	nc := natstest.New(t)
	m := &meetings{held: true}
	for i := range 3 {
		name := fmt.Sprintf("meeting-%d", i)
		ps := opusPackets(t, "session-"+name)
		if i == 1 { // some packets are lost on the way, also where a decoder is renewed
			ps = slices.DeleteFunc(ps, func(p natsaudio.Packet) bool { return !p.End && (p.Seq%101 == 0 || p.Seq/4 == 125) })
		}
		events, lines := undisturbed(t, name, cfg, ps)
		if len(events) < 10 || lines == "" {
			t.Fatalf("%d events: expected the sound to be taken for speech", len(events))
		}
		m.names, m.sound = append(m.names, name), append(m.sound, ps)
		m.events, m.rttm = append(m.events, events), append(m.rttm, lines)
	}
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	url := nc.ConnectedUrl()
	all := []*child{startChild(t, url)}
	m.run(t, nc, 2, 2*time.Minute, func() {
		waitFor(t, func() bool { return manifests(t, js) == len(m.names) })
		for range 2 {
			time.Sleep(2 * time.Second)
			all[len(all)-1].kill()
			next := startChild(t, url)
			all = append(all, next)
			waitFor(t, func() bool { return strings.Count(next.log.String(), "stream taken") == len(m.names) })
		}
	})
	for i, w := range all[1:] {
		if strings.Contains(w.log.String(), "at=0s") {
			t.Errorf("owner %d has begun again with the session", i+2)
		}
	}
}

// TestMovedOpusFollower holds that a follower of Opus packets that is replaced by one with the same
// state, at any packet, goes on to the same events.
func TestMovedOpusFollower(t *testing.T) {
	cfg := pipeline.Config{Model: anyModel()}
	ps := opusPackets(t, "s")
	want, _ := undisturbed(t, "room", cfg, ps)
	for _, every := range []int{1001, 499, 83} {
		rec := &recorder{}
		f, err := newFollower("room", cfg, rec)
		if err != nil {
			t.Fatal(err)
		}
		for i, p := range ps {
			if i%every == every-1 {
				if f, err = resume("room", cfg, rec, f.snapshot()); err != nil {
					t.Fatal(err)
				}
			}
			msg, err := p.Message(natsaudio.Subject("room"))
			if err != nil {
				t.Fatal(err)
			}
			if err := f.push(t.Context(), message{number: uint64(i + 1), stored: time.Unix(0, 0), header: msg.Header, data: msg.Data}); err != nil {
				t.Fatal(err)
			}
		}
		if !f.ended || !slices.Equal(rec.text, want) {
			t.Errorf("moved every %d packets: %s", every, firstDifference(rec.text, want))
		}
	}
}
