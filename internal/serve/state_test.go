package serve

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/seed-7adb9000/diarizer/capture/natsaudio"
	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/pipeline"
	"github.com/seed-7adb9000/diarizer/internal/session/correct"
	"github.com/seed-7adb9000/diarizer/internal/state/statetest"
)

func TestStateIsComplete(t *testing.T) {
	f, err := newFollower("room", pipeline.Config{Model: anyModel()}, nil)
	if err != nil {
		t.Fatal(err)
	}
	// The stream's snapshot stands behind the list.
	statetest.Covers(t, f, f.fields(), "cfg", "sink", "stream", "out", "took", "ended", "lag", "answer", "answerWords", "refused", "snapshotSize")
	statetest.Covers(t, &f.enc, f.fields(), "Now")
	statetest.Covers(t, &f.succession, f.fields(), "past", "seen", "tell")
}

// noteOf makes a note's message.
func noteOf(t *testing.T, kind string, v any) message {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return message{header: map[string][]string{headerNote: {kind}}, data: data}
}

// TestMovedFollower holds that a follower replaced by one with the same state, between any two
// messages, goes on to the same events. Some of the messages are notes.
func TestMovedFollower(t *testing.T) {
	cfg := manyVoices()
	var all []message
	for i, p := range packetsOf("s", speech(1, 28)) {
		msg, err := p.Message(natsaudio.Subject("room"))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, message{header: msg.Header, data: msg.Data})
		run := runID("room", message{number: 1, stored: time.Unix(0, 0)}, 0)
		switch i {
		case 120:
			all = append(all, noteOf(t, noteCorrection, correct.Correction{Action: correct.Rename, Speaker: 1, Name: "Ada", ID: "a"}))
		case 230:
			all = append(all, noteOf(t, noteIdentity, identity{Run: run, Speaker: 2, Name: "Grace", Confidence: 0.95}),
				noteOf(t, noteIdentity, identity{Run: run, Speaker: 2, Name: "Grete", Confidence: 0.99}), // too late
				noteOf(t, noteIdentity, identity{Run: run, Speaker: 99, Name: "Nobody", Confidence: 0.99}),
				noteOf(t, noteIdentity, identity{Run: "another", Speaker: 1, Name: "Nobody", Confidence: 0.99}),
				noteOf(t, "of a later version", nil))
		case 260:
			all = append(all, noteOf(t, noteCorrection, correct.Correction{Action: correct.Merge, Speaker: 2, Into: 1, ID: "b"}))
		case 360:
			all = append(all, noteOf(t, noteCorrection, correct.Correction{Action: correct.Split, Speaker: 1, ID: "s"}),
				noteOf(t, noteCorrection, correct.Correction{Action: correct.Give, Turns: []int{1}, ID: "g"}),
				noteOf(t, noteCorrection, correct.Correction{Action: correct.Give, Turns: []int{2, 3}, Into: 1, ID: "h"}))
		case 450:
			all = append(all, noteOf(t, noteCorrection, correct.Correction{Action: correct.Undo, ID: "c"}),
				noteOf(t, noteCorrection, correct.Correction{Action: correct.Undo, ID: "c"})) // again
		}
	}
	for i := range all {
		all[i].number, all[i].stored = uint64(i+1), time.Unix(0, 0)
	}
	want := replayed(t, "room", cfg, all)
	var names []string
	for _, text := range want.text {
		if e := decode(t, text); e.Kind == event.SpeakerIdentified {
			names = append(names, e.Speaker.String()+" "+e.Name)
		}
	}
	if len(names) < 2 || !slices.Equal(names[:2], []string{"S1 Ada", "S2 Grace"}) {
		t.Fatalf("names %v", names)
	}
	movesLead(t, cfg, all, want, 1000, 270, 61)
}
