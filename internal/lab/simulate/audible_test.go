package simulate

import (
	"math"
	"slices"
	"testing"

	"github.com/seed-7adb9000/diarizer/internal/lab/dataset"
)

// TestAudible has a voice with a short pause and a long one, a click in that and
// its own noise far below.
func TestAudible(t *testing.T) {
	x := tone(300, 5)
	quiet := func(from, to float64) {
		for i := int(from * dataset.Rate); i < int(to*dataset.Rate); i++ {
			x[i] *= 0.001
		}
	}
	quiet(0, 0.4)
	quiet(1, 1.2)
	quiet(2, 3)
	for i := range 2 * step { // 20 ms
		x[int(2.5*dataset.Rate)+i] *= 1000
	}
	faint := loud(x) * math.Pow(10, -silenceBelow/20)
	at := func(s float64) int { return int(s * dataset.Rate) }
	want := []stretch{{at(0.4), at(2)}, {at(3), at(5)}}
	if got := audible(x, faint); !slices.Equal(got, want) {
		t.Errorf("%v is audible, expected %v", got, want)
	}
	if got := audible(make([]float32, 1000), 0); len(got) > 0 {
		t.Errorf("%v of silence is audible", got)
	}
	if got := loud(nil); got != 0 {
		t.Errorf("nothing is %v loud", got)
	}
}

func TestOneLine(t *testing.T) {
	s := Speaker{Name: "a", Recordings: [][]float32{tone(300, 1), tone(310, 3), tone(320, 2)}}
	got := s.OneLine()
	if got.Name != "a" || len(got.Recordings) != 1 || len(got.Recordings[0]) != 3*dataset.Rate {
		t.Errorf("%d recordings of %q, expected the one of 3 s", len(got.Recordings), got.Name)
	}
	if len(s.Recordings) != 3 {
		t.Error("the speaker was changed")
	}
}
