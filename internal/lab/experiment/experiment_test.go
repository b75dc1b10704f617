package experiment

import (
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"gonum.org/v1/gonum/stat/combin"
	"pgregory.net/rapid"

	"github.com/seed-7adb9000/diarizer/event/rttm"
	"github.com/seed-7adb9000/diarizer/features"
	"github.com/seed-7adb9000/diarizer/internal/lab/simulate"
	"github.com/seed-7adb9000/diarizer/online/model/eigenvoice"
)

// TestBestMatchAgainstAll tries every assignment.
func TestBestMatchAgainstAll(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rows, cols := rapid.IntRange(1, 5).Draw(t, "rows"), rapid.IntRange(1, 5).Draw(t, "columns")
		gain := make([][]float64, rows)
		for i := range gain {
			gain[i] = rapid.SliceOfN(rapid.Float64Range(0, 10), cols, cols).Draw(t, "row")
		}
		n := max(rows, cols)
		var want float64
		for _, p := range combin.Permutations(n, n) {
			var sum float64
			for i, j := range p {
				if i < rows && j < cols {
					sum += gain[i][j]
				}
			}
			want = max(want, sum)
		}
		if got := bestMatch(gain); math.Abs(got-want) > 1e-9 {
			t.Fatalf("%v, expected %v", got, want)
		}
	})
}

// recording makes one of the given reference, without sound.
func recording(utts ...Utterance) *Recording {
	r := &Recording{Utterances: utts}
	for _, u := range utts {
		r.Speakers = max(r.Speakers, u.Speaker+1)
	}
	r.index()
	return r
}

func TestScore(t *testing.T) {
	r := recording(Utterance{0, 100, 0}, Utterance{100, 300, 1}, Utterance{250, 350, 0})
	for _, c := range []struct {
		label    []int
		confused float64
		off      float64
	}{
		{[]int{0, 1, 0}, 0, 0},
		{[]int{1, 0, 1}, 0, 0},
		{[]int{0, 1, 1}, 50, 0},  // speaker 0 alone for 50 frames; the overlap is a miss
		{[]int{0, 0, 0}, 150, 1}, // all of it 1's but for 100 + 50 frames
		{[]int{0, 1, 2}, 100, 1}, // one of 0's two hundreds
	} {
		got := Score(r, c.label)
		if got.Confused != c.confused || got.SpeakersOff != c.off || got.Speech != 400 {
			t.Errorf("labels %v: %+v, expected %v confused and %v off", c.label, got, c.confused, c.off)
		}
	}
}

func TestNewRecordingCutsTurns(t *testing.T) {
	ref := []rttm.Segment{{Speaker: "b", Start: 1, End: 8}, {Speaker: "a", Start: 0, End: 1.5}, {Speaker: "a", Start: 9, End: 12}}
	r, err := NewRecording("x", "g", make([]float32, 10*16000), ref, features.Default())
	if err != nil {
		t.Fatal(err)
	}
	want := []Utterance{{0, 150, 1}, {100, 333, 0}, {333, 566, 0}, {566, 800, 0}, {900, 1000, 1}}
	if !slices.Equal(r.Utterances, want) || r.Speakers != 2 {
		t.Errorf("utterances %v, expected %v", r.Utterances, want)
	}
}

// flat is a model of one Gaussian and one eigenvoice in one dimension.
func flat() *eigenvoice.Model {
	return &eigenvoice.Model{Features: features.Config{Ceps: 1, Filters: 2, LowHz: 100, HighHz: 3800, MeanPrior: 1},
		FeatureMean: []float64{0}, Weights: []float64{1}, Means: []float64{0}, Vars: []float64{1}, V: []float64{2},
		Nu: 1, Phi: 0.2, Slope: 1, WithinSpeakerVariance: 0.01, LengthExponent: 0.3}
}

// TestRunningUsesNoFuture changes what comes after an utterance.
func TestRunningUsesNoFuture(t *testing.T) {
	m := flat()
	r := recording(Utterance{0, 50, 0}, Utterance{60, 90, 1}, Utterance{80, 120, 0})
	r.Dim = 1
	rng := rand.New(rand.NewPCG(3, 1))
	for range 120 {
		r.Frames = append(r.Frames, float32(rng.NormFloat64()))
	}
	before := r.Aligned(m, true)
	for i := 90; i < 120; i++ {
		r.Frames[i] += 5
	}
	after := r.Aligned(m, true)
	if before[1].First[0] != after[1].First[0] || before[2].First[0] == after[2].First[0] {
		t.Errorf("utterances before the change move from %v to %v, the one after it from %v to %v",
			before[1].First, after[1].First, before[2].First, after[2].First)
	}
	if whole := r.Aligned(m, false); whole[0].First[0] == after[0].First[0] {
		t.Error("the whole recording's mean changes nothing")
	}
}

// TestSlope draws choices with the probabilities that a slope of 0.7 gives.
func TestSlope(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 1))
	const threshold = 1
	var all []choice
	for range 20000 {
		c := choice{right: -1}
		for range rng.IntN(5) {
			c.scores = append(c.scores, 6*rng.Float64()-2)
		}
		sum := math.Exp(0.7 * threshold)
		for _, x := range c.scores {
			sum += math.Exp(0.7 * x)
		}
		left := sum*rng.Float64() - math.Exp(0.7*threshold)
		for k := 0; left > 0; k++ {
			c.right = k
			left -= math.Exp(0.7 * c.scores[k])
		}
		all = append(all, c)
	}
	if got := slope(all, threshold); math.Abs(got-0.7) > 0.03 {
		t.Errorf("slope %v, expected 0.7", got)
	}
}

func TestFlattest(t *testing.T) {
	if got := flattest([]float64{9, 5, 4, 4.1, 4, 7}); got != 3 {
		t.Errorf("index %d, expected 3", got)
	}
}

func TestReferenceErrors(t *testing.T) {
	name := filepath.Join(t.TempDir(), "x.rttm")
	for _, line := range []string{"SPEAKER x 1 0.5", "SPEAKER x 1 one 2 <NA> <NA> a", "SPEAKER x 1 1 two <NA> <NA> a"} {
		if err := os.WriteFile(name, []byte(line), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Reference(name); err == nil {
			t.Errorf("%q is taken for a reference", line)
		}
	}
}

func TestConversations(t *testing.T) {
	cast := map[string][]simulate.Speaker{}
	rng := rand.New(rand.NewPCG(5, 1))
	for range mostSpeakers {
		cast["c"] = append(cast["c"], simulate.Speaker{Recordings: [][]float32{simulate.Coloured(rng, 16000*20, 0)}})
	}
	conditions := append(EveryCondition(), simulate.Television)
	all, err := Conversations(cast, simulate.Acoustics{}, Plan{Conditions: conditions, Count: 2, Seconds: 10, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for s := range all {
		if len(s.Samples) == 0 || len(s.Reference) == 0 {
			t.Errorf("%s is empty", s.Name)
		}
		n++
	}
	if n != 2*len(conditions) {
		t.Errorf("%d conversations, expected %d", n, 2*len(conditions))
	}
	if _, err := Conversations(nil, simulate.Acoustics{}, Plan{Conditions: conditions, Count: 2, Seconds: 10, Seed: 1}); err == nil {
		t.Error("conversations of nobody")
	}
}
