package segnet

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"testing"

	"github.com/seed-7adb9000/diarizer/internal/network/simd"
)

// golden is what PyTorch made of the published weights in 32 bits, written by
// research/segmentation: logarithms of probabilities.
type golden struct {
	Windows []struct {
		Samples, Frames, Every int
		Log                    [][]float64
	}
}

func readGolden(tb testing.TB) golden {
	tb.Helper()
	data, err := os.ReadFile("testdata/golden.json")
	if err != nil {
		tb.Fatal(err)
	}
	var g golden
	if err := json.Unmarshal(data, &g); err != nil {
		tb.Fatal(err)
	}
	return g
}

// talk is the formula of research/segmentation/inputs.py: two voices that take
// turns, overlap and pause.
func talk(samples int) []float32 {
	out := make([]float32, samples)
	state := uint32(1)
	for i := range out {
		state = 1664525*state + 1013904223
		t := float64(i) / Rate
		low := max(0, math.Sin(2*math.Pi*0.31*t+0.4))
		high := max(0, math.Sin(2*math.Pi*0.23*t+2.9))
		v := 0.002 * (float64(state)/(1<<31) - 1)
		if low > 0 {
			v += low * voice(t, 115, 600, 1500)
		}
		if high > 0 {
			v += high * voice(t, 215, 450, 2100)
		}
		out[i] = float32(v)
	}
	return out
}

func voice(t, pitch, first, second float64) float64 {
	phase := 2 * math.Pi * (pitch*t + 0.03*pitch*math.Sin(2*math.Pi*0.7*t))
	sum := 0.0
	for k := 1.0; k < 25; k++ {
		a, b := (k*pitch-first)/250, (k*pitch-second)/350
		formants := math.Exp(-a*a) + 0.5*math.Exp(-b*b) + 0.03
		sum += formants * (1 + 0.5*math.Sin(2*math.Pi*3.7*t+k)) * math.Sin(k*phase)
	}
	return 0.1 * sum * max(0, math.Sin(2*math.Pi*4.1*t)+0.6)
}

func load(tb testing.TB) *Network {
	tb.Helper()
	n, err := Default()
	if err != nil {
		tb.Fatal(err)
	}
	return n
}

// TestGolden holds probabilities to those of PyTorch. Plain Go, which is slow, has the
// shorter windows alone, of up to 1 s.
func TestGolden(t *testing.T) {
	net, g := load(t), readGolden(t)
	for _, path := range simd.Paths() {
		r := NewRunner(net, path)
		for _, want := range g.Windows {
			if path == simd.Portable && want.Samples > Rate {
				continue
			}
			t.Run(fmt.Sprintf("%v/%d", path, want.Samples), func(t *testing.T) {
				frames := make([]Frame, want.Frames)
				if n := r.Run(frames, talk(want.Samples)); n != want.Frames {
					t.Fatalf("%d frames, expected %d", n, want.Frames)
				}
				far := 0.0
				for i, row := range want.Log {
					for k, w := range row {
						far = max(far, math.Abs(float64(frames[i*want.Every][k])-math.Exp(w)))
					}
				}
				if t.Logf("largest difference of a probability %.2g", far); !(far < 1e-4) {
					t.Errorf("a probability is off by %.2g, expected less than 0.0001", far)
				}
			})
		}
	}
}
