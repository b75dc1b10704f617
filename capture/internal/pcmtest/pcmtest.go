// Package pcmtest holds what the tests of several decoders do with a [pcm.Reader].
package pcmtest

import (
	"io"
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/seed-7adb9000/diarizer/capture/pcm"
)

// ReadAll reads r to its end, up to n frames at once. It returns the samples before the error, if there is
// one, with silence in the gaps.
func ReadAll(r pcm.Reader, n int) (samples []float32, err error) {
	return readAll(r, n, func() int { return n })
}

func readAll(r pcm.Reader, most int, next func() int) (samples []float32, err error) {
	channels := r.Format().Channels
	buf := make([]float32, most*channels)
	for {
		n, err := r.Read(buf[:next()*channels])
		if n > 0 {
			samples = append(samples, make([]float32, pcm.Gap(r)*int64(channels))...)
		}
		samples = append(samples, buf[:n*channels]...)
		if err == io.EOF {
			return samples, nil
		}
		if err != nil {
			return samples, err
		}
	}
}

// PortionsChangeNothing holds that the sound does not depend on the portions in which it is read, of up to
// most frames. open opens the recording again.
func PortionsChangeNothing(t *testing.T, most int, open func() (pcm.Reader, error)) {
	t.Helper()
	r, err := open()
	if err != nil {
		t.Fatal(err)
	}
	want, err := ReadAll(r, most)
	if err != nil || len(want) == 0 {
		t.Fatalf("%d samples, %v", len(want), err)
	}
	rapid.Check(t, func(t *rapid.T) {
		r, err := open()
		if err != nil {
			t.Fatal(err)
		}
		got, err := readAll(r, most, func() int { return rapid.IntRange(1, most).Draw(t, "frames") })
		if err != nil || !slices.Equal(got, want) {
			t.Fatalf("%d samples, %v: portions changed the sound", len(got), err)
		}
	})
}

// SNR is the power of want over that of the difference, in decibels, up to the end of the shorter one.
func SNR(got, want []float32) float64 {
	var e, p float64
	for i := range min(len(got), len(want)) {
		d := float64(got[i] - want[i])
		e += d * d
		p += float64(want[i]) * float64(want[i])
	}
	return 10 * math.Log10((p+1e-30)/(e+1e-30))
}
