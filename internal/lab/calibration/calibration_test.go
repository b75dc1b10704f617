package calibration

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/seed-7adb9000/diarizer/event/rttm"
)

func near(a, b float64) bool { return math.Abs(a-b) < 1e-9 }

func TestBrierByHand(t *testing.T) {
	claims := []Claim{{0.9, true, 1}, {0.8, false, 2}, {0.5, true, 1}}
	if got, want := Brier(claims), (0.01+2*0.64+0.25)/4; !near(got, want) {
		t.Errorf("%v, expected %v", got, want)
	}
	if got, want := Brier(Unweighted(claims)), (0.01+0.64+0.25)/3; !near(got, want) {
		t.Errorf("unweighted %v, expected %v", got, want)
	}
	if claims[1].Weight != 2 {
		t.Error("Unweighted changes its argument")
	}
	if !math.IsNaN(Brier(nil)) || !math.IsNaN(ExpectedError(Bins(nil, 10))) {
		t.Error("a score of no claims")
	}
}

func TestBinsByHand(t *testing.T) {
	bins := Bins([]Claim{{0, false, 1}, {0.25, true, 3}, {0.3, false, 1}, {1, true, 2}, {0.999, true, 2}}, 4)
	want := []Bin{
		{0, 0.25, 1, 1, 0, 0}, {0.25, 0.5, 2, 4, 1.05 / 4, 0.75},
		{0.5, 0.75, 0, 0, math.NaN(), math.NaN()}, {0.75, 1, 2, 4, 3.998 / 4, 1},
	}
	for i, b := range bins {
		w := want[i]
		same := func(x, y float64) bool { return near(x, y) || math.IsNaN(x) && math.IsNaN(y) }
		if b.Claims != w.Claims || !near(b.Weight, w.Weight) || !same(b.Confidence, w.Confidence) || !same(b.Right, w.Right) ||
			b.From != w.From || b.To != w.To {
			t.Errorf("bin %d is %+v, expected %+v", i, b, w)
		}
	}
	if got, want := ExpectedError(bins), (4*(0.75-1.05/4)+4*(1-3.998/4))/9; !near(got, want) {
		t.Errorf("expected calibration error %v, expected %v", got, want)
	}
}

// TestHonestClaims draws outcomes with the claimed probability: the expected
// error vanishes and the Brier score is the mean of p(1 − p).
func TestHonestClaims(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	var honest, bold []Claim
	var want float64
	const n = 200000
	for range n {
		p := rng.Float64()
		c := Claim{p, rng.Float64() < p, 0.5 + rng.Float64()}
		honest, want = append(honest, c), want+p*(1-p)/n
		c.Confidence = math.Min(1, p+0.2)
		bold = append(bold, c)
	}
	if got := ExpectedError(Bins(honest, 10)); got > 0.01 {
		t.Errorf("honest claims: expected error %v", got)
	}
	if got := Brier(honest); math.Abs(got-want) > 0.003 {
		t.Errorf("honest claims: Brier score %v, expected %v", got, want)
	}
	if got := ExpectedError(Bins(bold, 10)); got < 0.15 {
		t.Errorf("bold claims: expected error %v, expected nearly 0.2", got)
	}
	if c, r := Mean(bold); c-r < 0.15 {
		t.Errorf("bold claims of %v for %v", c, r)
	}
}

func TestOrderChangesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		claim := rapid.Custom(func(t *rapid.T) Claim {
			return Claim{rapid.Float64Range(0, 1).Draw(t, "p"), rapid.Bool().Draw(t, "right"), rapid.Float64Range(0.1, 9).Draw(t, "weight")}
		})
		a := rapid.SliceOfN(claim, 1, 30).Draw(t, "claims")
		b := rapid.Permutation(a).Draw(t, "order")
		Sort(a)
		Sort(b)
		if !slices.Equal(a, b) || Brier(a) != Brier(b) {
			t.Fatalf("%v and %v", a, b)
		}
	})
}

func TestTurns(t *testing.T) {
	seg := func(who string, start, end float64) rttm.Segment {
		return rttm.Segment{File: "x", Speaker: who, Start: start, End: end}
	}
	ref := []rttm.Segment{seg("ann", 0, 10), seg("bob", 10, 20), seg("ann", 20, 24)}
	turns := []rttm.Segment{
		seg("S1", 0, 9),      // right
		seg("S2", 9, 20),     // right: a second of it is ann's
		seg("S2", 20, 24),    // wrong
		seg("S3", 30, 31),    // wrong: nobody speaks
		seg("unknown", 2, 3), // claims nothing
		seg("S1", 5, 5),      // has no length
	}
	got, err := Turns(ref, turns, []float64{0.9, 0.8, 0.7, 0.6, 0.5, 0.4}, "unknown")
	if err != nil {
		t.Fatal(err)
	}
	want := []Claim{{0.9, true, 9}, {0.8, true, 11}, {0.7, false, 4}, {0.6, false, 1}}
	if !slices.Equal(got, want) {
		t.Errorf("%v, expected %v", got, want)
	}
	if _, err := Turns(ref, turns, nil, ""); err == nil {
		t.Error("turns without confidences are taken")
	}
	if _, err := Turns(ref, []rttm.Segment{seg("S1", 2, 1)}, []float64{1}, ""); err == nil {
		t.Error("a turn that ends before it begins is taken")
	}
}

// TestDETByDefinition counts every threshold's errors one by one.
func TestDETByDefinition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		trial := rapid.Custom(func(t *rapid.T) Trial {
			return Trial{float64(rapid.IntRange(0, 9).Draw(t, "score")), rapid.Bool().Draw(t, "same")}
		})
		trials := append(rapid.SliceOfN(trial, 0, 30).Draw(t, "trials"), Trial{4, true}, Trial{5, false})
		points := DET(trials)
		for _, p := range points {
			var miss, alarm, same, different float64
			for _, x := range trials {
				switch {
				case x.Same:
					same++
					if x.Score < p.Threshold {
						miss++
					}
				default:
					different++
					if x.Score >= p.Threshold {
						alarm++
					}
				}
			}
			if !near(p.Miss, miss/same) || !near(p.FalseAlarm, alarm/different) {
				t.Fatalf("%+v, expected miss %v and false alarm %v", p, miss/same, alarm/different)
			}
		}
		if first, last := points[0], points[len(points)-1]; first.Miss != 0 || first.FalseAlarm != 1 || last.Miss != 1 || last.FalseAlarm != 0 {
			t.Fatalf("from %+v to %+v, expected all accepted to all refused", first, last)
		}
		if e := EqualError(points); !(e >= 0 && e <= 1) {
			t.Fatalf("equal error rate %v", e)
		}
	})
}

// TestEqualErrorOfNormals compares with theory: two normals of distance 2σ have
// an equal error rate of Φ(−1).
func TestEqualErrorOfNormals(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 1))
	var trials []Trial
	for range 100000 {
		trials = append(trials, Trial{rng.NormFloat64(), false}, Trial{2 + rng.NormFloat64(), true})
	}
	if got, want := EqualError(DET(trials)), math.Erfc(1/math.Sqrt2)/2; math.Abs(got-want) > 0.003 {
		t.Errorf("%v, expected %v", got, want)
	}
	if DET([]Trial{{1, true}}) != nil || !math.IsNaN(EqualError(nil)) {
		t.Error("a trade-off of one kind of trials")
	}
}
