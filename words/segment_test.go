package words

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func said(start, end float64, who, text string) []Said {
	var out []Said
	for _, w := range evenly(start, end, text) {
		out = append(out, Said{Word: w, Speaker: who, Probability: 1})
	}
	return out
}

func TestSegments(t *testing.T) {
	list := slices.Concat(
		said(0, 2, "a", "We could collect the rain"), said(1, 1.3, "b", "Yes."), // talked into
		said(2.5, 3, "b", "Would they agree?"), said(3.2, 4, "a", "I asked them."),
		said(4.9, 5.5, "a", "They like it."), said(9, 9.5, "a", "Good."), said(11, 12, "", "Thank you."))
	slices.SortFunc(list, func(a, b Said) int { return byTime(a.Word, b.Word) })
	var got []string
	for _, s := range Segments(list) {
		got = append(got, fmt.Sprintf("%v-%v %s: %s", s.Start, s.End, s.Speaker, s.Text()))
	}
	want := []string{"0s-2s a: We could collect the rain", "1s-1.3s b: Yes.", "2.5s-3s b: Would they agree?",
		"3.2s-5.5s a: I asked them. They like it.", "9s-9.5s a: Good.", "11s-12s : Thank you."}
	if !slices.Equal(got, want) {
		t.Errorf("got  %s\nwant %s", strings.Join(got, "\n     "), strings.Join(want, "\n     "))
	}
}

func TestTextOfScriptsWithoutSpaces(t *testing.T) {
	for want, list := range map[string][]string{
		"你好。你好":        {"你好。", "你好"},
		"Go ist 五 gut": {"Go", "ist", "五", "gut"},
		"안녕 여러분":       {"안녕", "여러분"},
	} {
		var s Segment
		for _, w := range list {
			s.Words = append(s.Words, Said{Word: Word{Text: w}})
		}
		if got := s.Text(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestSegmentsHaveEveryWordOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		list, turns := scenes(t)
		out, err := Join(list, turns)
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		segments := Segments(out)
		for i, s := range segments {
			n += len(s.Words)
			if i > 0 && s.Start < segments[i-1].Start {
				t.Fatalf("segment %d starts before the one before", i)
			}
			for _, w := range s.Words {
				if w.Speaker != s.Speaker || w.Start < s.Start || w.End > s.End {
					t.Fatalf("%+v in %+v", w, s)
				}
			}
		}
		if n != len(list) {
			t.Fatalf("%d words in segments of %d", n, len(list))
		}
	})
}
