package plot

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"image/png"
	"io"
	"math"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/seed-7adb9000/diarizer/event/rttm"
	"github.com/seed-7adb9000/diarizer/internal/cli/demo"
	"github.com/seed-7adb9000/diarizer/internal/show/palette"
)

func drawTurns(t *rapid.T, names ...string) []rttm.Segment {
	segment := rapid.Custom(func(t *rapid.T) rttm.Segment {
		start := rapid.IntRange(0, 300).Draw(t, "start")
		return rttm.Segment{File: "f", Speaker: rapid.SampledFrom(names).Draw(t, "speaker"),
			Start: float64(start) / 10, End: float64(start+rapid.IntRange(0, 50).Draw(t, "length")) / 10}
	})
	return rapid.SliceOfN(segment, 0, 20).Draw(t, "turns")
}

// The marked errors are where package metrics counts them: their times are
// known from the score when nobody overlaps, and by moments in any case.
func TestErrorsAreThoseOfTheScore(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ref, hyp := drawTurns(t, "a", "b", "c"), drawTurns(t, "1", "2", "3")
		e, err := FindErrors(ref, hyp)
		if err != nil {
			t.Fatal(err)
		}
		var miss, alarm, confusion time.Duration
		for i := range 360 { // no boundary lies inside a tenth of a second
			at := float64(i)/10 + 0.05
			refs, hyps := speaking(ref, at), speaking(hyp, at)
			right := 0
			for h := range hyps {
				if r, ok := e.Speakers[h]; ok && refs[r] {
					right++
				}
			}
			const tenth = 100 * time.Millisecond
			m, f := max(0, len(refs)-len(hyps)), max(0, len(hyps)-len(refs))
			c := min(len(refs), len(hyps)) - right
			miss, alarm, confusion = miss+tenth*time.Duration(m), alarm+tenth*time.Duration(f), confusion+tenth*time.Duration(c)
			for _, k := range []struct {
				what  string
				spans []Span
				want  bool
			}{{"miss", e.Miss, m > 0}, {"false alarm", e.FalseAlarm, f > 0}, {"confusion", e.Confusion, c > 0}} {
				if got := within(k.spans, at); got != k.want {
					t.Fatalf("%s at %v s: %v, want %v", k.what, at, got, k.want)
				}
			}
		}
		if miss != e.Score.Miss || alarm != e.Score.FalseAlarm || confusion != e.Score.Confusion {
			t.Fatalf("%v %v %v, score %+v", miss, alarm, confusion, e.Score)
		}
	})
}

func speaking(turns []rttm.Segment, at float64) map[string]bool {
	who := map[string]bool{}
	for _, s := range turns {
		if s.Start < at && at < s.End {
			who[s.Speaker] = true
		}
	}
	return who
}

func within(spans []Span, at float64) bool {
	n := 0
	for _, s := range spans {
		if s.Start < at && at < s.End {
			n++
		}
	}
	return n == 1
}

// svg draws and parses a picture: its texts, and the number of shapes by fill.
func svg(t interface {
	Helper()
	Fatal(...any)
}, turns []rttm.Segment, opts Options) (texts []string, fills map[string]int) {
	t.Helper()
	var file bytes.Buffer
	if err := Write(&file, SVG, turns, opts); err != nil {
		t.Fatal(err)
	}
	fills = map[string]int{}
	d := xml.NewDecoder(&file)
	inText := false
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return texts, fills
		}
		if err != nil {
			t.Fatal(fmt.Sprintf("not XML: %v", err))
		}
		switch token := token.(type) {
		case xml.StartElement:
			inText = token.Name.Local == "text"
			for _, a := range token.Attr {
				if _, fill, ok := strings.Cut(a.Value, "fill:"); ok && token.Name.Local == "path" {
					fills[strings.ToLower(fill)]++
				}
			}
		case xml.CharData:
			if inText && strings.TrimSpace(string(token)) != "" {
				texts = append(texts, string(token))
			}
		}
	}
}

func TestPictureOfTheDemo(t *testing.T) {
	ref := demo.Reference()
	texts, fills := svg(t, ref, Options{})
	all := strings.Join(texts, "\n")
	for _, want := range []string{"demo", "4 speakers, 23 turns in 01:09", "mara · 35 %", "cole · 15 %", "00:50"} {
		if !strings.Contains(all, want) {
			t.Errorf("no %q in %s", want, all)
		}
	}
	for i, turns := range []int{7, 5, 6, 5} { // as many as the reference has for each voice
		if got := fills[palette.Of(i).Hex()]; got != turns {
			t.Errorf("speaker %d has %d bars, want %d", i, got, turns)
		}
	}
}

func TestPictureMarksErrors(t *testing.T) {
	ref := []rttm.Segment{{Speaker: "ann", Start: 0, End: 10}, {Speaker: "bob", Start: 10, End: 20}, {Speaker: "cy", Start: 30, End: 31}}
	hyp := []rttm.Segment{{Speaker: "S1", Start: 1, End: 9}, {Speaker: "S2", Start: 9, End: 20}, {Speaker: "S3", Start: 25, End: 27}}
	texts, fills := svg(t, hyp, Options{Reference: ref, Title: "stand-up"})
	all := strings.Join(texts, "\n")
	for _, want := range []string{"stand-up", "ann = S1", "bob = S2", "cy = (not found)", "(nobody) = S3",
		"missed · 9.5 %", "false alarm · 9.5 %", "confused · 4.8 %", "diarization error 23.8 %"} {
		if !strings.Contains(all, want) {
			t.Errorf("no %q in %s", want, all)
		}
	}
	// Two misses; one confusion; a false alarm and the bar of S3, both grey.
	if fills[palette.Ink.Hex()] != 2 || fills[palette.Vermillion.Hex()] != 1 || fills[palette.Grey.Hex()] != 2 {
		t.Errorf("fills %v", fills)
	}
}

func TestAnyNameIsText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.OneOf(rapid.String(), rapid.Just(`<script>"'&</svg>`), rapid.Just("a\x00\x1b\ufffe\xff")).Draw(t, "name")
		turns := []rttm.Segment{{File: name, Speaker: name, Start: 0, End: 1}, {Speaker: "other", Start: 1, End: 2}}
		texts, _ := svg(t, turns, Options{Title: name, Reference: turns})
		if len(texts) < 5 {
			t.Fatalf("texts %q", texts)
		}
	})
}

func TestPNGHasItsSize(t *testing.T) {
	var file bytes.Buffer
	if err := Write(&file, PNG, demo.Reference(), Options{Width: 600}); err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(&file)
	if err != nil {
		t.Fatal(err)
	}
	if got := img.Bounds().Dx(); math.Abs(float64(got)-1200) > 1 {
		t.Errorf("%d pixels wide, want 1200", got)
	}
}

func TestWhatCannotBeDrawn(t *testing.T) {
	one := []rttm.Segment{{Speaker: "a", Start: 0, End: 1}}
	if err := Write(io.Discard, "gif", one, Options{}); !errors.Is(err, ErrFormat) {
		t.Errorf("gif: %v", err)
	}
	if err := Write(io.Discard, SVG, nil, Options{}); !errors.Is(err, ErrNothing) {
		t.Errorf("nothing: %v", err)
	}
	for _, width := range []int{-1, 10, MaxWidth + 1} {
		if err := Write(io.Discard, SVG, one, Options{Width: width}); err == nil {
			t.Errorf("width %d is drawn", width)
		}
	}
}

func TestEnormousPNGIsRefused(t *testing.T) {
	var turns []rttm.Segment
	for i := range 2000 {
		turns = append(turns, rttm.Segment{Speaker: fmt.Sprint(i), Start: float64(i), End: float64(i + 1)})
	}
	if err := Write(io.Discard, PNG, turns, Options{}); err == nil || !strings.Contains(err.Error(), "SVG") {
		t.Errorf("2000 speakers: %v", err)
	}
}

func BenchmarkThreeHours(b *testing.B) {
	var turns []rttm.Segment
	for i := range 3000 {
		turns = append(turns, rttm.Segment{Speaker: fmt.Sprint("S", i*i%7), Start: 3.6 * float64(i), End: 3.6*float64(i) + 3})
	}
	for b.Loop() {
		if err := Write(io.Discard, SVG, turns, Options{Reference: turns}); err != nil {
			b.Fatal(err)
		}
	}
}
