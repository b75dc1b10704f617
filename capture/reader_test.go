package capture

import (
	"context"
	"errors"
	"io"
	"testing"

	"github.com/seed-7adb9000/diarizer/capture/internal/sound"
)

func TestPipe(t *testing.T) {
	wav := sound.WAV{Data: sound.S16(sound.Sine(16000, 440, 1000)...)}.Bytes()
	pr, pw := io.Pipe()
	go pw.Write(wav[:44+2*700]) // and no more: a live stream
	ctx, cancel := context.WithCancel(context.Background())
	rec, err := OpenReader(ctx, pr, "standard input", Options{})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // what has arrived is not held back
		if b, err := rec.Next(ctx); err != nil || len(b.Samples) != DefaultBlockSize {
			t.Fatalf("%d samples, %v", len(b.Samples), err)
		}
	}
	done := make(chan error)
	go func() { _, err := rec.Next(ctx); done <- err }()
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("waiting Next: %v", err)
	}
	if err := rec.Close(); err != nil {
		t.Error(err)
	}
}

func TestCloseReleasesNext(t *testing.T) {
	pr, pw := io.Pipe()
	go pw.Write(sound.WAV{Data: make([]byte, 1000)}.Bytes()[:600])
	ctx := context.Background()
	rec, err := OpenReader(ctx, pr, "standard input", Options{})
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error)
	go func() { _, err := rec.Next(ctx); done <- err }()
	rec.Close()
	<-done // goleak finds the pump if it stays
}

func TestOpenReaderCancelled(t *testing.T) {
	pr, pw := io.Pipe()
	defer pw.Close()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := OpenReader(ctx, pr, "standard input", Options{}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
