package campplus

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/seed-7adb9000/diarizer/internal/network/simd"
)

func embed(r *Runner, in []float32) []float32 {
	var t Trunk
	r.Run(&t, in)
	out := make([]float32, Dim)
	r.Embed(out, &t, 0, t.Rows())
	return out
}

// TestUtterancesLeaveNothingBehind holds that a runner and a trunk that have seen
// longer and other utterances give the same numbers as new ones.
func TestUtterancesLeaveNothingBehind(t *testing.T) {
	net := load(t)
	used := net.NewRunner()
	var trunk Trunk
	for _, frames := range []int{130, 7, 1, 131, 64, 250, 2} {
		in := inputs(frames)
		for i := range in {
			in[i] += float32(frames)*in[i]/500 + 3
		}
		used.Run(&trunk, in)
		got := make([]float32, Dim)
		used.Embed(got, &trunk, 0, trunk.Rows())
		if want := embed(net.NewRunner(), in); !slices.Equal(got, want) {
			t.Errorf("%d frames after others give other numbers", frames)
		}
	}
}

// TestPathsAgree holds the paths to each other.
func TestPathsAgree(t *testing.T) {
	net, in := load(t), inputs(60)
	want := embed(net.NewRunnerOn(simd.Portable), in)
	var size float64
	for _, v := range want {
		size = max(size, math.Abs(float64(v)))
	}
	for _, path := range simd.Paths() {
		for i, v := range embed(net.NewRunnerOn(path), in) {
			if d := math.Abs(float64(v-want[i])) / size; d > 1e-4 {
				t.Errorf("%v: number %d is %v, in plain Go %v", path, i, v, want[i])
			}
		}
	}
}

// TestMeanIsTakenOff holds that a line or a room that changes all energies of a band
// alike changes nothing.
func TestMeanIsTakenOff(t *testing.T) {
	r := load(t).NewRunner()
	in := inputs(90)
	want := embed(r, in)
	for i := range in {
		in[i] += float32(i%Features) / 16
	}
	wide := make([]float64, Dim)
	for i, v := range want {
		wide[i] = float64(v)
	}
	if d := far(embed(r, in), wide); d > 1e-9 {
		t.Errorf("1 − cosine is %v after a change of the mean", d)
	}
}

// TestStretches holds that a stretch of a trunk is pooled as its rows are.
func TestStretches(t *testing.T) {
	r := load(t).NewRunner()
	var trunk, part Trunk
	r.Run(&trunk, inputs(120))
	for _, c := range [][2]int{{0, 60}, {10, 35}, {59, 60}, {30, 32}} {
		part.frames = append(part.frames[:0], trunk.frames[c[0]*Channels:c[1]*Channels]...)
		got, want := make([]float32, Dim), make([]float32, Dim)
		r.Embed(got, &trunk, c[0], c[1])
		r.Embed(want, &part, 0, part.Rows())
		if !slices.Equal(got, want) {
			t.Errorf("rows %d to %d are pooled otherwise alone", c[0], c[1])
		}
	}
}

func TestMisusePanics(t *testing.T) {
	r := load(t).NewRunner()
	var trunk, empty Trunk
	r.Run(&trunk, inputs(20))
	out := make([]float32, Dim)
	for name, f := range map[string]func(){
		"no frame":   func() { r.Run(&empty, nil) },
		"part":       func() { r.Run(&empty, make([]float32, Features+1)) },
		"no row":     func() { r.Embed(out, &trunk, 3, 3) },
		"before":     func() { r.Embed(out, &trunk, -1, 3) },
		"after":      func() { r.Embed(out, &trunk, 3, 11) },
		"empty":      func() { r.Embed(out, &empty, 0, 1) },
		"path":       func() { r.net.NewRunnerOn(99) },
		"embeddings": func() { r.Embed(out[:Dim-1:Dim-1], &trunk, 0, 1) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			f()
		}()
	}
}

func TestNothingIsAllocated(t *testing.T) {
	net, in, out := load(t), inputs(30), make([]float32, Dim)
	for _, path := range simd.Paths() {
		r := net.NewRunnerOn(path)
		var trunk Trunk
		r.Run(&trunk, in)
		if n := testing.AllocsPerRun(5, func() { // rounded down: what the runtime allocates meanwhile is not counted
			r.Run(&trunk, in)
			r.Run(&trunk, in[:11*Features])
			r.Embed(out, &trunk, 2, 5)
		}); n != 0 {
			t.Errorf("%v: %v allocations", path, n)
		}
	}
}

// TestConcurrentRunners holds, under the race detector, that a network can be shared.
func TestConcurrentRunners(t *testing.T) {
	net, in := load(t), inputs(40)
	want := embed(net.NewRunner(), in)
	for i := range 3 {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			t.Parallel()
			if got := embed(net.NewRunner(), in); !slices.Equal(got, want) {
				t.Error("other numbers beside others")
			}
		})
	}
}
