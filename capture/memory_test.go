package capture_test

import (
	"context"
	"errors"
	"io"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/seed-7adb9000/diarizer/capture"
)

// Samples from memory come completely and in order, and belong to the receiver.
func TestFromSamples(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := rapid.SliceOfN(rapid.Float32Range(-1, 1), 0, 5000).Draw(t, "samples")
		want := slices.Clone(x)
		src := capture.FromSamples(x)
		var got []float32
		for {
			b, err := src.Next(context.Background())
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil || b.Start != int64(len(got)) {
				t.Fatalf("block at %d after %d samples, error %v", b.Start, len(got), err)
			}
			got = append(got, b.Samples...)
			clear(b.Samples)
		}
		if !slices.Equal(got, want) || !slices.Equal(x, want) {
			t.Fatalf("other samples than the %d given", len(want))
		}
	})
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := capture.FromSamples([]float32{0}).Next(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v after ctx was done", err)
	}
}
