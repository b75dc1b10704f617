package simulate

import (
	"math"
	"math/rand/v2"
	"reflect"
	"testing"

	"gonum.org/v1/gonum/floats"
	"pgregory.net/rapid"

	"github.com/seed-7adb9000/diarizer/internal/lab/dataset"
)

func seeded(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 3)) }

func tone(hz, seconds float64) []float32 {
	x := make([]float32, int(seconds*dataset.Rate))
	for i := range x {
		x[i] = float32(0.1 * math.Sin(2*math.Pi*hz*float64(i)/dataset.Rate))
	}
	return x
}

// TestConvolveByDefinition compares with the convolution sum.
func TestConvolveByDefinition(t *testing.T) {
	rng := seeded(1)
	x, r := Coloured(rng, 3000, 0.3), Coloured(rng, 377, 0)
	got := Convolve(x, r)
	for i := range x {
		var want float64
		for j := 0; j <= i && j < len(r); j++ {
			want += float64(x[i-j]) * float64(r[j])
		}
		if math.Abs(float64(got[i])-want) > 1e-5 {
			t.Fatalf("sample %d is %v, expected %v", i, got[i], want)
		}
	}
}

func TestRoomDecays(t *testing.T) {
	r := Room(seeded(2), 0.5, 0)
	if e := Power(r) * float64(len(r)); math.Abs(e-1) > 1e-3 {
		t.Errorf("energy %v, expected 1", e)
	}
	early, late := Power(r[200:2200]), Power(r[4200:6200]) // 0.25 s apart: 30 dB
	if db := 10 * math.Log10(early/late); math.Abs(db-30) > 3 {
		t.Errorf("decays by %.1f dB in half its length, expected 30", db)
	}
	u := Unit([]float32{0.1, -2, 1})
	if len(u) != 2 || math.Abs(Power(u)*2-1) > 1e-6 || u[0] > 0 {
		t.Errorf("unit response %v", u)
	}
}

func TestNoiseHasItsRatio(t *testing.T) {
	x := tone(440, 1)
	before := Power(x)
	y := append([]float32(nil), x...)
	AddNoise(seeded(3), y, Coloured(seeded(4), 5000, 1), 10)
	for i := range y {
		y[i] -= x[i]
	}
	if db := 10 * math.Log10(before/Power(y)); math.Abs(db-10) > 0.5 {
		t.Errorf("signal to noise %.2f dB, expected 10", db)
	}
}

// TestPhoneLine passes a tone inside the band and stops those outside.
func TestPhoneLine(t *testing.T) {
	for _, c := range []struct{ hz, low, high float64 }{{1000, -0.5, 0.5}, {100, -60, -25}, {6000, -60, -25}} {
		x := tone(c.hz, 1)
		y := PhoneLine(x)
		db := 10 * math.Log10(Power(y[800:len(y)-800])/Power(x))
		if len(y) != len(x) || db < c.low || db > c.high {
			t.Errorf("%v Hz comes out at %.1f dB, expected %v to %v", c.hz, db, c.low, c.high)
		}
	}
}

// TestReferenceIsExact gives every speaker a tone of their own and finds, in
// each stretch of the reference, the power of the tones that it names.
func TestReferenceIsExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 4).Draw(t, "speakers")
		seed := rapid.Uint64().Draw(t, "seed")
		var cast []Speaker
		for i := range n {
			cast = append(cast, Speaker{Name: "x", Recordings: [][]float32{tone(500*float64(i+1), 18)}})
		}
		c := Talk(seeded(seed), cast, Acoustics{}, Options{Name: "n", Seconds: 6, Repeat: true})
		if len(c.Reference) == 0 {
			t.Fatal("nobody says anything")
		}
		const step = dataset.Rate / 10
		for at := 0; at+step <= len(c.Samples); at += step {
			mid := (float64(at) + step/2) / dataset.Rate
			for i := range n {
				want, edge := false, false
				for _, s := range c.Reference {
					if s.Speaker == "s"+string(rune('1'+i)) {
						want = want || s.Start < mid && mid < s.End
						edge = edge || math.Abs(s.Start-mid) < 0.06 || math.Abs(s.End-mid) < 0.06
					}
				}
				var re, im float64
				for j, v := range c.Samples[at : at+step] {
					s, co := math.Sincos(2 * math.Pi * 500 * float64(i+1) * float64(j) / dataset.Rate)
					re, im = re+co*float64(v), im+s*float64(v)
				}
				if got := math.Hypot(re, im)/step > 0.004; got != want && !edge {
					t.Fatalf("at %.2f s speaker %d is heard: %v, in the reference: %v", mid, i+1, got, want)
				}
			}
		}
	})
}

func TestSameSeedSameConversation(t *testing.T) {
	cast := []Speaker{{"a", [][]float32{tone(300, 20), tone(310, 5)}}, {"b", [][]float32{tone(500, 25)}}}
	ac := Acoustics{Rooms: [][]float32{{1, 0.5}}, Noises: [][]float32{Coloured(seeded(9), 1000, 0)}}
	for _, cond := range []Condition{Clean, Telephone, Rooms, Meeting, Television} {
		opt := Options{Name: "n", Condition: cond, Seconds: 15}
		a, b := Talk(seeded(5), cast, ac, opt), Talk(seeded(5), cast, ac, opt)
		if !reflect.DeepEqual(a, b) {
			t.Errorf("%v: two conversations from one seed differ", cond)
		}
		if len(a.Samples) == 0 {
			t.Errorf("%v: empty", cond)
		}
	}
}

func TestEqualise(t *testing.T) {
	x := tone(700, 0.5)
	before := Power(x)
	Equalise(seeded(6), x, 6)
	if db := 10 * math.Log10(Power(x)/before); math.Abs(db) > 18 || db == 0 {
		t.Errorf("a tone moved by %.1f dB, expected up to 3·6", db)
	}
}

// TestTurnLengths holds the turns to the lengths of real talk: many short.
func TestTurnLengths(t *testing.T) {
	var lengths []float64
	for seed := range uint64(30) {
		cast := []Speaker{{"a", [][]float32{tone(300, 60)}}, {"b", [][]float32{tone(500, 60)}}}
		for _, s := range Talk(seeded(seed), cast, Acoustics{}, Options{Seconds: 40, Repeat: true}).Reference {
			lengths = append(lengths, s.End-s.Start)
		}
	}
	short := 0
	for _, l := range lengths {
		if l < 1 {
			short++
		}
	}
	share, mean := float64(short)/float64(len(lengths)), floats.Sum(lengths)/float64(len(lengths))
	if share < 0.2 || share > 0.6 || mean < 1 || mean > 3.5 {
		t.Errorf("%.0f %% of turns under a second, mean %.2f s", 100*share, mean)
	}
}

// TestMusic holds that music and applause have the level that is promised, and that
// music has a pitch and applause has none: a tone's autocorrelation comes back near 1.
func TestMusic(t *testing.T) {
	for seed := range uint64(8) {
		music, applause := Music(seeded(seed), dataset.Rate), Applause(seeded(seed), dataset.Rate)
		for name, x := range map[string][]float32{"music": music, "applause": applause} {
			if p := Power(x); math.Abs(p-1) > 1e-3 {
				t.Errorf("seed %d: %s of power %v, expected 1", seed, name, p)
			}
		}
		if m, a := periodicity(music), periodicity(applause); m < 0.4 || a > 0.2 {
			t.Errorf("seed %d: periodicity of music %.2f, of applause %.2f", seed, m, a)
		}
	}
}

// periodicity is the highest normalised autocorrelation at lags of 2 to 20 ms.
func periodicity(x []float32) float64 {
	best := 0.0
	for lag := dataset.Rate / 500; lag < dataset.Rate/50; lag++ {
		var sum float64
		for i := lag; i < len(x); i++ {
			sum += float64(x[i]) * float64(x[i-lag])
		}
		best = max(best, sum/float64(len(x)))
	}
	return best
}
