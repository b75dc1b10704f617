package export

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"pgregory.net/rapid"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/show/wordfile"
	"github.com/seed-7adb9000/diarizer/words"
)

func said(who string, start, end float64, text string) words.Said {
	at := func(s float64) time.Duration { return time.Duration(s*1000+0.5) * time.Millisecond }
	return words.Said{Word: words.Word{Text: text, Start: at(start), End: at(end)}, Speaker: who, Probability: 0.9}
}

// small is a transcript with everything in it.
func small() Transcript {
	sure := said("S1", 0.6, 0.9, "Shall")
	sure.Confidence = 0.75
	guess := said("S2", 1.4, 1.8, "Yes<.")
	guess.Estimated = true
	return Transcript{Source: event.Source{Name: "my talk", Program: "diarizer"}, Names: map[string]string{"S1": "Mara Ö"},
		Clock: words.Clock{Offset: -1500 * time.Millisecond, Drift: 1e-4},
		Words: []words.Said{sure, said("S1", 0.9, 1.5, "we?"), guess, said("", 70, 70.5, "Thanks")}}
}

func TestWriteWords(t *testing.T) {
	for f, want := range map[Format]string{
		Text: "00:00.6  Mara Ö   Shall we?\n00:01.4  S2       Yes<.\n01:10.0  unknown  Thanks\n",
		CTM: "my_talk 1 0.600 0.300 Shall 0.750 lex Mara_Ö\nmy_talk 1 0.900 0.600 we? <NA> lex Mara_Ö\n" +
			"my_talk 1 1.400 0.400 Yes<. <NA> lex S2\nmy_talk 1 70.000 0.500 Thanks <NA> lex unknown\n",
		STM: "my_talk 1 Mara_Ö 0.600 1.500 Shall we?\nmy_talk 1 S2 1.400 1.800 Yes<.\nmy_talk 1 unknown 70.000 70.500 Thanks\n",
		SRT: "1\n00:00:00,600 --> 00:00:01,500\nMara Ö: Shall we?\n\n2\n00:00:01,400 --> 00:00:01,800\nS2: Yes<.\n\n3\n00:01:10,000 --> 00:01:10,500\nunknown: Thanks\n\n",
		VTT: "WEBVTT\n\n1\n00:00:00.600 --> 00:00:01.500\n<v Mara Ö>Shall we?</v>\n\n2\n00:00:01.400 --> 00:00:01.800\n<v S2>Yes&lt;.</v>\n\n3\n00:01:10.000 --> 00:01:10.500\n<v unknown>Thanks</v>\n\n",
	} {
		var got bytes.Buffer
		if err := WriteWords(&got, f, small()); err != nil || got.String() != want {
			t.Errorf("%s: %v\n%swant\n%s", f, err, &got, want)
		}
	}
	if err := WriteWords(&bytes.Buffer{}, "docx", small()); err == nil || !strings.Contains(err.Error(), `"docx"`) {
		t.Errorf("unknown format: %v", err)
	}
}

// transcripts are transcripts of any words and names.
func transcripts(t *rapid.T) Transcript {
	texts := []string{"so", "a --> b", "<i>", "it.", "zwei,", "tab\there", "new\nline", "\x00bell\x07", "你好", "&amp;", "\xff"}
	tr := Transcript{Source: event.Source{Name: rapid.SampledFrom([]string{"", "talk", "a talk\n"}).Draw(t, "name")},
		Names: map[string]string{"S1": rapid.SampledFrom([]string{"", "Ann", "<v>: -->", "two\nlines"}).Draw(t, "S1"), "S2": "Ann"}}
	var at time.Duration
	for range rapid.IntRange(0, 60).Draw(t, "words") {
		at += time.Duration(rapid.IntRange(0, 3000).Draw(t, "gap")) * time.Millisecond
		length := time.Duration(rapid.IntRange(0, 9000).Draw(t, "length")) * time.Millisecond
		tr.Words = append(tr.Words, words.Said{Word: words.Word{Text: rapid.SampledFrom(texts).Draw(t, "text"), Start: at, End: at + length,
			Estimated: rapid.Bool().Draw(t, "estimated")}, Speaker: rapid.SampledFrom([]string{"", "S1", "S2", "S3"}).Draw(t, "who"), Probability: rapid.Float64Range(0, 1).Draw(t, "p")})
	}
	return tr
}

// Whatever the words and names, every format is well-formed and has the time of every word.
// Where words are read back, their number is the number that was written.
func TestWordFormatsHoldEverything(t *testing.T) {
	schema, err := jsonschema.NewCompiler().Compile("../../../schema/transcript.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		tr := transcripts(t)
		out := map[Format]string{}
		for _, f := range WordFormats() {
			var b bytes.Buffer
			if err := WriteWords(&b, f, tr); err != nil {
				t.Fatal(err)
			}
			out[f] = b.String()
		}
		value, err := jsonschema.UnmarshalJSON(strings.NewReader(out[JSON]))
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(value); err != nil {
			t.Fatalf("%v\n%s", err, out[JSON])
		}
		checkSegments(t, out[JSON])
		if n := strings.Count(out[CTM], "\n"); n != len(tr.Words) {
			t.Fatalf("%d lines of CTM for %d words", n, len(tr.Words))
		}
		segments := len(words.Segments(tr.Words))
		for _, f := range []Format{Text, STM} {
			if n := strings.Count(out[f], "\n"); n != segments {
				t.Fatalf("%d lines of %s for %d segments", n, f, segments)
			}
		}
		checkTiers(t, out[EAF], segments)
		if len(tr.Words) == 0 {
			return
		}
		for _, f := range []Format{JSON, CTM, VTT, SRT} {
			back, err := wordfile.Read(strings.NewReader(out[f]), "x", "")
			if err != nil {
				t.Fatalf("%s: %v\n%s", f, err, out[f])
			}
			if f == VTT || f == SRT {
				for _, s := range strings.Split(strings.TrimPrefix(out[f], "WEBVTT\n\n"), "\n\n") {
					if s != "" && strings.Count(s, "\n") != 2 {
						t.Fatalf("%s: a cue of other than three lines: %q", f, s)
					}
				}
				continue
			}
			// A word with a space in it is read from JSON as two words.
			if len(back.Words) < len(tr.Words) || f == CTM && len(back.Words) != len(tr.Words) {
				t.Fatalf("%s: %d words read of %d\n%s", f, len(back.Words), len(tr.Words), out[f])
			}
		}
	})
}

// checkSegments checks that the segments of the JSON have every word once.
func checkSegments(t *rapid.T, text string) {
	var doc wordsDocument
	if err := json.Unmarshal([]byte(text), &doc); err != nil {
		t.Fatal(err)
	}
	var all []int
	for _, s := range doc.Segments {
		for _, i := range s.Words {
			if w := doc.Words[i]; w.Speaker != s.Speaker || w.Start < s.Start || w.End > s.End {
				t.Fatalf("word %+v in segment %+v", w, s)
			}
		}
		all = append(all, s.Words...)
	}
	slices.Sort(all)
	for i := range doc.Words {
		if i >= len(all) || all[i] != i {
			t.Fatalf("word %d is not in one segment: %v", i, all)
		}
	}
	if len(all) != len(doc.Words) {
		t.Fatalf("%d places for %d words", len(all), len(doc.Words))
	}
}

// checkTiers checks that no annotations on a tier of ELAN overlap.
func checkTiers(t *rapid.T, text string, segments int) {
	var doc eafDocument
	if err := xml.Unmarshal([]byte(text), &doc); err != nil {
		t.Fatal(err)
	}
	at := map[string]int64{}
	for _, s := range doc.Slots {
		at[s.ID] = s.Value
	}
	n := 0
	for _, tier := range doc.Tiers {
		var end int64
		for _, a := range tier.Annotations {
			from, to := at[a.Alignable.From], at[a.Alignable.To]
			if from < end || to <= from {
				t.Fatalf("tier %q: %d to %d after %d", tier.ID, from, to, end)
			}
			end = to
			n++
		}
	}
	if n != segments {
		t.Fatalf("%d annotations for %d segments", n, segments)
	}
}

// Subtitles are short enough to be read, and end with a sentence where possible.
func TestCaptionsAreShort(t *testing.T) {
	var list []words.Said
	for i := range 120 {
		text := fmt.Sprintf("word%d", i)
		if i%9 == 8 {
			text += "."
		}
		list = append(list, said("S1", float64(i)*0.3, float64(i)*0.3+0.3, text))
	}
	all := Transcript{Words: list}.captions()
	var text []string
	for _, c := range all {
		if len(c.text) > cueCharacters || c.end-c.start > cueTime.Milliseconds() {
			t.Errorf("%d characters in %d ms: %q", len(c.text), c.end-c.start, c.text)
		}
		if !strings.HasSuffix(c.text, ".") && c.text != all[len(all)-1].text {
			t.Errorf("%q does not end a sentence", c.text)
		}
		text = append(text, c.text)
	}
	var want []string
	for _, w := range list {
		want = append(want, w.Text)
	}
	if strings.Join(text, " ") != strings.Join(want, " ") {
		t.Error("words are missing, or more than there were")
	}
}

// Subtitles are in the order of their times, also where somebody talks into a long segment.
func TestCaptionsAreInOrder(t *testing.T) {
	var list []words.Said
	for i := range 60 {
		list = append(list, said("S1", float64(i)*0.5, float64(i)*0.5+0.4, "word"))
		if i == 10 {
			list = append(list, said("S2", 5.1, 5.3, "mhm"))
		}
	}
	all := Transcript{Words: list}.captions()
	for i := range all[1:] {
		if all[i+1].start < all[i].start {
			t.Errorf("%q at %d ms after %q at %d ms", all[i+1].text, all[i+1].start, all[i].text, all[i].start)
		}
	}
	if n := len(words.Segments(list)); len(all) <= n {
		t.Errorf("%d subtitles of %d segments", len(all), n)
	}
}

func ExampleWriteWords() {
	t := Transcript{Words: []words.Said{said("S1", 0.6, 0.9, "Shall"), said("S1", 0.9, 1.5, "we?"), said("S2", 1.7, 2.1, "Yes.")},
		Names: map[string]string{"S1": "Mara"}}
	_ = WriteWords(os.Stdout, Text, t)
	// Output:
	// 00:00.6  Mara  Shall we?
	// 00:01.7  S2    Yes.
}
