//go:build linux || freebsd

package mic

import (
	"context"
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/seed-7adb9000/diarizer/internal/testkit/soundcard"
)

// tone writes two seconds of a sine, at half of full scale, as WAV.
func tone(t *testing.T, path string) {
	t.Helper()
	const rate, seconds = 48000, 2
	data := []byte("RIFF\x00\x00\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00")
	data = binary.LittleEndian.AppendUint32(data, rate)
	data = binary.LittleEndian.AppendUint32(data, 2*rate)
	data = append(data, 2, 0, 16, 0)
	data = append(data, "data"...)
	data = binary.LittleEndian.AppendUint32(data, 2*rate*seconds)
	for i := range rate * seconds {
		data = binary.LittleEndian.AppendUint16(data, uint16(int16(16384*math.Sin(2*math.Pi*440*float64(i)/rate))))
	}
	binary.LittleEndian.PutUint32(data[4:], uint32(len(data)-8))
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

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
	if err != nil || d.Name != "Desk Microphone" || d.Rate != 48000 {
		t.Fatalf("found %+v, %v, in %+v", d, err, all)
	}
	wav := filepath.Join(t.TempDir(), "tone.wav")
	tone(t, wav)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	m, err := Open(ctx, pulse{}, Options{Device: "Desk Microphone"})
	if err != nil {
		t.Fatal(err)
	}
	peak := func() float64 {
		t.Helper()
		played := make(chan error, 1)
		go func() { played <- card.Play(wav) }()
		most := 0.0
		for over := false; !over; {
			b, err := m.Next(ctx)
			if err != nil {
				t.Fatal(err)
			}
			for _, v := range b.Samples {
				most = max(most, math.Abs(float64(v)))
			}
			select {
			case err := <-played:
				if over = true; err != nil {
					t.Fatal(err)
				}
			default:
			}
		}
		return most
	}
	if p := peak(); math.Abs(p-0.5) > 0.02 {
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
	if p := peak(); math.Abs(p-0.5) > 0.02 {
		t.Errorf("behind the server's end, a peak of 0.5 is heard as %.3f", p)
	}
	if err := m.Close(); err != nil {
		t.Error(err)
	}
}
