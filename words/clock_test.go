package words

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

// meeting makes turns of so many minutes and the words in them.
func meeting(seed uint64, minutes float64) ([]Word, []Turn) {
	rng := rand.New(rand.NewPCG(seed, 3))
	var list []Word
	var turns []Turn
	for at := 1.0; at < 60*minutes; {
		length := 0.5 + 6*rng.Float64()
		turns = append(turns, turn(at, at+length, string(rune('a'+rng.IntN(3)))))
		list = append(list, evenly(at, at+length, strings.Repeat("so ", 1+int(3*length)))...)
		at += length + 0.2 + rng.ExpFloat64()*0.7
	}
	return list, turns
}

// off gives the words another clock.
func off(list []Word, c Clock) []Word {
	out := slices.Clone(list)
	for i, w := range out {
		inverse := func(t time.Duration) time.Duration {
			return time.Duration(float64(t-c.Offset) / (1 + c.Drift))
		}
		out[i].Start, out[i].End = inverse(w.Start), inverse(w.End)
	}
	return out
}

func TestAlign(t *testing.T) {
	for _, c := range []struct {
		name    string
		minutes float64
		clock   Clock
	}{
		{"one clock", 5, Clock{}},
		{"begun later", 5, Clock{Offset: -12340 * time.Millisecond}},
		{"begun earlier", 3, Clock{Offset: 41 * time.Second}},
		{"a slow clock", 60, Clock{Offset: -2 * time.Second, Drift: 2e-4}},
		{"a fast clock", 90, Clock{Offset: -7 * time.Second, Drift: -8e-4}},
	} {
		t.Run(c.name, func(t *testing.T) {
			list, turns := meeting(5, c.minutes)
			list = slices.DeleteFunc(off(list, c.clock), func(w Word) bool { return w.Start < 0 })
			got, fit := Align(list, turns)
			if c.clock == (Clock{}) && got != c.clock {
				t.Errorf("clock %+v, want none", got)
			}
			for _, w := range []Word{list[0], list[len(list)/2], list[len(list)-1]} {
				if d := got.Time(w.Start) - c.clock.Time(w.Start); d.Abs() > 120*time.Millisecond {
					t.Errorf("%+v puts %v off by %v", got, w.Start, d)
				}
			}
			if fit.Doubtful() || fit.Share() < 0.95 {
				t.Errorf("fit %+v", fit)
			}
		})
	}
}

// The work does not grow with times that no clock moves to the turns, such as those in a wrong unit, nor
// without bound with the length of a recording.
func TestAlignIsBounded(t *testing.T) {
	list, turns := meeting(7, 10)
	w, spoken := wordSpans(list, joined), turnSpans(turns, joined)
	if got := near(w, spoken); !slices.Equal(got, w) {
		t.Errorf("of %d spans of words on the clock of the turns, %d are near", len(w), len(got))
	}
	for _, factor := range []time.Duration{1000, 100_000} {
		var far []span
		for _, s := range w {
			far = append(far, span{s.from * factor, s.to * factor})
		}
		got := near(append(slices.Clone(w[:1]), far...), spoken)
		if len(got) == 0 || got[0] != w[0] {
			t.Fatalf("times %d fold: near are %v", factor, got)
		}
		if length := got[len(got)-1].to - got[0].from; length > 13*time.Minute || driftSteps(length) > 7 {
			t.Errorf("times %d fold: %v of words are near, and %d drifts are tried", factor, length, driftSteps(length))
		}
	}
	if got := near([]span{{time.Hour, 2 * time.Hour}}, spoken); len(got) > 0 {
		t.Errorf("an hour later, %v is near", got)
	}
	if n := driftSteps(25 * time.Hour); n != 900 {
		t.Errorf("%d drifts for 25 hours", n)
	}
	if n := driftSteps(1e8 * time.Second); n != mostSteps {
		t.Errorf("%d drifts for three years", n)
	}
	late := make([]Word, len(list))
	for i, w := range list { // with the length of words
		late[i] = w
		late[i].Start, late[i].End = 1000*w.Start, 1000*w.Start+w.End-w.Start
	}
	if c, fit := Align(late, turns); c != (Clock{}) || !fit.Doubtful() {
		t.Errorf("times in a wrong unit: %+v, %+v", c, fit)
	}
}

func TestAlignOfAnotherRecording(t *testing.T) {
	list, _ := meeting(1, 10)
	_, turns := meeting(2, 10)
	if clock, fit := Align(list, turns); !fit.Doubtful() {
		t.Errorf("words of another meeting fit, with %+v: %+v", clock, fit)
	}
	half, other := meeting(3, 5)
	_, fit := Align(slices.Concat(half, list[len(list)/2:]), other)
	if !fit.Doubtful() {
		t.Errorf("words go on for as long after the end of the turns: %+v", fit)
	}
}

func TestAlignNeedsSomething(t *testing.T) {
	list, turns := meeting(1, 1)
	for _, c := range []struct {
		words []Word
		turns []Turn
	}{{nil, nil}, {list, nil}, {nil, turns}} {
		if clock, _ := Align(c.words, c.turns); clock != (Clock{}) {
			t.Errorf("%d words, %d turns: clock %+v", len(c.words), len(c.turns), clock)
		}
	}
	// Speech without a pause says nothing of clocks, and refuses nothing.
	clock, fit := Align(list, []Turn{turn(0, 600, "a")})
	if clock != (Clock{}) || fit.Doubtful() || !math.IsNaN(fit.Excess) {
		t.Errorf("clock %+v, fit %+v", clock, fit)
	}
}

// The correlation is what moving the words and measuring gives.
func TestCorrelationIsWhatMovingGives(t *testing.T) {
	list, turns := meeting(9, 1)
	w, speech := wordSpans(list, joined), turnSpans(turns, joined)
	var c correlation
	for _, s := range w {
		c.add(s, speech)
	}
	c.sum()
	for _, i := range []int{0, 1, 2, 700, lags/2 - 1, lags / 2, lags/2 + 333, lags - 1} {
		lag := fine*time.Duration(i) - furthest
		var moved []span
		for _, s := range w {
			moved = append(moved, span{s.from + lag, s.to + lag})
		}
		if want := common(moved, speech).Seconds(); math.Abs(c.inside[i]-want) > 1e-6 {
			t.Errorf("lag %v: %.6f s inside, want %.6f", lag, c.inside[i], want)
		}
	}
}

// Words that a clock would move before the beginning are words all the same: a clock is
// not taken because it moves out of sight what does not fit.
func TestAlignCountsWhatIsBeforeTheBeginning(t *testing.T) {
	turns := []Turn{{500 * time.Millisecond, 2 * time.Second, "ann", 0}, {2100 * time.Millisecond, 3 * time.Second, "bob", 0}}
	var list []Word
	for at := 10 * time.Second; at < 40*time.Second; at += 750 * time.Millisecond {
		list = append(list, Word{Text: "so", Start: at, End: at + 750*time.Millisecond, Estimated: true})
	}
	if clock, fit := Align(list, turns); !fit.Doubtful() {
		t.Errorf("%+v with %+v: expected doubt", clock, fit)
	}
}

// A few words fit better in many places: they stay where they are.
func TestAlignLeavesAFewWordsAlone(t *testing.T) {
	turns := []Turn{{570 * time.Millisecond, 4710 * time.Millisecond, "ann", 0}, {5 * time.Second, 8 * time.Second, "bob", 0}}
	list := []Word{{Text: "Right,", Start: 500 * time.Millisecond, End: time.Second}, {Text: "begin.", Start: time.Second, End: 3 * time.Second}}
	if clock, _ := Align(list, turns); clock != (Clock{}) {
		t.Errorf("they are moved by %+v", clock)
	}
}
