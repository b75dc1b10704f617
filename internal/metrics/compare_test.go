package metrics

import (
	"errors"
	"math"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/seed-7adb9000/diarizer/event/rttm"
)

// turns reads "speaker start end, ..." into segments of one recording.
func turns(t *testing.T, text string) []rttm.Segment {
	t.Helper()
	var lines strings.Builder
	for turn := range strings.SplitSeq(text, ", ") {
		if f := strings.Fields(turn); len(f) == 3 {
			lines.WriteString("x 1 " + f[1] + " " + f[2] + "\n")
		}
	}
	regions, err := rttm.ReadUEM(strings.NewReader(lines.String()), text)
	if err != nil {
		t.Fatal(err)
	}
	var segments []rttm.Segment
	for i, turn := range strings.Split(text, ", ") {
		if f := strings.Fields(turn); len(f) == 3 {
			segments = append(segments, rttm.Segment{File: "x", Speaker: f[0], Start: regions[i].Start, End: regions[i].End})
		}
	}
	return segments
}

// TestByHand holds what can be worked out on paper, in seconds.
func TestByHand(t *testing.T) {
	for _, c := range []struct {
		name, ref, hyp                         string
		opts                                   Options
		speech, miss, falseAlarm, confusion    float64
		joint, pure, covered, jaccard          float64
		detSpeech, detMiss, detFalse           float64
		refSpeakers, hypSpeakers, exact, wrong int
	}{{
		name: "the same under other names", ref: "a 0 10, b 10 15", hyp: "2 0 10, 1 10 15",
		speech: 15, joint: 15, pure: 15, covered: 15, detSpeech: 15, refSpeakers: 2, hypSpeakers: 2, exact: 1,
	}, {
		name: "one for two", ref: "a 0 10, b 10 15", hyp: "1 0 15",
		speech: 15, confusion: 5, joint: 15, pure: 10, covered: 15, jaccard: 1 + 5./15,
		detSpeech: 15, refSpeakers: 2, hypSpeakers: 1, wrong: 1,
	}, {
		name: "two for one", ref: "a 0 15", hyp: "1 0 10, 2 10 15",
		speech: 15, confusion: 5, joint: 15, pure: 15, covered: 10, jaccard: 5. / 15,
		detSpeech: 15, refSpeakers: 1, hypSpeakers: 2, wrong: 1,
	}, {
		name: "late and long", ref: "a 1 5", hyp: "1 2 6.5",
		speech: 4, miss: 1, falseAlarm: 1.5, joint: 3, pure: 3, covered: 3, jaccard: 2.5 / 5.5,
		detSpeech: 4, detMiss: 1, detFalse: 1.5, refSpeakers: 1, hypSpeakers: 1, exact: 1,
	}, {
		name: "overlap missed", ref: "a 0 6, b 4 8", hyp: "1 0 5, 2 5 8",
		// From 4 to 6 two speak and one is found, always one of them.
		speech: 10, miss: 2, joint: 5 + 1 + 4 - 0, pure: 5 + 3, covered: 5 + 3, jaccard: 1./6 + 1./4,
		detSpeech: 8, refSpeakers: 2, hypSpeakers: 2, exact: 1,
	}, {
		name: "overlap skipped", ref: "a 0 6, b 4 8", hyp: "1 0 5, 2 5 8", opts: Options{SkipOverlap: true},
		speech: 6, joint: 6, pure: 6, covered: 6, jaccard: 1./6 + 1./4,
		detSpeech: 6, refSpeakers: 2, hypSpeakers: 2, exact: 1,
	}, {
		name: "collar", ref: "a 1 5, b 5 9", hyp: "1 0.9 5.2, 2 5.2 10", opts: Options{Collar: 0.25},
		// Scored: 0 to 0.75, 1.25 to 4.75, 5.25 to 8.75, and 9.25 on.
		speech: 7, falseAlarm: 0.75, joint: 7, pure: 7, covered: 7, jaccard: 0.3/4.3 + 1.2/5,
		detSpeech: 7, detFalse: 0.75, refSpeakers: 2, hypSpeakers: 2, exact: 1,
	}, {
		name: "region", ref: "a 1 5, b 5 9, c 9 10", hyp: "1 0 12", opts: Options{Regions: []rttm.Region{{Start: 3, End: 6}}},
		speech: 3, confusion: 1, joint: 3, pure: 2, covered: 3, jaccard: 1./3 + 1,
		detSpeech: 3, refSpeakers: 2, hypSpeakers: 1, wrong: 1,
	}, {
		name: "nobody found", ref: "a 1 5, b 5 6", speech: 5, miss: 5, jaccard: 2,
		detSpeech: 5, detMiss: 5, refSpeakers: 2, wrong: 2,
	}, {
		name: "nobody there", hyp: "1 1 5, 1 4 6", falseAlarm: 5, detFalse: 5, hypSpeakers: 1, wrong: 1,
	}, {
		name: "nothing at all", exact: 1,
	}, {
		name: "twice at once counts once", ref: "a 0 4, a 2 6, a 2 2", hyp: "1 0 6, 1 0 6",
		speech: 6, joint: 6, pure: 6, covered: 6, detSpeech: 6, refSpeakers: 1, hypSpeakers: 1, exact: 1,
	}, {
		name: "the best pairing is not the greedy one", ref: "a 0 10, b 10 19", hyp: "1 0 6, 1 10 19, 2 6 10",
		// Pairing 1 with b gives 9 + 4, with a 6 + 0.
		speech: 19, confusion: 6, joint: 19, pure: 13, covered: 15, jaccard: (1 - 4./10) + (1 - 9./15),
		detSpeech: 19, refSpeakers: 2, hypSpeakers: 2, exact: 1,
	}} {
		t.Run(c.name, func(t *testing.T) {
			got, _, err := Compare(turns(t, c.ref), turns(t, c.hyp), c.opts)
			if err != nil {
				t.Fatal(err)
			}
			s := func(seconds float64) time.Duration { return time.Duration(toNano(seconds)) }
			want := Score{Speech: s(c.speech), Miss: s(c.miss), FalseAlarm: s(c.falseAlarm), Confusion: s(c.confusion),
				Joint: s(c.joint), Pure: s(c.pure), Covered: s(c.covered), Jaccard: c.jaccard,
				RefSpeakers: c.refSpeakers, HypSpeakers: c.hypSpeakers, Recordings: 1, Exact: c.exact, SpeakersOff: c.wrong,
				Detection: Detection{Speech: s(c.detSpeech), Miss: s(c.detMiss), FalseAlarm: s(c.detFalse)}}
			sameScore(t, got, want)
		})
	}
}

// sameScore holds that the counts are equal and the Jaccard errors are up to
// the rounding of a few float64 additions.
func sameScore(t interface{ Errorf(string, ...any) }, got, want Score) {
	if math.Abs(got.Jaccard-want.Jaccard) > 1e-12 {
		t.Errorf("Jaccard errors %v, want %v", got.Jaccard, want.Jaccard)
	}
	got.Jaccard = want.Jaccard
	if got != want {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestEqualsFrames(t *testing.T) {
	var seen Score
	for seed := range uint64(1000) {
		r := rand.New(rand.NewPCG(seed, 1))
		ref, hyp, opts := annotation(r, "f", 5), annotation(r, "f", 6), conditions(r, "f")
		got, _, err := Compare(ref, hyp, opts)
		if err != nil {
			t.Fatal(err)
		}
		if sameScore(t, got, frames(ref, hyp, opts)); t.Failed() {
			t.Fatalf("seed %d: %v, %v, %+v", seed, ref, hyp, opts)
		}
		seen.Add(got)
	}
	for what, d := range map[string]time.Duration{"miss": seen.Miss, "false alarm": seen.FalseAlarm,
		"confusion": seen.Confusion, "impure": seen.Joint - seen.Pure, "undetected": seen.Detection.Miss} {
		if d < 3*time.Minute {
			t.Errorf("%s: only %v in all the cases", what, d)
		}
	}
}

// TestAllEqualsFrames holds the same for several recordings together: the sum
// of the recordings, each with a pairing of its own.
func TestAllEqualsFrames(t *testing.T) {
	files := []string{"x", "y", "z"}
	for seed := range uint64(300) {
		rnd := rand.New(rand.NewPCG(seed, 2))
		opts := conditions(rnd, files...)
		var ref, hyp []rttm.Segment
		var want Score
		for _, file := range files {
			r, h := annotation(rnd, file, 4), annotation(rnd, file, 4)
			ref, hyp = append(ref, r...), append(hyp, h...)
			of := Options{Collar: opts.Collar, SkipOverlap: opts.SkipOverlap}
			for _, region := range opts.Regions {
				if region.File == file {
					of.Regions = append(of.Regions, region)
				}
			}
			if len(r) > 0 || len(of.Regions) > 0 { // or nothing says that there is something to score
				want.Add(frames(r, h, of))
			}
		}
		for _, s := range [][]rttm.Segment{ref, hyp} {
			rnd.Shuffle(len(s), func(i, j int) { s[i], s[j] = s[j], s[i] })
		}
		got, err := CompareAll(ref, hyp, opts)
		if err != nil {
			t.Fatal(err)
		}
		if sameScore(t, got.All, want); t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}

func shuffled(t *rapid.T, segments []rttm.Segment) []rttm.Segment {
	if len(segments) == 0 {
		return nil
	}
	return rapid.Permutation(segments).Draw(t, "shuffled")
}

// TestProperties holds what no frame is needed for, on any boundaries.
func TestProperties(t *testing.T) {
	any := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) rttm.Segment {
		start := rapid.Float64Range(0, 10).Draw(t, "start")
		return rttm.Segment{File: "f", Start: start, End: start + rapid.Float64Range(0, 5).Draw(t, "length"),
			Speaker: rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "speaker")}
	}), 0, 10)
	rapid.Check(t, func(t *rapid.T) {
		ref, hyp := any.Draw(t, "ref"), any.Draw(t, "hyp")
		opts := Options{Collar: rapid.Float64Range(0, 1).Draw(t, "collar"), SkipOverlap: rapid.Bool().Draw(t, "skip")}
		got := compare(t, ref, hyp, opts)

		renamed := make([]rttm.Segment, len(hyp))
		for i, s := range hyp { // and every segment in two halves
			s.Speaker = map[string]string{"a": "z", "b": "y", "c": "x"}[s.Speaker]
			renamed[i] = s
			renamed[i].End = (s.Start + s.End) / 2
			s.Start = renamed[i].End
			renamed = append(renamed, s)
		}
		if other := compare(t, shuffled(t, ref), shuffled(t, renamed), opts); !reflect.DeepEqual(other, got) {
			t.Errorf("renamed, split and shuffled: %+v, want %+v", other, got)
		}
		if got.Miss < 0 || got.FalseAlarm < 0 || got.Confusion < 0 || got.Miss+got.Confusion > got.Speech ||
			got.Pure > got.Joint || got.Covered > got.Joint || got.JER() < 0 || got.JER() > 100 {
			t.Errorf("out of range: %+v", got)
		}
		if self := compare(t, ref, ref, opts); self.Miss+self.FalseAlarm+self.Confusion != 0 || self.JER() > 1e-9 ||
			self.Detection.Miss+self.Detection.FalseAlarm != 0 || self.Exact != 1 {
			t.Errorf("against itself: %+v", self)
		}
		there, back := compare(t, ref, hyp, Options{}), compare(t, hyp, ref, Options{})
		if there.Miss != back.FalseAlarm || there.FalseAlarm != back.Miss || there.Confusion != back.Confusion ||
			there.Pure != back.Covered || there.Joint != back.Joint {
			t.Errorf("there %+v, back %+v", there, back)
		}
	})
}

func compare(t *rapid.T, ref, hyp []rttm.Segment, opts Options) Score {
	s, _, err := Compare(ref, hyp, opts)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestPairing(t *testing.T) {
	_, got, err := Compare(turns(t, "ann 0 10, bob 10 19"), turns(t, "1 0 6, 1 10 19, 2 6 10, 3 30 40"), Options{})
	if want := map[string]string{"1": "bob", "2": "ann"}; err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
}

func TestErrors(t *testing.T) {
	good := []rttm.Segment{{End: 1, Speaker: "a"}}
	for _, bad := range []rttm.Segment{{Start: 2, End: 1}, {Start: math.NaN(), End: 1}, {Start: -1}, {End: math.Inf(1)}} {
		for _, err := range []error{
			errorOf(Compare([]rttm.Segment{bad}, good, Options{})),
			errorOf(Compare(good, []rttm.Segment{bad}, Options{})),
			errorOf(Compare(good, good, Options{Regions: []rttm.Region{{Start: bad.Start, End: bad.End}}})),
		} {
			if !errors.Is(err, ErrTime) {
				t.Errorf("%v: error %v", bad, err)
			}
		}
	}
	for _, collar := range []float64{-1, math.NaN(), math.Inf(1)} {
		if _, _, err := Compare(good, good, Options{Collar: collar}); !errors.Is(err, ErrTime) {
			t.Errorf("collar %v: error %v", collar, err)
		}
	}
	_, err := CompareAll([]rttm.Segment{{File: "x", Start: 1}}, nil, Options{})
	if err == nil || !strings.HasPrefix(err.Error(), `recording "x": `) || !errors.Is(err, ErrTime) {
		t.Errorf("error %v does not name the recording", err)
	}
	many := make([]rttm.Segment, 5001)
	for i := range many {
		many[i] = rttm.Segment{End: 1, Speaker: string(rune(0x4e00 + i))}
	}
	if _, _, err := Compare(many, many, Options{}); !errors.Is(err, ErrSpeakers) {
		t.Errorf("5001 × 5001 speakers: error %v", err)
	}
}

func errorOf(_ Score, _ map[string]string, err error) error { return err }
