package session

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"testing"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/pipeline"
	"github.com/seed-7adb9000/diarizer/internal/session/correct"
	"github.com/seed-7adb9000/diarizer/online"
)

// overRun is a run of two speakers with a turn each, and a third speaker with a turn that
// the end of the sound brings, behind the last snapshot.
func overRun(t *testing.T) (*correct.Late, Snapshot) {
	t.Helper()
	var last Snapshot
	late := &correct.Late{}
	_, err := Run(t.Context(), &part{}, Options{
		Stream:  "talk",
		OnEvent: late.Apply,
		Keep:    &Keep{Save: func(s Snapshot) { last = s }},
		Diarize: func(_ context.Context, _ capture.Source, _ pipeline.Config, sink func(pipeline.Output) error) error {
			twoSpeak(t, sink)
			const end = 4 * capture.Rate
			return errors.Join(sink(pipeline.Output{At: 3 * capture.Rate, Before: []byte("state")}), sink(pipeline.Output{At: end, Events: []online.Event{
				{Kind: online.SpeakerAdded, At: end, Speaker: 3},
				{Kind: online.TurnEnded, At: end, Turn: online.Turn{ID: 3, Speaker: 3, Start: end - capture.Rate, End: end, State: online.Final}},
			}}))
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return late, last
}

// correctAll makes corrections after the end.
func correctAll(t *testing.T, late *correct.Late, all ...correct.Correction) {
	t.Helper()
	for _, c := range all {
		events, err := late.Correct(c)
		if err != nil {
			t.Fatalf("%+v: %v", c, err)
		}
		for _, e := range events {
			if err := late.Apply(e); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// goOnWith is a run that goes on with a run and what was corrected after its end. do is
// called at its start. The reasons are of what cannot be corrected again.
func goOnWith(t *testing.T, late *correct.Late, from Snapshot, streams int, do func(*correct.Desk)) (tl *event.Timeline, reasons []string) {
	t.Helper()
	data, err := json.Marshal(late.Made()) // as the session's file has them
	if err != nil {
		t.Fatal(err)
	}
	var all []correct.Made
	if err := json.Unmarshal(data, &all); err != nil {
		t.Fatal(err)
	}
	var desk *correct.Desk
	tl, err = Run(t.Context(), &part{}, Options{
		Stream:  "talk",
		OnDesk:  func(d *correct.Desk) { desk = d },
		Streams: streams,
		Keep: &Keep{Save: func(Snapshot) {}, From: &from, Begin: 3 * capture.Rate, Made: all,
			Refused: func(c correct.Correction, why error) { reasons = append(reasons, string(c.Action)+": "+why.Error()) }},
		Diarize: func(context.Context, capture.Source, pipeline.Config, func(pipeline.Output) error) error {
			do(desk)
			return nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return tl, reasons
}

// What was corrected after the end of a run is corrected again in the run that goes on with
// it, and can be taken back there.
func TestCorrectionsAfterTheEndGoOn(t *testing.T) {
	const quarter = capture.Rate / 4
	rename := func(s event.Speaker, name string) correct.Correction {
		return correct.Correction{Action: correct.Rename, Speaker: s, Name: name}
	}
	at := event.Time(2 * capture.Rate)
	for name, all := range map[string][]correct.Correction{
		"names":                          {rename(1, "Ada"), rename(2, "Bob"), rename(1, "")},
		"a merge":                        {rename(2, "Bob"), {Action: correct.Merge, Speaker: 2, Into: 1}},
		"turns":                          {{Action: correct.Give, Turns: []int{1}, Into: 2}, rename(2, "Bob")},
		"turns of a new speaker":         {{Action: correct.Give, Turns: []int{1}}, rename(4, "Cy"), {Action: correct.Merge, Speaker: 4, Into: 2}},
		"a part of a turn":               {{Action: correct.Give, Turns: []int{2}, Start: at + quarter, End: at + 2*quarter, Into: 1}},
		"what was taken back":            {rename(1, "Ada"), rename(2, "Bob"), {Action: correct.Undo}},
		"a part of a new speaker's turn": {{Action: correct.Give, Turns: []int{1}}, rename(4, "Cy"), {Action: correct.Give, Turns: []int{1}, Start: at - 2*quarter, End: at - quarter, Into: 1}},
		"a mark":                         {{Action: correct.Mark, Text: "budget", At: &at}},
	} {
		t.Run(name, func(t *testing.T) {
			late, from := overRun(t)
			correctAll(t, late, all...)
			tl, refused := goOnWith(t, late, from, 0, func(*correct.Desk) {})
			if len(refused) > 0 {
				t.Errorf("refused: %q", refused)
			}
			if got, want := known(tl), known(late.Timeline()); !slices.Equal(got, want) {
				t.Errorf("the run goes on with\n%+v, expected\n%+v", got, want)
			}
			if got, want := tl.Marks(), late.Timeline().Marks(); !slices.Equal(got, want) {
				t.Errorf("the marks are %v, expected %v", got, want)
			}
		})
	}
	late, from := overRun(t)
	correctAll(t, late, rename(1, "Ada"), correct.Correction{Action: correct.Merge, Speaker: 2, Into: 1})
	tl, _ := goOnWith(t, late, from, 0, func(d *correct.Desk) {
		if _, err := d.Correct(correct.Correction{Action: correct.Undo}); err != nil {
			t.Error(err)
		}
	})
	if turns := tl.Turns(); tl.Name(1) != "Ada" || len(turns) != 2 || turns[1].Speaker != 2 {
		t.Errorf("after the merge was taken back, %s speaks and the turns are %+v", tl.Name(1), turns)
	}
}

// spoken is who speaks when.
type spoken struct {
	start, end event.Time
	name       string
}

// known is who speaks when before the last snapshot.
func known(tl *event.Timeline) (all []spoken) {
	for _, turn := range tl.Turns() {
		if turn.Start < 3*capture.Rate {
			all = append(all, spoken{turn.Start, turn.End, tl.Name(turn.Speaker)})
		}
	}
	return all
}

// A correction about something that the last snapshot does not have is told, and changes
// nothing else.
func TestCorrectionsThatCannotGoOn(t *testing.T) {
	late, from := overRun(t)
	correctAll(t, late,
		correct.Correction{Action: correct.Give, Turns: []int{3}}, // of S3, to S4
		correct.Correction{Action: correct.Rename, Speaker: 4, Name: "Cy"},
		correct.Correction{Action: correct.Give, Turns: []int{1}, Into: 4}, // who is S3 now
		correct.Correction{Action: correct.Rename, Speaker: 2, Name: "Bob"},
		correct.Correction{Action: correct.Give, Turns: []int{2}, Into: 3}, // who is nobody now
		correct.Correction{Action: correct.Rename, Speaker: 3, Name: "Dan"},
	)
	tl, refused := goOnWith(t, late, from, 0, func(*correct.Desk) {})
	const speaker = "its speaker came with the end of the stream, or with a correction that cannot be made again"
	if want := []string{"give: its turns came with the end of the stream, or with another correction", "rename: " + speaker, "give: " + speaker, "rename: " + speaker}; !slices.Equal(refused, want) {
		t.Errorf("refused: %q", refused)
	}
	turns := tl.Turns()
	if len(turns) != 2 || turns[0].Speaker != 3 || turns[1].Speaker != 2 || tl.Name(2) != "Bob" || tl.Name(3) != "S3" {
		t.Errorf("%+v; the names are %s and %s", turns, tl.Name(2), tl.Name(3))
	}
}

// Of several streams, the number of a new speaker is none of these streams' numbers.
func TestNewSpeakerGoesOnAmongSeveralStreams(t *testing.T) {
	late, from := overRun(t)
	correctAll(t, late, correct.Correction{Action: correct.Give, Turns: []int{1}}, correct.Correction{Action: correct.Rename, Speaker: 4, Name: "Cy"})
	for _, streams := range []int{2, 3} {
		tl, refused := goOnWith(t, late, from, streams, func(*correct.Desk) {})
		who := tl.Turns()[0].Speaker
		if stream, _ := pipeline.Part(int(who), streams); stream >= 0 || tl.Name(who) != "Cy" || len(refused) > 0 {
			t.Errorf("%d streams: the new speaker is %s of stream %d, called %s; refused: %q", streams, who, stream, tl.Name(who), refused)
		}
	}
}
