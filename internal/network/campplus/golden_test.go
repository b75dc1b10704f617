package campplus

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"testing"

	"github.com/seed-7adb9000/diarizer/features"
	"github.com/seed-7adb9000/diarizer/internal/network/simd"
)

// golden is what PyTorch made of the published weights in 32 bits, written by
// research/campplus.
type golden struct {
	Features []struct {
		Frames    int
		Embedding []float64
		TrunkRows int       `json:"trunk_rows"`
		TrunkMean float64   `json:"trunk_mean"`
		TrunkLast []float64 `json:"trunk_last"`
	}
	Voice []struct {
		Samples, Frames int
		Picked          []int
		LogMel          [][]float64 `json:"log_mel"`
		Embedding       []float64
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

// noise returns numbers in [-1, 1) from a linear congruential generator.
func noise() func() float64 {
	state := uint32(1)
	return func() float64 {
		state = 1664525*state + 1013904223
		return float64(state)/(1<<31) - 1
	}
}

// inputs is the formula of research/campplus/inputs.py.
func inputs(frames int) []float32 {
	next := noise()
	out := make([]float32, 0, frames*Features)
	for i := range frames {
		for j := range Features {
			t, f := float64(i), float64(j)
			slow := math.Sin(0.071*t+0.13*f) + math.Sin(0.023*t-0.31*f)
			out = append(out, float32(-7-0.03*f+2*slow+next()))
		}
	}
	return out
}

// voice is the formula of research/campplus/inputs.py.
func voice(samples int) []float32 {
	next := noise()
	out := make([]float32, samples)
	for i := range out {
		t := float64(i) / 16000
		phase := 2 * math.Pi * (120*t + 3*math.Sin(2*math.Pi*0.7*t))
		v := 0.01*next() + 0.02
		for k := 1.0; k <= 30; k++ {
			formants := math.Exp(-math.Pow((k*120-600)/300, 2)) + 0.5*math.Exp(-math.Pow((k*120-1700)/400, 2)) + 0.05
			v += 0.1 * formants * (1 + 0.5*math.Sin(2*math.Pi*3*t+k)) * math.Sin(k*phase)
		}
		out[i] = float32(v)
	}
	return out
}

func load(tb testing.TB) *Network {
	tb.Helper()
	n, err := Default()
	if err != nil {
		tb.Fatal(err)
	}
	return n
}

// far returns 1 − the cosine of two vectors.
func far(a []float32, b []float64) float64 {
	var ab, aa, bb float64
	for i, v := range a {
		ab, aa, bb = ab+float64(v)*b[i], aa+float64(v)*float64(v), bb+b[i]*b[i]
	}
	return 1 - ab/math.Sqrt(aa*bb)
}

// TestGolden holds embeddings to those of PyTorch. The weights are rounded to 11
// bits, which is what the difference comes from. Plain Go, which is slow, has the
// shorter utterances alone.
func TestGolden(t *testing.T) {
	net, g := load(t), readGolden(t)
	for _, path := range simd.Paths() {
		r := net.NewRunnerOn(path)
		for _, want := range g.Features {
			if path == simd.Portable && want.Frames > 210 {
				continue
			}
			t.Run(fmt.Sprintf("%v/%d", path, want.Frames), func(t *testing.T) {
				var trunk Trunk
				r.Run(&trunk, inputs(want.Frames))
				if trunk.Rows() != want.TrunkRows {
					t.Fatalf("%d rows, expected %d", trunk.Rows(), want.TrunkRows)
				}
				got := make([]float32, Dim)
				r.Embed(got, &trunk, 0, trunk.Rows())
				limit := 1e-5
				if want.Frames < 30 {
					limit = 2e-4
				}
				if d := far(got, want.Embedding); !(d < limit) {
					t.Errorf("1 − cosine is %.2g, expected less than %.2g", d, limit)
				}
				last := make([]float32, Channels)
				trunk.Row(last, trunk.Rows()-1)
				for i, w := range want.TrunkLast {
					if v := float64(last[i]); math.Abs(v-w) > 2e-2*(1+w) {
						t.Errorf("channel %d of the last row is %v, expected %v", i, v, w)
					}
				}
			})
		}
	}
}

// TestGoldenVoice goes all the way from samples.
func TestGoldenVoice(t *testing.T) {
	net, g := load(t), readGolden(t)
	bank, r := features.NewBank(), net.NewRunner()
	row := make([]float64, Features)
	for _, want := range g.Voice {
		samples := voice(want.Samples)
		var feats []float32
		for from := 0; from+features.Window <= len(samples); from += features.Hop {
			bank.Into(row, samples[from:from+features.Window])
			for _, v := range row {
				feats = append(feats, float32(v))
			}
		}
		for i, frame := range want.Picked {
			for j, w := range want.LogMel[i] {
				if v := float64(feats[frame*Features+j]); math.Abs(v-w) > 1e-4 {
					t.Errorf("%d samples: energy %d of frame %d is %v, expected %v", want.Samples, j, frame, v, w)
				}
			}
		}
		var trunk Trunk
		r.Run(&trunk, feats)
		got := make([]float32, Dim)
		r.Embed(got, &trunk, 0, trunk.Rows())
		if d := far(got, want.Embedding); !(d < 1e-5) {
			t.Errorf("%d samples: 1 − cosine is %.2g", want.Samples, d)
		}
	}
}
