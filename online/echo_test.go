package online

import (
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
