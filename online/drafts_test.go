package online

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/seed-7adb9000/diarizer/features"
	"github.com/seed-7adb9000/diarizer/segment"
)

// looking is a stream that is heard twice, and is moved all the time.
type looking struct {
	t     interface{ Fatalf(string, ...any) }
	w     *world
	l     *listener
	a, b  *growth
	heard int64
	here  []Event
	there []Event
}

func lookTwice(t *testing.T, cfg Config) *looking {
	s := &looking{t: t, w: newWorld(1, 3), l: newListener(t)}
	cfg.Drafts = true
	s.a = grow(t, s.w, cfg, func(e Event) { s.l.hear(e); s.here = append(s.here, e) })
	s.b = grow(t, s.w, cfg, func(e Event) { s.there = append(s.there, e) })
	return s
}

// say returns the events of an utterance, and its middle.
func (s *looking) say(voice, frames int) (events []segment.Event, middle int64) {
	s.w.say(voice, frames, 60, func(ev segment.Event) {
		ev.Frames = slices.Clone(ev.Frames)
		events = append(events, ev)
	})
	return events, (s.w.n - int64(frames)/2) * features.Hop
}

// look hears events with one of the looks.
func (s *looking) look(events []segment.Event, draft bool) {
	for _, ev := range events {
		ev.Draft, ev.Until = draft, ev.At
		s.heard = max(s.heard, ev.At)
		ev.At = s.heard
		s.a.push(ev)
		s.b.push(ev)
	}
	s.b.move()
	if !slices.EqualFunc(s.here, s.there, sameEvent) {
		s.t.Fatalf("%v after moves, expected %v", s.there, s.here)
	}
}

// cough is a draft of a voice that the second look does not hear.
func (s *looking) cough(voice int) {
	events, _ := s.say(voice, 200)
	s.look(events, true)
	s.look([]segment.Event{{At: s.w.n * features.Hop}}, false)
}

// Who was added for a draft of no speech takes nobody's place: where no more speakers may
// be added, the next new one gets the number.
func TestFalseDraftsTakeNoPlace(t *testing.T) {
	s := lookTwice(t, Config{Limits: Limits{Max: 1}})
	s.cough(0)
	if len(s.l.turns) != 0 || len(s.a.c.speakers) != 1 {
		t.Fatalf("turns %v of %d speakers after a cough: nothing is tested", s.l.turns, len(s.a.c.speakers))
	}
	events, middle := s.say(1, 200)
	for _, draft := range []bool{true, false} {
		s.look(events, draft)
		if who := s.l.speakerAt(middle); who != 1 || len(s.l.speakers) != 1 {
			t.Errorf("draft %v: speaker %d of %v, expected 1", draft, who, s.l.speakers)
		}
	}

	s = lookTwice(t, Config{Limits: Limits{Max: 2}})
	of := make(map[int]int)
	speak := func(voice int) {
		events, middle := s.say(voice, 250)
		s.look(events, true)
		s.look(events, false)
		who := s.l.speakerAt(middle)
		if was, ok := of[voice]; ok && was != who {
			t.Errorf("speaker %d says what voice %d says, %d before", who, voice, was)
		}
		of[voice] = who
	}
	speak(0)
	s.cough(2)
	if n := len(s.a.c.speakers); n != 2 {
		t.Fatalf("%d speakers after a cough: nothing is tested", n)
	}
	for _, voice := range []int{1, 0, 1, 1, 0} {
		speak(voice)
	}
	s.a.c.Finish(s.w.n*features.Hop, s.a.hear)
	if of[0] == of[1] || len(s.l.speakers) != 2 {
		t.Errorf("speakers %v, voice 0 is %d and voice 1 is %d", s.l.speakers, of[0], of[1])
	}
}

// Who gets the last place keeps it while the utterance grows, and when it closes.
func TestLastPlaceIsKept(t *testing.T) {
	w := newWorld(1, 2)
	l := newListener(t)
	c, err := New(w.m, Config{Limits: Limits{Max: 2}})
	if err != nil {
		t.Fatal(err)
	}
	for voice := range 2 {
		w.say(voice, 450, 60, func(ev segment.Event) { c.Push(ev, l.hear) })
	}
	speaker := 0
	for _, e := range l.events {
		if e.Kind == SpeakerMerged || e.Speaker > 2 || e.Kind < TurnWithdrawn && e.Turn.Start > 500*features.Hop && e.Turn.Speaker < speaker {
			t.Errorf("%+v", e)
		}
		speaker = e.Turn.Speaker
	}
}

// A number is not given again while people have said something about its speaker, while
// the open utterance may become theirs, or once it was given in the same review.
func TestIdle(t *testing.T) {
	c, err := New(newWorld(1, 1).m, Config{Limits: Limits{Max: 3}})
	if err != nil {
		t.Fatal(err)
	}
	told := 0
	hear := func(Event) { told++ }
	for range 3 {
		c.add(0, hear)
	}
	if idle := c.idle(2); !slices.Equal(idle, []int{1, 3}) {
		t.Errorf("%v are idle but 2", idle)
	}
	if a, b := c.add(0, hear), c.add(0, hear, 1); a != 1 || b != 2 || told != 3 {
		t.Errorf("new speakers get %d and %d, and %d were told", a, b, told)
	}
	c.open = &utterance{created: 1}
	c.Give([]Gift{{End: 10, From: 2, Speaker: 3}})
	if idle := c.idle(); len(idle) > 0 {
		t.Errorf("%v are idle, who were given something or are open", idle)
	}
	c.Give(nil)
	c.Link([][]int{{2, 3}})
	c.open = nil
	if idle := c.idle(); !slices.Equal(idle, []int{1}) {
		t.Errorf("%v are idle, who may be linked", idle)
	}
	c.Link(nil)
	c.Give([]Gift{{End: 10, From: 2, Speaker: 7}})
	if _, here := c.at(7); !here {
		t.Error("7 is nobody, who was given something")
	}
	c.Give(nil)
	if _, here := c.at(7); here || len(c.idle()) != 3 {
		t.Error("7 takes a place, who was given something that was taken back")
	}
	c.mergeSpeaker(3, 2, 0, hear)
	if idle := c.idle(); !slices.Equal(idle, []int{1, 2}) {
		t.Errorf("%v are idle, of whom one was merged", idle)
	}
	c.speaker(2).heard = 1
	if idle := c.idle(); !slices.Equal(idle, []int{1}) {
		t.Errorf("%v are idle, who may have been heard before the window", idle)
	}
}

// Nobody has spoken last under a number that is given to somebody new, and an open utterance
// loses its place for a new speaker when that number becomes another's.
func TestReusedNumber(t *testing.T) {
	w := newWorld(1, 1)
	c, err := New(w.m, Config{Drafts: true, Limits: Limits{Max: 2}})
	if err != nil {
		t.Fatal(err)
	}
	hear := func(Event) {}
	c.add(0, hear)
	c.add(0, hear)
	c.looks[finalLook].last, c.looks[draftLook].last = 1, 2
	if n := c.add(0, hear, 2); n != 1 {
		t.Fatalf("the new speaker is %d", n)
	}
	if c.looks[finalLook].last != Unknown || c.looks[draftLook].last != 2 {
		t.Errorf("%d and %d spoke last", c.looks[finalLook].last, c.looks[draftLook].last)
	}
	w.say(0, 200, 30, func(ev segment.Event) {
		if ev.Draft, ev.Until = true, ev.At; ev.Closed {
			c.open = &utterance{id: ev.Utterance.ID, start: ev.Utterance.Start, end: ev.Utterance.End, speaker: 2, created: 2, draft: true}
			c.mergeSpeaker(2, 1, 0, hear)
			if c.open.speaker != 1 || c.open.created != 0 {
				t.Errorf("the open utterance is %d's, and has a place for %d", c.open.speaker, c.open.created)
			}
		}
		c.Push(ev, hear)
	})
	if _, here := c.at(c.utts[0].speaker); len(c.utts) != 1 || !here {
		t.Errorf("%d utterances, the first of speaker %d", len(c.utts), c.utts[0].speaker)
	}
}

// What is given away and leaves the window was said under its speaker's number too.
func TestGivenIsHeard(t *testing.T) {
	w := newWorld(1, 1)
	said := []utterance{{speaker: 1, given: 2, end: 5, pair: w.m.Shape().NewStats().Keep()}}
	for _, s := range []speaker{{number: 1}, {number: 2}, {number: 3}} {
		s.anchor = w.m.Shape().NewStats().Keep()
		if left := s.leave(w.m.Shape(), said); left != (s.number < 3) || (s.heard == 5) != left {
			t.Errorf("%d was heard up to %d, left %v", s.number, s.heard, left)
		}
	}
}

// Random talk that is heard twice: drafts of no speech, utterances of the second look that
// replace two drafts, words again, gifts and their end. A clusterer that takes over at any
// time goes on to the same events, and there are never more speakers than there may be.
func TestLooksHold(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		most := rapid.SampledFrom([]int{0, 1, 2, 3}).Draw(rt, "most")
		s := lookTwice(t, Config{Limits: Limits{Max: most}, Window: rapid.IntRange(3, 12).Draw(rt, "window")})
		s.t, s.l.t = rt, rt
		var late [][]segment.Event // what the second look has not heard
		gave := false
		for range rapid.IntRange(1, 25).Draw(rt, "utterances") {
			events, _ := s.say(rapid.IntRange(0, 2).Draw(rt, "voice"), rapid.IntRange(5, 300).Draw(rt, "frames"))
			s.look(events[:len(events)/2], true)
			if len(late) > 0 && rapid.Bool().Draw(rt, "early") {
				s.look(late[0], false)
				late = late[1:]
			}
			s.look(events[len(events)/2:], true)
			switch n := len(late); rapid.IntRange(0, 6).Draw(rt, "what") {
			case 0:
				late = append(late, []segment.Event{{At: s.w.n * features.Hop}})
			case 1:
				if n > 0 && len(late[n-1]) > 1 {
					late[n-1] = oneUtterance(late[n-1], events)
				}
			case 2:
				s.give(rapid.IntRange(0, 9).Draw(rt, "given"), rapid.IntRange(0, 4).Draw(rt, "to"), &gave)
				fallthrough
			default:
				late = append(late, events)
			}
			for len(late) > 2 {
				s.look(late[0], false)
				late = late[1:]
			}
			if most > 0 && len(s.l.speakers) > most && !gave {
				rt.Fatalf("%d speakers, expected at most %d", len(s.l.speakers), most)
			}
		}
		for _, events := range late {
			s.look(events, false)
		}
		s.a.c.Finish(s.w.n*features.Hop, s.a.hear)
		s.b.c.Finish(s.w.n*features.Hop, s.b.hear)
		if !slices.EqualFunc(s.here, s.there, sameEvent) || len(s.l.open) > 0 {
			rt.Fatalf("%v after moves, expected %v, and no turn open: %v", s.there, s.here, s.l.open)
		}
	})
}

// give gives the nth utterance of the window to a speaker of the clustering, or to somebody
// new where there is no such speaker, or takes back what was given where there is no such
// utterance.
func (s *looking) give(nth, to int, gave *bool) {
	var gifts []Gift
	if nth < len(s.a.c.utts) {
		u := s.a.c.utts[nth]
		if _, here := s.a.c.at(to); !here {
			to = s.a.c.Reserve(0)
			s.b.c.Reserve(0)
			s.l.speakers[to] = true
		}
		*gave = true
		gifts = []Gift{{Start: u.start, End: u.end, From: u.speaker, Speaker: to}}
	}
	s.a.c.Give(gifts)
	s.b.c.Give(gifts)
}

// oneUtterance is one utterance of two that follow each other.
func oneUtterance(a, b []segment.Event) (both []segment.Event) {
	u := a[len(a)-1].Utterance
	for _, ev := range slices.Concat(a[:len(a)-1], b) {
		if ev.Utterance.ID != 0 {
			ev.Utterance.ID, ev.Utterance.Start = u.ID, u.Start
		} else if ev.At > u.End {
			continue // the pause between them
		}
		both = append(both, ev)
	}
	return both
}
