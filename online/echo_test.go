package online

import (
	"slices"
	"testing"

	"github.com/seed-7adb9000/diarizer/features"
	"github.com/seed-7adb9000/diarizer/segment"
)

// announcement returns the events of one utterance by each of so many voices.
func (w *world) announcement(utterances int) (events []segment.Event) {
	for i := range utterances {
		w.say(i, 150, 30, func(ev segment.Event) {
			ev.Frames = append([]float64(nil), ev.Frames...)
			events = append(events, ev)
		})
	}
	return events
}

// later is an event of the same sound n frames later, in the utterance of another
// number.
func later(ev segment.Event, n int64, id int) segment.Event {
	n *= features.Hop
	ev.At += n
	if ev.Until != 0 {
		ev.Until += n
	}
	ev.FrameStart += n
	if ev.Utterance.ID != 0 {
		ev.Utterance.ID += id
		ev.Utterance.Start += n
		ev.Utterance.End += n
		ev.Rest += n
	}
	return ev
}

// Equal words again and again are no new evidence: who is one speaker after one time
// is one after a hundred times, and what is kept of them is what they said once.
func TestRepeatedWordsAreOneSpeaker(t *testing.T) {
	const parts, times = 3, 100
	one := 0 // worlds in which the words are one speaker's
	for seed := range uint64(10) {
		w := newWorld(seed, parts)
		for k := 1; k < parts; k++ { // a voice of which every utterance is a little different
			for i, x := range w.voices[0] {
				w.voices[k][i] = x + 0.15*(w.voices[k][i]-x)
			}
		}
		words := w.announcement(parts)
		l := newListener(t)
		g := grow(t, w, Config{}, func(e Event) { l.hear(e) })
		at := int64(0)
		first := 0
		for n := range int64(times) {
			for _, ev := range words {
				ev = later(ev, n*2*w.n, int(n)*parts)
				g.push(ev)
				at = ev.At
			}
			if n == 0 {
				first = len(l.speakers)
			}
			if n%30 == 29 {
				g.move()
			}
		}
		g.c.Finish(at, l.hear)
		if first == 1 {
			one++
			if len(l.speakers) != 1 {
				t.Errorf("world %d: %d speakers of equal words, 1 of the words once", seed, len(l.speakers))
			}
		}
		evidence := 0.0
		for _, said := range g.c.Speakers() {
			evidence += said.N
		}
		if evidence > 2*150*parts {
			t.Errorf("world %d: %v frames of evidence, expected about those of the words once, %d", seed, evidence, 150*parts)
		}
	}
	if one < 5 {
		t.Errorf("the words are one speaker's in %d worlds: nothing was tested", one)
	}
}

// Words that a person has given to a speaker are that speaker's when they come again, and
// the speaker's voice, also in a review and in a clusterer that takes over.
func TestRepeatedWordsStayGiven(t *testing.T) {
	const number = 7
	for _, last := range []bool{false, true} { // whether the last of the repetitions was given
		w := newWorld(1, 2)
		words := w.announcement(1)
		l := newListener(t)
		var here, there []Event
		a := grow(t, w, Config{}, func(e Event) { l.hear(e); here = append(here, e) })
		b := grow(t, w, Config{}, func(e Event) { there = append(there, e) })
		n := int64(0)
		say := func() (middle int64) {
			for _, ev := range words {
				ev = later(ev, n*w.n, int(n))
				a.push(ev)
				b.push(ev)
				middle = (ev.Utterance.Start + ev.Utterance.End) / 2
			}
			n++
			return middle
		}
		middles := []int64{say(), say()}
		from := a.c.utts[0].speaker
		given := 0
		if last {
			given = 1
		}
		u := a.c.utts[given]
		for _, g := range []*growth{a, b} {
			g.c.Give([]Gift{{Start: u.start, End: u.end, From: from, Speaker: number}})
		}
		l.speakers[number] = true // of whom the listener is told by whoever gives
		for range 6 {
			middles = append(middles, say())
			b.move()
		}
		if who := a.c.utts[2].speaker; who != number {
			t.Errorf("the words come again, by speaker %d", who)
		}
		if said := a.c.said(number).N; said <= 0 {
			t.Errorf("nothing counts as the speech of %d", number)
		}
		for i := range a.c.utts {
			if _, conf := a.c.rate(i); i != given && conf < 0.99 {
				t.Errorf("the words are told for time %d with a confidence of %.2f", i, conf)
			}
		}
		a.c.Finish(n*w.n*features.Hop, a.hear)
		b.c.Finish(n*w.n*features.Hop, b.hear)
		for i, m := range middles {
			if who := l.speakerAt(m); i != given && who != number {
				t.Errorf("speaker %d says the words for time %d, expected %d", who, i, number)
			}
		}
		if !slices.EqualFunc(here, there, sameEvent) {
			t.Errorf("%v after moves, expected %v", there, here)
		}
	}
}

// A draft of words that the second look has heard before has their speaker, whichever of
// the two looks hears them first, and goes on to have it in a review.
func TestRepeatedDraftFollows(t *testing.T) {
	w := newWorld(1, 2)
	w.m.Features.MeanPrior = 1e9 // the same in both looks
	c, err := New(w.m, Config{Drafts: true})
	if err != nil {
		t.Fatal(err)
	}
	l := newListener(t)
	heard := int64(0)
	push := func(events []segment.Event, draft bool) {
		for _, ev := range events {
			ev.Draft, ev.Until = draft, ev.At
			heard = max(heard, ev.At)
			ev.At = heard
			c.Push(ev, l.hear)
		}
	}
	var first, words, again []segment.Event
	record := func(to *[]segment.Event) func(segment.Event) {
		return func(ev segment.Event) {
			ev.Frames = slices.Clone(ev.Frames)
			*to = append(*to, ev)
		}
	}
	w.say(0, 300, 30, record(&first))
	start := w.n
	w.say(1, 200, 30, record(&words))
	for _, ev := range words {
		again = append(again, later(ev, w.n-start, 1))
	}
	push(first, true)
	push(first, false)
	push(words, true)
	push(again, true)
	c.review = 0
	push(words, false)
	n := len(c.utts)
	if !c.utts[n-1].draft || c.utts[n-2].draft {
		t.Fatal("expected an utterance and a draft at the end")
	}
	if draft, said := c.utts[n-1].speaker, c.utts[n-2].speaker; draft != said || said == c.utts[0].speaker {
		t.Errorf("speaker %d of the draft, %d of the words, %d before them", draft, said, c.utts[0].speaker)
	}
	if c.utts[n-1].echo || !c.utts[n-2].echo {
		t.Error("the draft is the last of the words, and does not count for them")
	}
}

// An echo of what is not in the window has no label of a cluster.
func TestFollowNothing(t *testing.T) {
	c := &Clusterer{utts: []utterance{{group: 1}, {group: 2, echo: true}, {group: 1, echo: true}}}
	labels := []int{4, -1, -1}
	if c.follow(labels); !slices.Equal(labels, []int{4, -1, 4}) {
		t.Errorf("labels %v", labels)
	}
}
