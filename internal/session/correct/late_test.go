package correct_test

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/event/rttm"
	"github.com/seed-7adb9000/diarizer/internal/session/correct"
	"github.com/seed-7adb9000/diarizer/internal/testkit/meeting"
	"github.com/seed-7adb9000/diarizer/internal/testkit/natstest"
	"github.com/seed-7adb9000/diarizer/publish"
)

// lateRun is a made-up run that is over, with all its events.
type lateRun struct {
	events []event.Event
	alone  []int          // turns that no other turn of the same speaker overlaps, as in every real run
	said   []int          // for each word, the turn that it was in at the end of the run
	tl     event.Timeline // of a reader that applies events and knows nothing else
}

func drawLateRun(t *rapid.T) *lateRun {
	r := &lateRun{}
	events := meeting.Events(meeting.Options{Seed: rapid.Uint64().Draw(t, "seed"), Turns: rapid.IntRange(5, 60).Draw(t, "turns"), Names: []string{"Ada"}})
	last := len(events) - 1
	r.publish(t, events[:last]...)
	for _, a := range r.tl.Turns() {
		overlaps := func(b event.Turn) bool {
			return a.ID != b.ID && a.Speaker == b.Speaker && a.Start <= b.End && b.Start <= a.End
		}
		if !slices.ContainsFunc(r.tl.Turns(), overlaps) {
			r.alone = append(r.alone, a.ID)
		}
	}
	// A recogniser heard a word in the middle of each turn.
	words := event.Words{Recogniser: "words"}
	for i, turn := range r.tl.Turns() {
		middle := (turn.Start + turn.End) / 2
		r.said = append(r.said, turn.ID)
		words.List = append(words.List, event.Word{ID: i + 1, Text: "word", Start: middle, End: middle, Speaker: turn.Speaker})
	}
	end := events[last]
	enc := event.Encoder{Stream: end.Stream, Run: end.Run, Seq: r.tl.Seq(), Revision: r.tl.Revision()}
	r.publish(t, enc.Words(int64(end.At), words))
	end.Seq++
	r.publish(t, end)
	return r
}

func (r *lateRun) publish(t *rapid.T, events ...event.Event) {
	for _, e := range events {
		if err := r.tl.Apply(e); err != nil {
			t.Fatal(err)
		}
	}
	r.events = append(r.events, events...)
}

// now lists the present turns that were one turn, of this id, at the end of the run.
func (r *lateRun) now(id int) (all []event.Turn) {
	for _, turn := range r.tl.Turns() {
		if turn.ID == id || turn.Of == id {
			all = append(all, turn)
		}
	}
	return all
}

// wordsAgree checks that every word has the speaker of the turn around it.
func (r *lateRun) wordsAgree(t *rapid.T) {
	for _, w := range r.tl.Words("words") {
		found := false
		for _, turn := range r.now(r.said[w.ID-1]) {
			if turn.Start <= w.Start && w.Start < turn.End {
				if found = true; w.Speaker != turn.Speaker {
					t.Fatalf("word %d is %s, its turn %s", w.ID, w.Speaker, turn.Speaker)
				}
			}
		}
		if !found {
			t.Fatalf("word %d is in no turn", w.ID)
		}
	}
}

// late is a reader that comes now and reads everything.
func (r *lateRun) late(t *rapid.T) *correct.Late {
	l := &correct.Late{}
	for _, e := range r.events {
		if err := l.Apply(e); err != nil {
			t.Fatal(err)
		}
	}
	return l
}

func (r *lateRun) speakers() []event.Speaker {
	seen := map[event.Speaker]bool{}
	var all []event.Speaker
	for _, t := range r.tl.Turns() {
		if t.Speaker != event.Unknown && !seen[t.Speaker] {
			seen[t.Speaker] = true
			all = append(all, t.Speaker)
		}
	}
	return all
}

func drawCorrection(t *rapid.T, r *lateRun) correct.Correction {
	who := rapid.SampledFrom(r.speakers())
	c := correct.Correction{Action: rapid.SampledFrom([]correct.Action{correct.Rename, correct.Merge, correct.Give, correct.Undo}).Draw(t, "action")}
	if len(r.alone) == 0 && c.Action == correct.Give {
		c.Action = correct.Rename
	}
	if c.Action == correct.Give {
		c.Turns = rapid.SliceOfNDistinct(rapid.SampledFrom(r.alone), 1, min(3, len(r.alone)), rapid.ID).Draw(t, "turns")
		if rapid.Bool().Draw(t, "known") {
			c.Into = who.Draw(t, "into")
		}
		if rapid.Bool().Draw(t, "part") {
			turn := rapid.SampledFrom(r.now(c.Turns[0])).Draw(t, "turn")
			tenth := (turn.End - turn.Start) / 10
			from, to := rapid.IntRange(0, 6).Draw(t, "from"), rapid.IntRange(1, 4).Draw(t, "tenths")
			c.Turns, c.Start = []int{turn.ID}, turn.Start+event.Time(from)*tenth
			c.End = c.Start + event.Time(to)*tenth
		}
		return c
	}
	if c.Action != correct.Undo {
		c.Speaker = who.Draw(t, "speaker")
		c.Into = who.Draw(t, "into")
		c.Name = rapid.SampledFrom([]string{"", "Ada", "Grace", "Kathleen Booth"}).Draw(t, "name")
	}
	return c
}

// People correct after the end, each of them reads the run again, and any number of a
// correction's events gets through. A correction that is taken back leaves no trace.
func TestLateCorrectionsAreTakenBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := drawLateRun(t)
		var before [][]rttm.Segment // before each correction that stands
		for i := range rapid.IntRange(1, 12).Draw(t, "corrections") {
			c := drawCorrection(t, r)
			c.ID = fmt.Sprint("c", i)
			was := r.tl.Segments()
			events, err := r.late(t).Correct(c)
			if c.Action == correct.Undo && len(before) == 0 && errors.Is(err, correct.ErrRefused) || errors.Is(err, correct.ErrMalformed) && (c.Speaker == c.Into || c.End > 0) {
				continue
			}
			if err != nil {
				t.Fatalf("%+v: %v", c, err)
			}
			if len(events) == 0 {
				continue
			}
			if n := rapid.IntRange(1, len(events)).Draw(t, "get through"); n < len(events) {
				r.publish(t, events[:n]...) // the program that corrected died here, and corrects again
				if events, err = r.late(t).Correct(c); err != nil {
					t.Fatal(err)
				}
			}
			for _, e := range events {
				if e.Correction == nil || e.Correction.ID != c.ID {
					t.Fatalf("%+v is not marked as correction %s", e, c.ID)
				}
			}
			r.publish(t, events...)
			r.wordsAgree(t)
			if more, err := r.late(t).Correct(c); err != nil || len(more) > 0 {
				t.Fatalf("said again, %+v leads to %v, %v", c, more, err)
			}
			if c.Action != correct.Undo {
				before = append(before, was)
				continue
			}
			r.is(t, before[len(before)-1])
			before = before[:len(before)-1]
		}
		for len(before) > 0 {
			events, err := r.late(t).Correct(correct.Correction{Action: correct.Undo})
			if err != nil {
				t.Fatal(err)
			}
			r.publish(t, events...)
			r.is(t, before[len(before)-1])
			before = before[:len(before)-1]
		}
	})
}

func (r *lateRun) is(t *rapid.T, want []rttm.Segment) {
	if now := r.tl.Segments(); !reflect.DeepEqual(now, want) {
		t.Fatalf("taken back:\n%v\nwant\n%v", now, want)
	}
}

// Corrections at the same time come one after the other. The server has every event once,
// in order.
func TestLateCorrectionsAtOnce(t *testing.T) {
	ctx := t.Context()
	nc := natstest.New(t)
	if err := publish.EnsureStream(ctx, nc, publish.StreamOptions{}); err != nil {
		t.Fatal(err)
	}
	run := meeting.Events(meeting.Options{Turns: 30})
	if _, _, err := correct.After(ctx, nc, "meeting", correct.Correction{Action: correct.Rename, Speaker: 1, Name: "Ada"}, nil); !errors.Is(err, correct.ErrNobody) {
		t.Errorf("no run: %v", err)
	}
	if err := publish.Append(ctx, nc, 0, run...); err != nil {
		t.Fatal(err)
	}
	var people sync.WaitGroup
	for i := range 6 {
		people.Go(func() {
			c := correct.Correction{Action: correct.Rename, Speaker: event.Speaker(1 + i%3), Name: fmt.Sprint("name ", i), Run: "run1"}
			if _, _, err := correct.After(ctx, nc, "meeting", c, nil); err != nil {
				t.Errorf("%+v: %v", c, err)
			}
		})
	}
	people.Wait()
	if _, _, err := correct.After(ctx, nc, "meeting", correct.Correction{Action: correct.Undo, Run: "other"}, nil); !errors.Is(err, correct.ErrRefused) {
		t.Errorf("another run: %v", err)
	}
	var tl event.Timeline
	for m, err := range publish.Subscribe(ctx, nc, publish.SubscribeOptions{}) {
		if err != nil {
			t.Fatal(err)
		}
		if err := tl.Apply(m.Event); err != nil {
			t.Fatal(err)
		}
		if m.Pending == 0 {
			break
		}
	}
	if got, want := tl.Seq(), uint64(len(run)+6); got != want {
		t.Errorf("%d events, want %d", got, want)
	}
	for s := event.Speaker(1); s <= 3; s++ {
		if tl.Name(s) == s.String() {
			t.Errorf("%s has no name", s)
		}
	}
}
