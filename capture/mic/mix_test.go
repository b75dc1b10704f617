package mic

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/seed-7adb9000/diarizer/capture"
)

// TestOppositeChannels: a microphone whose two wires are taken for left and right is heard, and a notice says so.
func TestOppositeChannels(t *testing.T) {
	var heard []float32
	var said []string
	l := newLine(capture.Mix, func(_ int64, x []float32) { heard = append(heard, x...) })
	l.onMix = func(notes []string) { said = append(said, notes...) }
	if err := l.connect(capture.Rate, 2); err != nil {
		t.Fatal(err)
	}
	const n = 320
	now := time.Now()
	for i := range 200 {
		frames := make([]float32, 0, 2*n)
		for k := range n {
			x := float32(math.Sin(float64(i*n+k)/5)) / 2
			frames = append(frames, x, -x)
		}
		now = now.Add(n * time.Second / capture.Rate)
		l.take(now, frames)
	}
	var sum float64
	for _, x := range heard[len(heard)/2:] {
		sum += float64(x) * float64(x)
	}
	if rms := math.Sqrt(sum / float64(len(heard)/2)); math.Abs(rms-.5/math.Sqrt2) > .01 {
		t.Errorf("heard at %.3f, want %.3f", rms, .5/math.Sqrt2)
	}
	if len(said) != 1 || !strings.Contains(said[0], "opposite phase") {
		t.Errorf("said: %q", said)
	}
}
