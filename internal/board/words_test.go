package board

import (
	"fmt"
	"reflect"
	"testing"

	"github.com/seed-7adb9000/diarizer/online"
	"github.com/seed-7adb9000/diarizer/publish"
	"pgregory.net/rapid"
)

// After every event the board has the words that a timeline has, whoever's they are
// by then, and so has a snapshot.
func TestWordsAreTheTimelines(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		enc := publish.Encoder{Stream: "s", Run: "r"}
		var b Board
		var tl publish.Timeline
		apply := func(e publish.Event) {
			if err := tl.Apply(e); err != nil || !b.Apply(e) {
				t.Fatalf("%+v: %v", e, err)
			}
		}
		apply(enc.Start(publish.Source{}))
		words := map[string][]publish.Word{}
		for range rapid.IntRange(1, 30).Draw(t, "events") {
			if rapid.IntRange(0, 4).Draw(t, "merge") == 0 {
				apply(enc.Encode(online.Event{Kind: online.SpeakerMerged, Speaker: rapid.IntRange(1, 2).Draw(t, "from"), Into: 3}))
				continue
			}
			who := rapid.SampledFrom([]string{"one", "two"}).Draw(t, "who")
			for range rapid.IntRange(0, 5).Draw(t, "new") {
				start := publish.Time(rapid.IntRange(0, 50).Draw(t, "start"))
				words[who] = append(words[who], publish.Word{ID: len(words[who]) + 1, Text: "so", Start: start, End: start + 1})
			}
			var list []publish.Word
			for _, w := range words[who] {
				if rapid.Bool().Draw(t, "told") {
					w.Speaker = publish.Speaker(rapid.IntRange(0, 3).Draw(t, "speaker"))
					list = append(list, w)
				}
			}
			apply(enc.Words(0, publish.Words{Recogniser: who, List: list}))
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

// However much is said, the latest words are kept and no more than so many.
func TestWordsAreBounded(t *testing.T) {
	enc := publish.Encoder{Stream: "s", Run: "r"}
	var b Board
	b.Apply(enc.Start(publish.Source{}))
	const n = 3 * keptWords
	for i := 0; i < n; i += 100 {
		var list []publish.Word
		for j := range 100 {
			at := publish.Time(i + j)
			list = append(list, publish.Word{ID: i + j + 1, Text: fmt.Sprint(at), Start: at, End: at + 1})
		}
		b.Apply(enc.Words(0, publish.Words{Recogniser: []string{"one", "two"}[i/100%2], List: list}))
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
	old := publish.Word{ID: 1, Text: "old", Start: 0, End: 1, Speaker: 1}
	b.Apply(enc.Words(0, publish.Words{Recogniser: "one", List: []publish.Word{old}}))
	if w := b.Said()[0].Words[0]; w.ID == 1 {
		t.Error("a word that was let go is back")
	}
}
