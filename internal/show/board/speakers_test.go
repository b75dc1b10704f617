package board_test

import (
	"testing"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/show/board"
	"github.com/seed-7adb9000/diarizer/online"
)

// New voices come for weeks. The board keeps those with a name and those who have spoken
// lately, and no more than a few thousand others. No talk time is lost, and a speaker who was
// forgotten may speak again.
func TestSpeakersAreBounded(t *testing.T) {
	const speakers, most, named = 10000, 4000, 5
	enc := event.Encoder{Stream: "s", Run: "r"}
	b := board.Board{MaxTurns: 100}
	b.Apply(enc.Start(event.Source{}))
	turn := func(id, speaker int) {
		end := int64(id+1) * event.Rate
		b.Apply(online.Encode(&enc, online.Event{Kind: online.TurnEnded, At: end,
			Turn: online.Turn{ID: id, Speaker: speaker, Start: end - event.Rate, End: end, State: online.Final}}))
	}
	peak := 0
	for s := 1; s <= speakers; s++ {
		b.Apply(online.Encode(&enc, online.Event{Kind: online.SpeakerAdded, Speaker: s}))
		turn(s, s)
		switch {
		case s == named:
			b.Apply(enc.Identify(0, s, "Ada", 1))
		case s%10 == 0: // a merge with the speaker before
			b.Apply(online.Encode(&enc, online.Event{Kind: online.SpeakerMerged, Speaker: s, Into: s - 1}))
		}
		if s%100 == 0 {
			peak = max(peak, len(b.Snapshot().Speakers))
		}
	}
	if peak > most+1 { // and the unknown one
		t.Errorf("%d speakers are kept, want at most %d", peak, most)
	}
	turn(speakers+1, 1) // was forgotten
	var talk event.Time
	turns := 0
	kept := map[event.Speaker]string{}
	for _, s := range b.Shares() {
		talk, turns = talk+s.Talk, turns+s.Turns
		kept[s.Speaker] = s.Name
	}
	if talk != (speakers+1)*event.Rate || turns != speakers+1 {
		t.Errorf("%.0f s of talk in %d turns, want %d", talk.Seconds(), turns, speakers+1)
	}
	if kept[named] != "Ada" || kept[1] != "S1" || kept[speakers-1] == "" || kept[2] != "" {
		t.Errorf("kept %q, %q, %q and %q", kept[named], kept[1], kept[speakers-1], kept[2])
	}
	for _, turn := range b.Turns() {
		if kept[turn.Speaker] == "" {
			t.Errorf("turn %d is of %s, who is forgotten", turn.ID, turn.Speaker)
		}
	}
}
