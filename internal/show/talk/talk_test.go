package talk_test

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/seed-7adb9000/diarizer/event/rttm"
	"github.com/seed-7adb9000/diarizer/internal/show/talk"
)

func Example() {
	s := talk.Summarise([]rttm.Segment{
		{Speaker: "ann", Start: 0, End: 60},
		{Speaker: "bob", Start: 20, End: 21}, // "mhm"
		{Speaker: "bob", Start: 59, End: 79}, // does not wait
		{Speaker: "ann", Start: 80, End: 100},
	})
	for _, p := range s.Speakers {
		fmt.Printf("%s: %.0f %% in %d turns, interrupts %d, interjects %d\n",
			p.Name, 100*p.Share, p.Turns, p.Interrupts, p.Interjects)
	}
	fmt.Printf("%s of speech, %.0f s of it together, until %s\n", talk.Clock(s.Speech), s.Overlap, talk.Clock(s.End))
	// Output:
	// ann: 79 % in 2 turns, interrupts 0, interjects 0
	// bob: 21 % in 2 turns, interrupts 1, interjects 1
	// 01:39 of speech, 2 s of it together, until 01:40
}

func drawSegments(t *rapid.T) []rttm.Segment {
	segment := rapid.Custom(func(t *rapid.T) rttm.Segment {
		start := rapid.IntRange(0, 200).Draw(t, "start")
		return rttm.Segment{Speaker: rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "speaker"),
			Start: float64(start) / 10, End: float64(start+rapid.IntRange(0, 30).Draw(t, "length")) / 10}
	})
	return rapid.SliceOfN(segment, 0, 25).Draw(t, "segments")
}

func TestTenths(t *testing.T) {
	for seconds, want := range map[float64]string{0: "00:00.0", 1.25: "00:01.3", 59.96: "01:00.0", 72.5: "01:12.5", 3725.9: "1:02:05.9"} {
		if got := talk.Tenths(seconds); got != want {
			t.Errorf("%v: %s, want %s", seconds, got, want)
		}
	}
}

// On a grid of tenths of a second, every figure has a definition without turns.
func TestSummaryAgreesWithAGrid(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		segments := drawSegments(t)
		s := talk.Summarise(segments)
		speaks := map[string][240]bool{}
		for _, seg := range segments {
			g := speaks[seg.Speaker]
			for i := int(math.Round(seg.Start * 10)); i < int(math.Round(seg.End*10)); i++ {
				g[i] = true
			}
			speaks[seg.Speaker] = g
		}
		var speech, overlap, all float64
		for i := range 240 {
			n := 0
			for _, g := range speaks {
				if g[i] {
					n++
				}
			}
			all += float64(n) / 10
			if n > 0 {
				speech += 0.1
			}
			if n > 1 {
				overlap += 0.1
			}
		}
		near := func(what string, got, want float64) {
			if math.Abs(got-want) > 1e-9 {
				t.Fatalf("%s %v, want %v", what, got, want)
			}
		}
		near("speech", s.Speech, speech)
		near("overlap", s.Overlap, overlap)
		for _, sp := range s.Speakers {
			var time float64
			stretches, longest, run := 0, 0, 0
			g := speaks[sp.Name]
			for i, on := range g {
				run++
				if !on {
					run = 0
					continue
				}
				time += 0.1
				longest = max(longest, run)
				if i == 0 || !g[i-1] {
					stretches++
				}
			}
			turns := 0
			for _, seg := range segments {
				if seg.Speaker == sp.Name && seg.End > seg.Start {
					turns++
				}
			}
			near("talk of "+sp.Name, sp.Talk, time)
			near("share of "+sp.Name, sp.Share, time/all)
			near("longest of "+sp.Name, sp.Longest.Length(), float64(longest)/10)
			if sp.Turns != turns {
				t.Fatalf("%s has %d turns, want %d", sp.Name, sp.Turns, turns)
			}
			for _, st := range s.Stretches {
				if st.Speaker == sp.Name {
					stretches--
				}
			}
			if stretches != 0 {
				t.Fatalf("%s lacks %d stretches: %v", sp.Name, stretches, s.Stretches)
			}
		}
	})
}

// Interruptions by looking at all pairs of stretches.
func TestInterruptionsAreAllPairs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := talk.Summarise(drawSegments(t))
		var want []talk.Interruption
		for _, b := range s.Stretches {
			for _, a := range s.Stretches {
				if a.Speaker != b.Speaker && a.Start < b.Start && a.End-b.Start >= talk.MinOverlap && b.End > a.End {
					want = append(want, talk.Interruption{By: b.Speaker, Of: a.Speaker, At: b.Start, Overlap: a.End - b.Start})
				}
			}
		}
		if !slices.Equal(s.Interruptions, want) {
			t.Fatalf("got %v\nwant %v\nof %v", s.Interruptions, want, s.Stretches)
		}
		by, of := 0, 0
		for _, sp := range s.Speakers {
			by, of = by+sp.Interrupts, of+sp.Interrupted
		}
		if by != len(want) || of != len(want) {
			t.Fatalf("%d and %d counted, want %d", by, of, len(want))
		}
	})
}

func TestClock(t *testing.T) {
	for seconds, want := range map[float64]string{0: "00:00", 59.99: "00:59", 60: "01:00", 3599: "59:59",
		3600: "1:00:00", 45296: "12:34:56", -5: "-00:05", math.Inf(1): "--:--"} {
		if got := talk.Clock(seconds); got != want {
			t.Errorf("%v is %s, want %s", seconds, got, want)
		}
	}
}

func TestTicksAreFewAndRound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		start := rapid.Float64Range(0, 1e8).Draw(t, "start")
		end := start + rapid.Float64Range(0, 1e8).Draw(t, "length")
		most := rapid.IntRange(1, 40).Draw(t, "most")
		ticks, step := talk.Ticks(start, end, most)
		if len(ticks) > most+1 {
			t.Fatalf("%d ticks", len(ticks))
		}
		for i, at := range ticks {
			if at < start || at > end || math.Mod(at, step) != 0 || i > 0 && at-ticks[i-1] != step {
				t.Fatalf("tick %v of %v, step %v", at, ticks, step)
			}
		}
	})
}

func TestNothingIsNoTrouble(t *testing.T) {
	s := talk.Summarise([]rttm.Segment{{Speaker: "a", Start: 3, End: 3}})
	if len(s.Turns)+len(s.Speakers)+len(s.Longest(5)) != 0 || s.End != 0 {
		t.Errorf("got %+v", s)
	}
}
