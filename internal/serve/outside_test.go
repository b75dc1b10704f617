package serve

import (
	"slices"
	"testing"
	"time"

	"github.com/seed-7adb9000/diarizer/internal/pipeline"
	"github.com/seed-7adb9000/diarizer/internal/session/heard"
)

// TestWordsOutsideTheStreamAreNotCounted answers how many words were taken, of which some are from
// before the stream.
func TestWordsOutsideTheStreamAreNotCounted(t *testing.T) {
	rec := &recorder{}
	f, err := newFollower("room", pipeline.Config{Model: anyModel()}, rec)
	if err != nil {
		t.Fatal(err)
	}
	var got []heard.Reply
	f.answerWords = func(_ string, r heard.Reply, err error) {
		if err != nil {
			t.Error(err)
		}
		got = append(got, r)
	}
	ps := packetsOf("s", speech(5, 6))
	early := spoken(1, 1, 3)
	early.Origin = ps[0].Began.Add(-1700 * time.Millisecond) // the first word is over at second 1.35
	for _, m := range wordsOf(t, "room", ps, map[int][]heard.Message{60: {early, early}}) {
		if err := f.push(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	if want := []heard.Reply{{Words: 2}, {Words: 2}}; !slices.Equal(got, want) {
		t.Errorf("answers %+v, expected %+v", got, want)
	}
}
