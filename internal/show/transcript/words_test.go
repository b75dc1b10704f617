package transcript

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/testkit/meeting"
	"github.com/seed-7adb9000/diarizer/online"
)

// say is words of one speaker from a moment on, half a second each.
func say(id int, speaker event.Speaker, from float64, text string) []event.Word {
	var out []event.Word
	for i, w := range strings.Fields(text) {
		at := event.Time((from + float64(i)/2) * event.Rate)
		out = append(out, event.Word{ID: id + i, Text: w, Start: at, End: at + event.Rate/2, Speaker: speaker, Probability: 0.9})
	}
	return out
}

func TestWordPrinter(t *testing.T) {
	enc := event.Encoder{Stream: "standup", Run: "run"}
	at := func(s float64) int64 { return int64(s * event.Rate) }
	words := func(when float64, list ...event.Word) event.Event {
		return enc.Words(at(when), event.Words{Recogniser: "one", List: list})
	}
	long := "It rained all day and nobody wanted to stay in the garden that we had rented."
	events := []event.Event{
		enc.Start(event.Source{Name: "Stand-up"}),
		online.Encode(&enc, online.Event{Kind: online.TurnEnded, At: at(3), Turn: online.Turn{ID: 1, Speaker: 1, Start: at(1), End: at(3), Confidence: 0.9}}),
		words(4, say(1, 1, 1, "Shall we start?")...),
		words(5, append(say(4, 2, 2.7, "Go on."), say(6, 1, 4, "Last year, then.")...)...), // the first segment is a line now
		enc.Words(at(5), event.Words{Recogniser: "two", List: say(1, 2, 1, "Shell we tart?")}),
		words(6, say(4, 1, 2.7, "Go on.")...), // was told as S2's
		enc.Identify(at(7), 1, "Ada\x1b[31m", 0.99),
		words(20, say(9, 1, 5.6, long+" And")...), // enough for a line
		words(21, append(say(4, 2, 2.7, "Go on."), say(1, 2, 1, "Shall we start?")...)...),
		online.Encode(&enc, online.Event{Kind: online.SpeakerMerged, At: at(22), Speaker: 2, Into: 1}),
		enc.Gap(at(22), at(23)),
		enc.Mark(at(23), event.Mark{At: event.Time(at(21)), Text: "the garden"}),
		enc.Finish(at(30), event.Finished, ""),
		late(enc.Identify(at(30), 3, "Bob", 1)),
		late(words(30, say(4, 3, 2.7, "Go on.")...)),
		late(online.Encode(&enc, online.Event{Kind: online.SpeakerMerged, At: at(30), Speaker: 3, Into: 1})),
	}
	var out bytes.Buffer
	p := NewWords(&out, Options{})
	for i, e := range events {
		if err := p.Event(e); err != nil {
			t.Fatal(err)
		}
		if err := p.Event(events[max(0, i-1)]); err != nil { // an event that comes twice prints nothing
			t.Fatal(err)
		}
	}
	want := `listening to Stand-up
 00:01.0  S1       Shall we start?
 00:02.7  S2       Go on.
          00:02.7 “Go on.” is S1, not S2
          S1 is Ada·[31m  99 %
 00:04.0  Ada·[31m Last year, then. It rained all day and nobody wanted to stay in the garden that we had rented.
 00:13.6  Ada·[31m And
          00:01.0 “Shall we start? Go on.” is S2, not Ada·[31m
          S2 is Ada·[31m after all
 00:22.0  1.0 s of sound lost
 00:21.0  marked: the garden
finished at 00:30.0: 1 speaker, 1 turn
          S3 is Bob
          00:02.7 “Go on.” is Bob, not Ada·[31m
          Bob is Ada·[31m after all
`
	if out.String() != want {
		t.Errorf("printed\n%swant\n%s", &out, want)
	}
}

// late is an event of a correction after the end.
func late(e event.Event) event.Event {
	e.Correction = &event.Correction{ID: fmt.Sprint(e.Seq), Action: "give"}
	return e
}

// Of many runs that have ended, only the latest are remembered.
func TestEndedWordsAreForgotten(t *testing.T) {
	p := NewWords(&bytes.Buffer{}, Options{})
	for i := range 3 * keptOver {
		enc := event.Encoder{Stream: "standup", Run: fmt.Sprint("run", i)}
		for _, e := range []event.Event{enc.Start(event.Source{}), enc.Words(0, event.Words{Recogniser: "one", List: say(1, 1, 1, "Hello.")}), enc.Finish(30, event.Finished, "")} {
			if err := p.Event(e); err != nil {
				t.Fatal(err)
			}
		}
	}
	if len(p.runs) != keptOver {
		t.Errorf("%d runs are remembered, expected %d", len(p.runs), keptOver)
	}
}

// Words come in any order and get any speakers. Each word is told once, and a reader of
// lines and corrections knows every word's speaker at the end.
func TestEveryWordIsToldOnce(t *testing.T) {
	line := regexp.MustCompile(`^ +\d\d:\d\d\.\d +(\S+) +(.*)$`)
	rapid.Check(t, func(t *rapid.T) {
		var out bytes.Buffer
		p := NewWords(&out, Options{})
		enc := event.Encoder{Stream: "meeting", Run: "run1"}
		n := rapid.IntRange(1, 60).Draw(t, "words")
		var at int64
		emit := func(e event.Event) {
			if err := p.Event(e); err != nil {
				t.Fatal(err)
			}
		}
		emit(enc.Start(event.Source{}))
		for id := 1; id <= n; {
			at += rapid.Int64Range(0, 5*event.Rate).Draw(t, "later")
			var list []event.Word
			for range rapid.IntRange(1, 6).Draw(t, "few") {
				start := event.Time(max(0, at-rapid.Int64Range(0, 8*event.Rate).Draw(t, "ago")))
				list = append(list, event.Word{ID: id, Text: fmt.Sprintf("w%d.", id), Start: start, End: start + 4000,
					Speaker: event.Speaker(rapid.IntRange(0, 3).Draw(t, "who"))})
				id++
			}
			n = max(n, id-1)
			emit(enc.Words(at, event.Words{Recogniser: "r", List: list}))
		}
		emit(enc.Finish(at, event.Finished, ""))
		told := map[string]int{}
		for l := range strings.Lines(out.String()) {
			if m := line.FindStringSubmatch(strings.TrimSuffix(l, "\n")); m != nil && !strings.Contains(l, "“") {
				for _, w := range strings.Fields(m[2]) {
					told[w]++
				}
			}
		}
		for id := 1; id <= n; id++ {
			if told[fmt.Sprintf("w%d.", id)] != 1 {
				t.Fatalf("word %d told %d times:\n%s", id, told[fmt.Sprintf("w%d.", id)], &out)
			}
		}
	})
}

// In a meeting that is longer than what is remembered, words that get another speaker long
// after they were told are not told again. A late word that was never told is.
func TestOldWordsAreNotToldAgain(t *testing.T) {
	var out bytes.Buffer
	p := NewWords(&out, Options{})
	enc := event.Encoder{Stream: "meeting", Run: "run1"}
	emit := func(e event.Event) {
		if err := p.Event(e); err != nil {
			t.Fatal(err)
		}
	}
	const n = mostWords + mostWords/5
	talk := func(from, to int, speaker event.Speaker) (list []event.Word) {
		for id := from; id < to; id++ {
			list = append(list, say(id, speaker, float64(id)/2, fmt.Sprintf("w%d.", id))...)
		}
		return list
	}
	at := int64(n/2) * event.Rate
	emit(enc.Start(event.Source{}))
	for id := 1; id <= n; id += 100 {
		emit(enc.Words(int64(id/2)*event.Rate, event.Words{Recogniser: "r", List: talk(id, id+100, 1)}))
	}
	out.Reset()
	emit(enc.Words(at, event.Words{Recogniser: "r", List: talk(100, 110, 2)}))
	emit(enc.Words(at+event.Rate, event.Words{Recogniser: "r", List: say(n+1, 3, 20, "late.")}))
	emit(enc.Finish(at+2*event.Rate, event.Finished, ""))
	if s := out.String(); strings.Contains(s, "w10") || strings.Count(s, "late.") != 1 {
		t.Errorf("printed\n%s", s)
	}
}

// In a run without words, only lines that are no turn are printed.
func TestNoWordsNoLines(t *testing.T) {
	var out bytes.Buffer
	p := NewWords(&out, Options{})
	for _, e := range meeting.Events(meeting.Options{Turns: 20}) {
		if err := p.Event(e); err != nil {
			t.Fatal(err)
		}
	}
	if strings.Contains(out.String(), "%\n") || !strings.HasPrefix(out.String(), "listening to meeting\n") {
		t.Errorf("printed\n%s", &out)
	}
}
