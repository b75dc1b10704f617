//go:build linux || freebsd

package mic

import (
	"context"
	"encoding/binary"
	"math"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/jfreymuth/pulse/proto"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/internal/testkit/soundcard"
)

// desk adds a microphone with a description as people see it.
func desk(card *soundcard.Card) {
	card.Load("module-null-sink", "sink_name=other", "rate=44100")
	card.Load("module-remap-source", "source_name=alsa_input.usb-0d8c", "master=speaker.monitor", `source_properties="device.description='Desk Microphone'"`)
}

// The microphones of the sound server are listed, found and heard by their names in the server, and opened again when
// the server is back.
func TestPulseSources(t *testing.T) {
	card := soundcard.Start(t)
	desk(card)
	all, err := (pulse{}).Devices()
	if err != nil {
		t.Fatal(err)
	}
	for i, d := range all {
		if d.Index != i || d.Name == "" || d.Channels < 1 || d.Rate < 8000 {
			t.Errorf("device %+v", d)
		}
	}
	if d, err := Find(all, ""); err != nil || !d.Default {
		t.Errorf("the default is %+v, %v", d, err)
	}
	d, err := Find(all, "desk mic")
	if err != nil || d.Name != "Desk Microphone" || d.Rate != 48000 || d.id != "alsa_input.usb-0d8c" {
		t.Fatalf("found %+v, %v, in %+v", d, err, all)
	}
	wav := filepath.Join(t.TempDir(), "tone.wav")
	tone(t, wav, 0.5)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	m, err := Open(ctx, pulse{}, Options{Device: "Desk Microphone"})
	if err != nil {
		t.Fatal(err)
	}
	if p := peak(ctx, t, m, func() error { return card.Play(wav) }); math.Abs(p-0.5) > 0.02 {
		t.Errorf("a peak of 0.5 is heard as %.3f", p)
	}
	card.Kill()
	card.Restart()
	card.Load("module-null-sink", "sink_name=speaker", "rate=48000", "channels=2")
	desk(card)
	for n := range m.Notices() {
		t.Log(n)
		if n.Kind == Back {
			break
		}
		if ctx.Err() != nil {
			t.Fatal("it is not opened again")
		}
	}
	if p := peak(ctx, t, m, func() error { return card.Play(wav) }); math.Abs(p-0.5) > 0.02 {
		t.Errorf("behind the server's end, a peak of 0.5 is heard as %.3f", p)
	}
	if err := m.Close(); err != nil {
		t.Error(err)
	}
}

// TestPulseChannel hears each channel of a device alone, also of a device with more channels than a real one has.
func TestPulseChannel(t *testing.T) {
	card := soundcard.Start(t)
	card.Load("module-null-sink", "sink_name=wide", "rate=48000", "channels=10",
		"channel_map=front-left,front-right,aux0,aux1,aux2,aux3,aux4,aux5,aux6,aux7")
	all, err := (pulse{}).Devices()
	if err != nil {
		t.Fatal(err)
	}
	wide := slices.IndexFunc(all, func(d Device) bool { return d.Channels == 10 })
	if wide < 0 {
		t.Fatalf("no wide device in %+v", all)
	}
	wav := filepath.Join(t.TempDir(), "right.wav")
	tone(t, wav, 0, 0.5)
	for _, c := range []struct {
		sink, device string
		channel      capture.Channel
		want         float64
	}{
		{"speaker", "", 1, 0},
		{"speaker", "", 2, 0.5},
		{"speaker", "", capture.Mix, 0.25},
		{"wide", all[wide].Name, 1, 0},
		{"wide", all[wide].Name, 2, 0.5},
		{"wide", all[wide].Name, capture.Mix, 0.05},
	} {
		hearTone(t, card, pulse{}, Options{Device: c.device, Channel: c.channel}, c.sink, wav, c.want)
	}
}

// TestPulsePiledUp holds that sound that waits while this program stands still is kept from its beginning.
func TestPulsePiledUp(t *testing.T) {
	const rate, channels = 48000, 2
	packets := func(s *pulseStream, n int) {
		for i := range n {
			var data []byte
			for k := range rate / fragments * channels {
				data = binary.LittleEndian.AppendUint32(data, math.Float32bits(float32(i*rate/fragments*channels+k)))
			}
			s.message(&proto.DataPacket{Data: data})
		}
	}
	for _, c := range []struct{ most, seconds, want int }{
		{mostWaiting, 5, 5 * rate * channels},
		{mostWaiting, 10, 10 * rate * channels},
		{3*rate*channels + 1, 5, 3 * rate * channels},
	} {
		s := &pulseStream{channels: channels, most: c.most}
		packets(s, c.seconds*fragments)
		n, err := s.Available()
		if err != nil || n != c.want/channels {
			t.Fatalf("%d s: %d frames wait, want %d; %v", c.seconds, n, c.want/channels, err)
		}
		got := make([]float32, c.want)
		if err := s.Read(got); err != nil {
			t.Fatal(err)
		}
		for i, v := range got {
			if v != float32(i) {
				t.Fatalf("%d s: sample %d is that of %g", c.seconds, i, v)
			}
		}
	}
}
