package rttm

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// rewrite writes segments, reads them back and writes them again. It holds
// that every boundary is within half a millisecond, that touching segments
// touch, and that the second text is the first.
func rewrite(t interface {
	Fatalf(string, ...any)
	Errorf(string, ...any)
}, segments []Segment) {
	write := func(s []Segment) string {
		var out strings.Builder
		if err := Write(&out, s); err != nil {
			t.Fatalf("write: %v", err)
		}
		return out.String()
	}
	text := write(segments)
	again, err := Read(strings.NewReader(text), "again")
	if err != nil || len(again) != len(segments) {
		t.Fatalf("%d segments read back, %v, of\n%s", len(again), err, text)
	}
	for i, a := range again {
		s := segments[i]
		// The last digit of a float64 near MaxSeconds is worth 15 ns.
		if tolerance := 0.0005 + 1e-7; math.Abs(a.Start-s.Start) > tolerance || math.Abs(a.End-s.End) > tolerance {
			t.Errorf("%v read back as %v", s, a)
		}
		if a.File != s.File || a.Channel != s.channel() || a.Speaker != s.Speaker {
			t.Errorf("%v read back as %v", s, a)
		}
		if i > 0 && segments[i-1].End == s.Start && s.Start < 1e6 && again[i-1].End != a.Start {
			t.Errorf("%v and %v touched, %v and %v do not", segments[i-1], s, again[i-1], a)
		}
	}
	if second := write(again); second != text {
		t.Errorf("written again:\n%s\nwant\n%s", second, text)
	}
}

// TestRoundTrip draws turns from sample positions at 16 kHz, as the program
// makes them, half of them touching their predecessor.
func TestRoundTrip(t *testing.T) {
	name := rapid.StringMatching(`[A-Za-z0-9_.;<>-]{1,8}`)
	rapid.Check(t, func(t *rapid.T) {
		var segments []Segment
		at := int64(0)
		for range rapid.IntRange(0, 20).Draw(t, "n") {
			if rapid.Bool().Draw(t, "pause") {
				at += rapid.Int64Range(0, 16000*3600).Draw(t, "gap")
			}
			end := at + rapid.Int64Range(0, 16000*60).Draw(t, "length")
			segments = append(segments, Segment{File: name.Draw(t, "file"), Speaker: name.Draw(t, "speaker"),
				Start: float64(at) / 16000, End: float64(end) / 16000})
			at = end
		}
		rewrite(t, segments)
	})
}

// TestFramesAreExact holds that boundaries on the 10 ms grid come back as the
// same numbers, so that scoring what was written is scoring what was found.
func TestFramesAreExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		start := rapid.Int64Range(0, 100*3600*24).Draw(t, "start")
		end := start + rapid.Int64Range(0, 100*3600).Draw(t, "length")
		s := Segment{File: "f", Channel: "1", Speaker: "a", Start: float64(start) / 100, End: float64(end) / 100}
		var out strings.Builder
		if err := Write(&out, []Segment{s}); err != nil {
			t.Fatal(err)
		}
		got, err := Read(strings.NewReader(out.String()), "frames")
		if err != nil || got[0] != s {
			t.Errorf("got %v, %v, want %v", got, err, s)
		}
	})
}

func TestWriteErrors(t *testing.T) {
	good := Segment{File: "f", Speaker: "a", End: 1}
	for want, s := range map[string]Segment{
		`rttm: segment 2: file "": expected a name without white space`:                      {Speaker: "a", End: 1},
		`rttm: segment 2: file "a b": expected a name without white space`:                   {File: "a b", Speaker: "a"},
		`rttm: segment 2: channel "\u00a0": expected a name without white space`:             {File: "f", Channel: "\u00a0", Speaker: "a"},
		`rttm: segment 2: speaker "a\n": expected a name without white space`:                {File: "f", Speaker: "a\n"},
		`rttm: segment 2: from 2 to 1: expected seconds with 0 ≤ start ≤ end ≤ 100000000`:    {File: "f", Speaker: "a", Start: 2, End: 1},
		`rttm: segment 2: from NaN to 1: expected seconds with 0 ≤ start ≤ end ≤ 100000000`:  {File: "f", Speaker: "a", Start: math.NaN(), End: 1},
		`rttm: segment 2: from -1 to 1: expected seconds with 0 ≤ start ≤ end ≤ 100000000`:   {File: "f", Speaker: "a", Start: -1, End: 1},
		`rttm: segment 2: from 0 to +Inf: expected seconds with 0 ≤ start ≤ end ≤ 100000000`: {File: "f", Speaker: "a", End: math.Inf(1)},
	} {
		var out strings.Builder
		if err := Write(&out, []Segment{good, s}); err == nil || err.Error() != want {
			t.Errorf("error %v\nwant  %s", err, want)
		}
		if out.Len() > 0 {
			t.Errorf("%q was written beside an error", out.String())
		}
	}
}

func TestWriteFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.rttm")
	if err := WriteFile(path, []Segment{{File: "f", Speaker: "a", Start: 0.9996, End: 61.25}}); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(path)
	if want := "SPEAKER f 1 1.000 60.250 <NA> <NA> a <NA> <NA>\n"; err != nil || string(got) != want {
		t.Errorf("got %q, %v, want %q", got, err, want)
	}
	if err := WriteFile(path, []Segment{{}}); err == nil || !strings.HasPrefix(err.Error(), path+": ") {
		t.Errorf("error %v does not name the file", err)
	}
}

func TestRecordingName(t *testing.T) {
	for path, want := range map[string]string{
		"/tmp/a b/my call.v2.flac": "my_call.v2", "x.wav": "x", "x": "x", ".wav": ".wav",
	} {
		if got := RecordingName(path); got != want {
			t.Errorf("RecordingName(%q) = %q, want %q", path, got, want)
		}
	}
}
