package mic

import (
	"math"
	"testing"
	"time"

	"github.com/seed-7adb9000/diarizer/capture"
)

// TestBadSamples holds that invalid samples of a broken driver become silence, are counted, and have no effect on
// later samples.
func TestBadSamples(t *testing.T) {
	bad := []float32{float32(math.NaN()), float32(math.Inf(1)), float32(math.Inf(-1)), math.MaxFloat32, -1e20}
	for _, rate := range []int{16000, 48000} {
		heard := 0
		l := newLine(capture.Mix, func(_ int64, samples []float32) {
			for _, x := range samples {
				if heard++; !(x >= -1 && x <= 1) {
					t.Fatalf("%d Hz: sample %d is %g", rate, heard, x)
				}
			}
		})
		if err := l.connect(rate, 2); err != nil {
			t.Fatal(err)
		}
		now := time.Unix(1e9, 0)
		for i := range 100 {
			frames := make([]float32, 2*rate/50)
			for k := range frames {
				frames[k] = 0.25
			}
			if i < len(bad) {
				frames[7], frames[8] = bad[i], bad[i]
			}
			l.take(now, frames)
			now = now.Add(20 * time.Millisecond)
		}
		if n := l.replaced.Load(); n != int64(2*len(bad)) || heard < capture.Rate {
			t.Errorf("%d Hz: %d samples replaced, expected %d; %d heard", rate, n, 2*len(bad), heard)
		}
	}
}
