package metrics

import (
	"math"
	"reflect"
	"testing"
	"time"

	"github.com/seed-7adb9000/diarizer/event/rttm"
)

func TestCompareAll(t *testing.T) {
	segment := func(file, speaker string, start, end float64) rttm.Segment {
		return rttm.Segment{File: file, Speaker: speaker, Start: start, End: end}
	}
	ref := []rttm.Segment{segment("b", "x", 0, 4), segment("a", "x", 0, 2), segment("b", "y", 4, 8), segment("c", "x", 0, 1)}
	hyp := []rttm.Segment{segment("b", "1", 0, 8), segment("d", "1", 0, 8), segment("a", "1", 1, 2)}

	got, err := CompareAll(ref, hyp, Options{})
	if err != nil {
		t.Fatal(err)
	}
	names := func(c Corpus) (names []string) {
		for _, r := range c.Recordings {
			names = append(names, r.Name)
		}
		return names
	}
	if want := []string{"a", "b", "c"}; !reflect.DeepEqual(names(got), want) {
		t.Errorf("scored %v, want %v", names(got), want)
	}
	if want := []string{"c"}; !reflect.DeepEqual(got.Missing, want) {
		t.Errorf("missing %v, want %v", got.Missing, want)
	}
	if want := []string{"d"}; !reflect.DeepEqual(got.Unknown, want) {
		t.Errorf("unknown %v, want %v", got.Unknown, want)
	}
	s := got.All
	if s.Speech != 11*time.Second || s.Miss != 2*time.Second || s.Confusion != 4*time.Second || s.FalseAlarm != 0 {
		t.Errorf("all: %+v", s)
	}
	for what, pair := range map[string][2]float64{
		"DER": {s.DER(), 100 * 6. / 11}, "miss": {s.MissRate(), 100 * 2. / 11}, "fa": {s.FalseAlarmRate(), 0},
		"confusion": {s.ConfusionRate(), 100 * 4. / 11}, "purity": {s.Purity(), 100 * 5. / 9}, "coverage": {s.Coverage(), 100},
		"JER": {s.JER(), 100 * (0.5 + 0.5 + 1 + 1) / 4}, "exact": {s.ExactRate(), 100. / 3}, "off": {s.MeanSpeakersOff(), 2. / 3},
		"vad miss": {s.Detection.MissRate(), 100 * 2. / 11}, "vad": {s.Detection.ErrorRate(), 100 * 2. / 11},
		"vad fa": {s.Detection.FalseAlarmRate(), 0},
	} {
		if math.Abs(pair[0]-pair[1]) > 1e-9 {
			t.Errorf("%s %v, want %v", what, pair[0], pair[1])
		}
	}

	// Regions choose the recordings, also one in which nobody speaks.
	got, err = CompareAll(ref, hyp, Options{Regions: []rttm.Region{{File: "d", End: 3}, {File: "b", End: 4}}})
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"b", "d"}; !reflect.DeepEqual(names(got), want) {
		t.Errorf("scored %v, want %v", names(got), want)
	}
	if want := []string{"a", "c"}; !reflect.DeepEqual(got.Unevaluated, want) || got.Unknown != nil || got.Missing != nil {
		t.Errorf("unevaluated %v, want %v; unknown %v, missing %v", got.Unevaluated, want, got.Unknown, got.Missing)
	}
	if s := got.All; s.Speech != 4*time.Second || s.FalseAlarm != 3*time.Second || s.Confusion != 0 {
		t.Errorf("in regions: %+v", s)
	}
}

func TestNothingIsNotANumber(t *testing.T) {
	var s Score
	for _, rate := range []float64{s.DER(), s.Purity(), s.Coverage(), s.ExactRate(), s.Detection.ErrorRate()} {
		if !math.IsNaN(rate) {
			t.Errorf("rate %v of nothing", rate)
		}
	}
	if s.JER() != 0 || (Score{HypSpeakers: 1}).JER() != 100 {
		t.Errorf("JER %v, %v without a reference speaker, want 0, 100", s.JER(), Score{HypSpeakers: 1}.JER())
	}
}
