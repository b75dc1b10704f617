//go:build linux || freebsd || (portaudio && cgo)

package mic

import (
	"context"
	"encoding/binary"
	"math"
	"os"
	"testing"
	"time"

	"github.com/seed-7adb9000/diarizer/internal/testkit/soundcard"
)

// tone writes two seconds of a sine as WAV, with the given peak on each channel.
func tone(t *testing.T, path string, peaks ...float64) {
	t.Helper()
	const rate, seconds = 48000, 2
	frame := 2 * len(peaks)
	data := []byte("RIFF\x00\x00\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00")
	data = append(data, byte(len(peaks)), 0)
	data = binary.LittleEndian.AppendUint32(data, rate)
	data = binary.LittleEndian.AppendUint32(data, uint32(frame*rate))
	data = append(data, byte(frame), 0, 16, 0)
	data = append(data, "data"...)
	data = binary.LittleEndian.AppendUint32(data, uint32(frame*rate*seconds))
	for i := range rate * seconds {
		for _, p := range peaks {
			data = binary.LittleEndian.AppendUint16(data, uint16(int16(32768*p*math.Sin(2*math.Pi*440*float64(i)/rate))))
		}
	}
	binary.LittleEndian.PutUint32(data[4:], uint32(len(data)-8))
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

// peak is the largest sample that m hears while play plays.
func peak(ctx context.Context, t *testing.T, m *Mic, play func() error) float64 {
	t.Helper()
	played := make(chan error, 1)
	go func() { played <- play() }()
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

// hearTone checks the peak that a microphone hears of a file played to a sink.
func hearTone(t *testing.T, card *soundcard.Card, host Host, opts Options, sink, wav string, want float64) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	m, err := Open(ctx, host, opts)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	if p := peak(ctx, t, m, func() error { return card.PlayTo(sink, wav) }); math.Abs(p-want) > 0.02 {
		t.Errorf("channel %v of %q: a peak of %.3f, want %.3f", opts.Channel, m.Device().Name, p, want)
	}
}
