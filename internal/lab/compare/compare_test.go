package compare

import (
	"cmp"
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"github.com/seed-7adb9000/diarizer/event/rttm"
	"github.com/seed-7adb9000/diarizer/features"
	"github.com/seed-7adb9000/diarizer/internal/lab/experiment"
	"github.com/seed-7adb9000/diarizer/internal/lab/simulate"
	"github.com/seed-7adb9000/diarizer/internal/metrics"
	"github.com/seed-7adb9000/diarizer/internal/network/modelfile"
	"github.com/seed-7adb9000/diarizer/online/model/eigenvoice"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// recording makes one of a reference, with silence for sound.
func recording(t testing.TB, reference []rttm.Segment) *experiment.Recording {
	t.Helper()
	var end float64
	for _, s := range reference {
		end = max(end, s.End)
	}
	r, err := experiment.NewRecording("x", "g", make([]float32, int(end*16000)), reference, features.Default())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func seg(who string, start, end float64) rttm.Segment {
	return rttm.Segment{File: "x", Channel: "1", Speaker: who, Start: start, End: end}
}

func TestJudgeByHand(t *testing.T) {
	// Utterances: a 2 s, b 3 s, a 1 s inside the end of b's.
	r := recording(t, []rttm.Segment{seg("a", 0, 2), seg("b", 2, 5), seg("a", 4, 5)})
	for _, c := range []struct {
		labels            []int
		purity, near, der float64
		exact             float64
	}{
		{[]int{0, 1, 0}, 100, 1, 0, 1},
		{[]int{0, 0, 0}, 50, 0.5, 50, 0},                 // a's 2 s are confused, its last second has no label
		{[]int{0, 1, 1}, 100 * 5 / 6.0, 1, 100 / 6.0, 1}, // a's last second has no label
		{[]int{0, 1, 2}, 100, 0.5, 100 / 6.0, 0},
	} {
		o := judge(r, c.labels)
		if math.Abs(o.Purity()-c.purity) > 1e-9 || math.Abs(o.Near-c.near) > 1e-9 || math.Abs(o.Result.DER()-c.der) > 1e-9 || o.Exact != c.exact {
			t.Errorf("labels %v: purity %v, near %v, DER %v, exact %v; expected %+v", c.labels, o.Purity(), o.Near, o.Result.DER(), o.Exact, c)
		}
	}
}

// TestJudgeAgainstMetrics scores random labels as RTTM with package metrics.
func TestJudgeAgainstMetrics(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var ref, hyp []rttm.Segment
		n := rapid.IntRange(1, 8).Draw(rt, "utterances")
		labels := rapid.SliceOfN(rapid.IntRange(0, 3), n, n).Draw(rt, "labels")
		at, until := 0, map[string]int{}
		for range n {
			who := string(rune('a' + rapid.IntRange(0, 2).Draw(rt, "speaker")))
			start := max(at+rapid.IntRange(-15, 15).Draw(rt, "pause"), until[who], 0) // nobody talks over themselves
			end := start + rapid.IntRange(5, 40).Draw(rt, "length")
			ref = append(ref, seg(who, float64(start)/100, float64(end)/100))
			at, until[who] = end, end
		}
		slices.SortStableFunc(ref, func(a, b rttm.Segment) int { return cmp.Compare(a.Start, b.Start) })
		for i, s := range ref {
			hyp = append(hyp, seg(string(rune('A'+labels[i])), s.Start, s.End))
		}
		r := recording(t, ref)
		if len(r.Utterances) != n {
			rt.Fatalf("%d utterances of %d turns", len(r.Utterances), n)
		}
		o := judge(r, labels)
		want, _, err := metrics.Compare(ref, hyp, metrics.Options{})
		if err != nil {
			rt.Fatal(err)
		}
		if math.Abs(o.Result.DER()-want.DER()) > 1e-6 || int(o.Exact) != want.Exact {
			rt.Fatalf("DER %v, exact %v; metrics has %v, %v", o.Result.DER(), o.Exact, want.DER(), want.Exact)
		}
	})
}

// cast makes speakers of coloured noise: no two corpora, no two of one sound.
func cast(n int) map[string][]simulate.Speaker {
	out := map[string][]simulate.Speaker{}
	for i := range n {
		rng := rand.New(rand.NewPCG(uint64(i), 5))
		x := simulate.Coloured(rng, 5*16000, float64(i%7)/6)
		simulate.Equalise(rng, x, 12)
		out["noise"] = append(out["noise"], simulate.Speaker{Name: string(rune('a' + i)), Recordings: [][]float32{x}})
	}
	return out
}

func TestTelephone(t *testing.T) {
	all := cast(2 * mostSpeakers)
	set, err := Telephone(all, 3, 18, 8)
	if err != nil {
		t.Fatal(err)
	}
	if len(set.Sounds) != 18 || len(set.Half) != 18 {
		t.Fatalf("%d conversations in %d halves, expected 18", len(set.Sounds), len(set.Half))
	}
	two := 0
	for i, s := range set.Sounds {
		if set.Half[i] != i%2 {
			t.Errorf("conversation %d is in half %d", i, set.Half[i])
		}
		speakers := map[string]bool{}
		for _, turn := range s.Reference {
			speakers[turn.Speaker] = true
		}
		if len(speakers) <= 2 {
			two++
		}
		if len(speakers) > mostSpeakers {
			t.Errorf("%d speakers in %s", len(speakers), s.Name)
		}
	}
	if two <= 9 || two == 18 {
		t.Errorf("%d of 18 conversations have 2 speakers, expected more than half and not all", two)
	}
	again, err := Telephone(all, 3, 8, 8)
	if err != nil || !slices.Equal(again.Sounds[6].Samples, set.Sounds[6].Samples) || !slices.Equal(again.Sounds[7].Reference, set.Sounds[7].Reference) {
		t.Errorf("the same seed gives another conversation (%v)", err)
	}
	if _, err := Telephone(cast(2*mostSpeakers-1), 3, 2, 12); err == nil {
		t.Error("halves of fewer than 7 speakers")
	}
}

// TestHalvesShareNoSpeaker gives every speaker a sound of their own level, which
// survives the composition's scaling as nothing else does: silence.
func TestHalvesShareNoSpeaker(t *testing.T) {
	speakers := cast(2 * mostSpeakers)["noise"]
	rng := rand.New(rand.NewPCG(3, 1))
	perm := rng.Perm(len(speakers))
	// Silence the speakers whom the seed puts in half 0.
	for i, k := range perm {
		if i%2 == 0 {
			clear(speakers[k].Recordings[0])
		}
	}
	set := telephone(speakers, 3, 6, 10)
	power := [2]float64{}
	for i, s := range set.Sounds {
		power[set.Half[i]] += simulate.Power(s.Samples)
	}
	if power[0] > 1e-3*power[1] {
		t.Errorf("half 0 has power %v beside %v: a speaker of half 1 is in it", power[0], power[1])
	}
}

// testModel is a part of the model in the program: its first Gaussians and the
// first of its factors, which is enough for a table and quick.
func testModel(t *testing.T) *eigenvoice.Model {
	t.Helper()
	m, err := modelfile.Eigenvoices()
	if err != nil {
		t.Fatal(err)
	}
	const size, nu, mu = 16, 5, 3
	rows := size * m.Dim()
	small := &eigenvoice.Model{Features: m.Features, FeatureMean: m.FeatureMean, Weights: m.Weights[:size],
		Means: m.Means[:rows], Vars: m.Vars[:rows], Nu: nu, Mu: mu, Phi: m.Phi, Soft: m.Soft,
		WithinSpeakerVariance: m.WithinSpeakerVariance, LengthExponent: m.LengthExponent, Threshold: m.Threshold, Slope: m.Slope}
	for r := range rows {
		small.V = append(small.V, m.V[r*m.Nu:r*m.Nu+nu]...)
		small.U = append(small.U, m.U[r*m.Mu:r*m.Mu+mu]...)
	}
	return small
}

// TestRun compares all methods on a few short conversations of noises, twice and
// with different numbers of jobs: the table is the same but for its seconds.
func TestRun(t *testing.T) {
	m := testModel(t)
	set, err := Telephone(cast(2*mostSpeakers), 1, 4, 4)
	if err != nil {
		t.Fatal(err)
	}
	table := func(jobs int) string {
		sections, err := Run(context.Background(), m, []Set{set}, Options{Jobs: jobs})
		if err != nil {
			t.Fatal(err)
		}
		s := &sections[0]
		if s.Recordings != 4 || len(s.Lines) != len(contenders(m)) {
			t.Fatalf("%d recordings and %d methods", s.Recordings, len(s.Lines))
		}
		for i := range s.Lines {
			l := &s.Lines[i]
			for _, o := range []*Outcome{&l.Offline, &l.Online} {
				if o.Result.Recordings != 4 || o.Seconds <= 0 || !(o.Purity() > 0 && o.Purity() <= 100) || math.Abs(o.Result.Speech/100-s.Seconds) > 1e-6 {
					t.Errorf("%s: %+v", l.Method, *o)
				}
				o.Seconds = 0
			}
			if len(l.Trials) == 0 {
				t.Errorf("%s: no trials", l.Method)
			}
		}
		var b strings.Builder
		if err := Write(&b, sections); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	one := table(1)
	if two := table(2); two != one {
		t.Errorf("two jobs give\n%s, one\n%s", two, one)
	}
	for _, want := range []string{"| telephone ", "proposed + eigenchannels", "CLR per frame", "| GLR ", "| α ", "EV, cosine", "86.8"} {
		if !strings.Contains(one, want) {
			t.Errorf("no %q in\n%s", want, one)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Run(ctx, m, []Set{set}, Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, expected the cancellation", err)
	}
}

// TestChooseLooksAtTheOtherHalf has thresholds that each suit one half.
func TestChooseLooksAtTheOtherHalf(t *testing.T) {
	outcome := func(confused float64) Outcome {
		return Outcome{Result: experiment.Result{Speech: 100, Confused: confused, Recordings: 1}}
	}
	// Thresholds 1 to 4; recording 0 likes the first, recording 1 the last two.
	traces := [][]trace{{
		{offline: []Outcome{outcome(0), outcome(5), outcome(9), outcome(9)}},
		{offline: []Outcome{outcome(8), outcome(8), outcome(1), outcome(1)}},
	}}
	method := contender{settings: []setting{{}}}
	var first, second Outcome
	of := func(t trace) []Outcome { return t.offline }
	a := choose(method, [][]float64{{1, 2, 3, 4}}, traces, []int{0, 1}, 0, of, &first)
	b := choose(method, [][]float64{{1, 2, 3, 4}}, traces, []int{0, 1}, 1, of, &second)
	if a.Threshold != 3 || first.Result.Confused != 9 || b.Threshold != 1 || second.Result.Confused != 8 {
		t.Errorf("half 0 at %v with %v confused, half 1 at %v with %v; expected 3, 9, 1 and 8",
			a, first.Result.Confused, b, second.Result.Confused)
	}
}

// TestChooseSetting picks the setting, such as α, of least error.
func TestChooseSetting(t *testing.T) {
	outcome := func(confused float64) []Outcome {
		return []Outcome{{Result: experiment.Result{Speech: 100, Confused: confused, Recordings: 1}}}
	}
	traces := [][]trace{{{online: outcome(4)}, {online: outcome(6)}}, {{online: outcome(7)}, {online: outcome(2)}}}
	method := contender{settings: []setting{{label: "α 1", own: true}, {label: "α 2", own: true}}}
	var total Outcome
	got := choose(method, [][]float64{{0}, {0}}, traces, []int{0, 1}, 0, func(t trace) []Outcome { return t.online }, &total)
	if got.String() != "α 2" || total.Result.Confused != 7 {
		t.Errorf("%v with %v confused, expected α 2 with 7", got, total.Result.Confused)
	}
}
