package session

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/pipeline"
	"github.com/seed-7adb9000/diarizer/internal/session/correct"
	"github.com/seed-7adb9000/diarizer/internal/testkit/natstest"
	"github.com/seed-7adb9000/diarizer/online"
	"github.com/seed-7adb9000/diarizer/publish"
)

// made is a run whose decisions do is called to make. Then a snapshot of the run is taken.
func made(t *testing.T, from *Snapshot, do func(sink func(pipeline.Output) error, desk *correct.Desk)) (*event.Timeline, Snapshot) {
	t.Helper()
	var desk *correct.Desk
	var last Snapshot
	tl, err := Run(t.Context(), &part{}, Options{
		Stream: "talk",
		OnDesk: func(d *correct.Desk) { desk = d },
		Keep:   &Keep{Save: func(s Snapshot) { last = s }, From: from, Begin: 3 * capture.Rate},
		Diarize: func(_ context.Context, _ capture.Source, _ pipeline.Config, sink func(pipeline.Output) error) error {
			do(sink, desk)
			return sink(pipeline.Output{At: 3 * capture.Rate, Before: []byte("state")})
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return tl, last
}

// twoSpeak makes two speakers with a turn each.
func twoSpeak(t *testing.T, sink func(pipeline.Output) error) {
	t.Helper()
	o := pipeline.Output{At: 3 * capture.Rate}
	for s := 1; s <= 2; s++ {
		end := int64(s+1) * capture.Rate
		o.Events = append(o.Events, online.Event{Kind: online.SpeakerAdded, At: end, Speaker: s},
			online.Event{Kind: online.TurnEnded, At: end, Turn: online.Turn{ID: s, Speaker: s, Start: end - capture.Rate, End: end, State: online.Final}})
	}
	if err := sink(o); err != nil {
		t.Fatal(err)
	}
}

// A run that cannot go on leaves no journal in use, which would keep its stream from being published
// as long as the program runs.
func TestARunThatCannotGoOnPublishesNothing(t *testing.T) {
	journal := t.TempDir()
	_, err := Run(t.Context(), &part{}, Options{Stream: "talk", NATS: natstest.New(t), Publishing: Publishing{Journal: journal},
		Keep: &Keep{From: &Snapshot{Desk: []byte("no desk")}, Save: func(Snapshot) {}}})
	if err == nil {
		t.Error("went on with a state that is none")
	}
	if runs, err := publish.Journals(journal); err != nil || len(runs) != 0 {
		t.Errorf("in the journal: %+v, %v", runs, err)
	}
}

// New voices come for weeks. A snapshot has the speakers with a name, those of the turns that
// are kept, and no more than a few thousand others.
func TestSpeakersToldAreBounded(t *testing.T) {
	enc := event.Encoder{Stream: "talk", Run: "run"}
	var all told
	var tl event.Timeline
	apply := func(e event.Event) {
		t.Helper()
		all.apply(e)
		if err := tl.Apply(e); err != nil {
			t.Fatal(err)
		}
	}
	apply(enc.Start(event.Source{}))
	for s := 1; s <= 10000; s++ {
		apply(enc.AddSpeaker(0, s))
		switch s {
		case 1:
			apply(enc.Identify(0, s, "Ada", 1))
		case 2:
			apply(online.Encode(&enc, online.Event{Kind: online.TurnEnded, Turn: online.Turn{ID: 1, Speaker: s, End: capture.Rate}}))
		}
	}
	added := map[event.Speaker]bool{}
	for _, e := range all.events(&tl) {
		if e.Kind == event.SpeakerAdded {
			added[e.Speaker] = true
		}
	}
	if len(added) > 4000 || !added[1] || !added[2] || added[3] || !added[10000] {
		t.Errorf("%d speakers are told, the first three: %t, %t, %t", len(added), added[1], added[2], added[3])
	}
}

// A correction that comes before the first event is refused. The first event says that the
// stream has started.
func TestCorrectionBeforeTheStart(t *testing.T) {
	var first event.Event
	_, err := Run(t.Context(), &part{}, Options{
		Stream: "talk",
		OnDesk: func(d *correct.Desk) {
			if _, err := d.Correct(correct.Correction{Action: correct.Mark}); !errors.Is(err, correct.ErrRefused) {
				t.Errorf("%v, want a refusal", err)
			}
		},
		OnEvent: func(e event.Event) error {
			if first.Seq == 0 {
				first = e
			}
			return nil
		},
		Diarize: func(context.Context, capture.Source, pipeline.Config, func(pipeline.Output) error) error { return nil },
	})
	if err != nil || first.Kind != event.StreamStarted || first.Seq != 1 {
		t.Errorf("the first event is %s, number %d: %v", first.Kind, first.Seq, err)
	}
}

// A correction that comes while a run begins that goes on with another is made after
// everything that the run before it has told.
func TestCorrectionWhileTheRunBegins(t *testing.T) {
	_, from := made(t, nil, func(sink func(pipeline.Output) error, desk *correct.Desk) {
		twoSpeak(t, sink)
		if _, err := desk.Correct(correct.Correction{Action: correct.Rename, Speaker: 2, Name: "Bob"}); err != nil {
			t.Fatal(err)
		}
	})
	var desk *correct.Desk
	var last string // the last name of the second speaker
	corrected := make(chan error, 1)
	asks := sync.OnceFunc(func() {
		go func() {
			_, err := desk.Correct(correct.Correction{Action: correct.Rename, Speaker: 2, Name: "Cy"})
			corrected <- err
		}()
	})
	_, err := Run(t.Context(), &part{}, Options{
		Stream: "talk",
		OnDesk: func(d *correct.Desk) { desk = d },
		Keep:   &Keep{Save: func(Snapshot) {}, From: &from, Begin: 3 * capture.Rate},
		OnEvent: func(e event.Event) error {
			asks()
			if e.Kind == event.SpeakerIdentified && e.Speaker == 2 {
				last = e.Name
			}
			time.Sleep(5 * time.Millisecond) // time for the correction to come
			return nil
		},
		Diarize: func(context.Context, capture.Source, pipeline.Config, func(pipeline.Output) error) error {
			return <-corrected
		},
	})
	if err != nil || last != "Cy" {
		t.Errorf("at last the speaker is %s, want Cy: %v", last, err)
	}
}

// A speaker with a name is merged into another. However the merge is taken back, before an
// interruption or after it, the run that goes on has the speaker's name, and the speaker can
// be named again.
func TestNameOfMergedSpeakerGoesOn(t *testing.T) {
	bob := correct.Correction{Action: correct.Rename, Speaker: 2, Name: "Bob"}
	merge := correct.Correction{Action: correct.Merge, Speaker: 2, Into: 1}
	undo := correct.Correction{Action: correct.Undo}
	for name, c := range map[string]struct{ before, after []correct.Correction }{
		"taken back after the interruption":  {[]correct.Correction{bob, merge}, []correct.Correction{undo}},
		"taken back before the interruption": {[]correct.Correction{bob, merge, undo}, nil},
		"named again":                        {[]correct.Correction{bob, merge}, []correct.Correction{undo, {Action: correct.Rename, Speaker: 2}, bob}},
	} {
		t.Run(name, func(t *testing.T) {
			correctAll := func(d *correct.Desk, all []correct.Correction) {
				for _, c := range all {
					if _, err := d.Correct(c); err != nil {
						t.Fatal(err)
					}
				}
			}
			_, from := made(t, nil, func(sink func(pipeline.Output) error, desk *correct.Desk) {
				twoSpeak(t, sink)
				correctAll(desk, c.before)
			})
			tl, _ := made(t, &from, func(_ func(pipeline.Output) error, desk *correct.Desk) { correctAll(desk, c.after) })
			if got := tl.Name(2); got != "Bob" || tl.Speakers() != 2 {
				t.Errorf("the second of %d speakers is called %s, want Bob", tl.Speakers(), got)
			}
		})
	}
}

// A name that people took away after the end of a run does not come back in the next run.
func TestNamesTakenAwayStayAway(t *testing.T) {
	_, from := made(t, nil, func(sink func(pipeline.Output) error, desk *correct.Desk) {
		twoSpeak(t, sink)
		for s, name := range map[event.Speaker]string{1: "Ada", 2: "Bob"} {
			if _, err := desk.Correct(correct.Correction{Action: correct.Rename, Speaker: s, Name: name}); err != nil {
				t.Fatal(err)
			}
		}
	})
	tl, err := Run(t.Context(), &part{}, Options{
		Stream: "talk",
		Keep:   &Keep{Save: func(Snapshot) {}, From: &from, Begin: 3 * capture.Rate, Names: map[event.Speaker]string{2: ""}},
		Diarize: func(context.Context, capture.Source, pipeline.Config, func(pipeline.Output) error) error {
			return nil
		},
	})
	if err != nil || tl.Name(1) != "Ada" || tl.Name(2) != "S2" {
		t.Errorf("called %s and %s, want Ada and S2: %v", tl.Name(1), tl.Name(2), err)
	}
}
