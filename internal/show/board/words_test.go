package board

import (
	"fmt"
	"reflect"
	"testing"

	"pgregory.net/rapid"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/online"
)

// After every event the board has the words of a timeline, with the same speakers, and so
// has a snapshot.
func TestWordsAreTheTimelines(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		enc := event.Encoder{Stream: "s", Run: "r"}
		var b Board
		var tl event.Timeline
		apply := func(e event.Event) {
			if err := tl.Apply(e); err != nil || !b.Apply(e) {
				t.Fatalf("%+v: %v", e, err)
			}
		}
		apply(enc.Start(event.Source{}))
		words := map[string][]event.Word{}
		for range rapid.IntRange(1, 30).Draw(t, "events") {
			if rapid.IntRange(0, 4).Draw(t, "merge") == 0 {
				apply(online.Encode(&enc, online.Event{Kind: online.SpeakerMerged, Speaker: rapid.IntRange(1, 2).Draw(t, "from"), Into: 3}))
				continue
			}
			who := rapid.SampledFrom([]string{"one", "two"}).Draw(t, "who")
			for range rapid.IntRange(0, 5).Draw(t, "new") {
				start := event.Time(rapid.IntRange(0, 50).Draw(t, "start"))
				words[who] = append(words[who], event.Word{ID: len(words[who]) + 1, Text: "so", Start: start, End: start + 1})
			}
			var list []event.Word
			for _, w := range words[who] {
				if rapid.Bool().Draw(t, "told") {
					w.Speaker = event.Speaker(rapid.IntRange(0, 3).Draw(t, "speaker"))
					list = append(list, w)
				}
			}
			apply(enc.Words(0, event.Words{Recogniser: who, List: list}))
		}
		for _, s := range b.Snapshot().Said {
			if want := tl.Words(s.Recogniser); len(s.Words)+len(want) > 0 && !reflect.DeepEqual(s.Words, want) {
				t.Fatalf("%s: %+v, want %+v", s.Recogniser, s.Words, want)
			}
		}
		if len(b.Said()) != len(tl.Recognisers()) {
			t.Fatalf("%d recognisers, want %v", len(b.Said()), tl.Recognisers())
		}
	})
}

// However much is said, the latest words are kept, and a bounded number of them.
func TestWordsAreBounded(t *testing.T) {
	enc := event.Encoder{Stream: "s", Run: "r"}
	var b Board
	b.Apply(enc.Start(event.Source{}))
	const n = 3 * keptWords
	for i := 0; i < n; i += 100 {
		var list []event.Word
		for j := range 100 {
			at := event.Time(i + j)
			list = append(list, event.Word{ID: i + j + 1, Text: fmt.Sprint(at), Start: at, End: at + 1})
		}
		b.Apply(enc.Words(0, event.Words{Recogniser: []string{"one", "two"}[i/100%2], List: list}))
		kept := 0
		for _, s := range b.Said() {
			kept += len(s.Words)
		}
		if kept > keptWords || kept < min(i+100, keptWords*7/8) {
			t.Fatalf("%d words kept of %d", kept, i+100)
		}
	}
	last := b.Said()[1].Words
	if w := last[len(last)-1]; w.ID != n {
		t.Errorf("the last word is %+v", w)
	}
	old := event.Word{ID: 1, Text: "old", Start: 0, End: 1, Speaker: 1}
	b.Apply(enc.Words(0, event.Words{Recogniser: "one", List: []event.Word{old}}))
	if w := b.Said()[0].Words[0]; w.ID == 1 {
		t.Error("a word that was let go is back")
	}
}
