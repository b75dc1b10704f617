package dataset

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"

	"github.com/mewkiz/flac"

	"github.com/seed-7adb9000/diarizer/capture"
)

// Rate is the sample rate of everything Load returns, in hertz.
const Rate = 16000

// ErrSound is wrapped by errors about recordings that cannot be decoded.
var ErrSound = errors.New("unusable recording")

// Load decodes a recording and returns it at 16 kHz, samples in [-1, 1]: mono FLAC
// at 8 or 16 kHz by itself, which is what most are, and any other as the program
// hears it.
func Load(path string) ([]float32, error) {
	if !strings.EqualFold(filepath.Ext(path), ".flac") {
		return heard(path)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	stream, err := flac.New(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w: %v", path, ErrSound, err)
	}
	if stream.Info.NChannels != 1 {
		return nil, fmt.Errorf("%s: %w: %d channels, expected 1", path, ErrSound, stream.Info.NChannels)
	}
	scale := 1 / float32(int64(1)<<(stream.Info.BitsPerSample-1))
	var samples []float32
	for {
		frame, err := stream.ParseNext()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w: %v", path, ErrSound, err)
		}
		for _, s := range frame.Subframes[0].Samples {
			samples = append(samples, float32(s)*scale)
		}
	}
	if len(samples) == 0 {
		return nil, fmt.Errorf("%s: %w: no samples", path, ErrSound)
	}
	switch stream.Info.SampleRate {
	case Rate:
		return samples, nil
	case Rate / 2:
		return Double(samples), nil
	}
	return nil, fmt.Errorf("%s: %w: %d Hz, expected 8000 or 16000", path, ErrSound, stream.Info.SampleRate)
}

// heard reads a whole recording as the program hears it.
func heard(path string) ([]float32, error) {
	ctx := context.Background()
	rec, err := capture.Open(ctx, path, capture.Options{})
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrSound, err)
	}
	defer rec.Close()
	out, err := capture.ReadAll(ctx, rec)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrSound, err)
	}
	return out, nil
}

// Double interpolates to twice the rate: every second sample is the original,
// those between are a windowed sinc over 32 neighbours.
func Double(x []float32) []float32 {
	const half = 16
	var taps [2 * half]float64
	for i := range taps {
		t := float64(i-half) + 0.5
		taps[i] = math.Sin(math.Pi*t) / (math.Pi * t) * (0.5 + 0.5*math.Cos(math.Pi*t/(half+0.5)))
	}
	y := make([]float32, 2*len(x))
	for i, s := range x {
		y[2*i] = s
		var sum float64
		for k, w := range taps {
			if j := i + 1 + k - half; j >= 0 && j < len(x) {
				sum += w * float64(x[j])
			}
		}
		y[2*i+1] = float32(sum)
	}
	return y
}
