package trial

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/seed-7adb9000/diarizer/internal/lab/dataset"
	"github.com/seed-7adb9000/diarizer/online/model/embedding"
)

// TestLearn finds the covariances that recordings were drawn with, of which those of
// lines move several factors at once.
func TestLearn(t *testing.T) {
	const nu, people, each, utterances, seconds = 4, 4000, 4, 3, 2.0
	rng := rand.New(rand.NewPCG(1, 2))
	m := &embedding.Model{A: make([]float64, nu)}
	// A line moves all factors along one direction by far most.
	along := [nu]float64{1, -1, 0.5, 2}
	const line, each1, noise = 0.8, 0.1, 0.6 // variances; noise of a second
	var recordings []Recording
	for p := range people {
		var x [nu]float64
		for i := range x {
			x[i] = rng.NormFloat64()
		}
		for range each {
			shift := math.Sqrt(line) * rng.NormFloat64()
			var c [nu]float64
			for i := range c {
				c[i] = 3 + x[i] + shift*along[i] + math.Sqrt(each1)*rng.NormFloat64()
			}
			r := Recording{Speaker: p}
			for range utterances {
				s := m.Shape().NewStats()
				s.N = 100 * seconds
				for i := range c {
					s.DInv[i] = seconds
					s.D[i] = seconds * (c[i] + math.Sqrt(noise/seconds)*rng.NormFloat64())
				}
				r.Parts = append(r.Parts, s)
			}
			recordings = append(recordings, r)
		}
	}
	a, err := Learn(m, recordings)
	if err != nil {
		t.Fatal(err)
	}
	// In the directions that were found people have variance 1, and lines what they had,
	// but for what factors have to do with each other, of which not all is believed.
	q := mat.NewDense(nu, nu, a.Q)
	var people2 mat.Dense
	people2.Mul(q, q.T())
	for i := range nu {
		for j := range nu {
			want := 0.0
			if i == j {
				want = 1
			}
			if math.Abs(people2.At(i, j)-want) > 0.12 {
				t.Errorf("people have %v in directions %d and %d, expected %v", people2.At(i, j), i, j, want)
			}
		}
	}
	for i := range nu {
		var moved, single, length float64
		for j := range nu {
			moved += a.Q[i*nu+j] * along[j]
			single += a.Q[i*nu+j] * a.Q[i*nu+j] * along[j] * along[j]
			length += a.Q[i*nu+j] * a.Q[i*nu+j]
		}
		if want := line*(correlated*moved*moved+(1-correlated)*single) + each1*length; math.Abs(a.C[i]-want) > 0.15*(0.3+want) {
			t.Errorf("direction %d: recordings differ by %v, expected %v", i, a.C[i], want)
		}
		if want := noise * length; math.Abs(a.E[i]-want) > 0.1*want {
			t.Errorf("direction %d: a second differs by %v, expected %v", i, a.E[i], want)
		}
	}
	if worst := a.C[nu-1]; worst < 3*a.C[0] {
		t.Errorf("variances %v, expected the line's direction apart from the others", a.C)
	}
	if _, err := Learn(m, recordings[:2*each]); err == nil {
		t.Error("two people are enough for four factors")
	}
}

// TestExcerpt takes other parts of what somebody says for each recording, as far as
// there are any.
func TestExcerpt(t *testing.T) {
	sound := func(from, seconds int) []float32 {
		x := make([]float32, seconds*dataset.Rate)
		for i := range x {
			x[i] = float32(from + i/dataset.Rate)
		}
		return x
	}
	for _, c := range []struct {
		sounds [][]float32
		first  [lines]int // second of the beginning
		length int
	}{
		{[][]float32{sound(0, 32)}, [lines]int{0, 8, 16, 24}, 8},
		{[][]float32{sound(0, 5)}, [lines]int{}, 5},
		{[][]float32{sound(0, 6), sound(10, 6), sound(20, 6)}, [lines]int{0, 10, 20, 0}, 6},
		{[][]float32{sound(0, 2), sound(10, 2), sound(20, 2), sound(30, 2)}, [lines]int{0, 10, 20, 30}, 4},
	} {
		for k, first := range c.first {
			if x := excerpt(c.sounds, k); len(x) != c.length*dataset.Rate || int(x[0]) != first {
				t.Errorf("recording %d of %d sounds: %d samples from %v on, expected %d s from %d on", k, len(c.sounds), len(x), x[0], c.length, first)
			}
		}
	}
}
