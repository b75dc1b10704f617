package main

import (
	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/online/model"
)

// event remembers the speakers that a person has named, and who turned out to be somebody else.
func (r *recognition) event(e event.Event) {
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	switch e.Kind {
	case event.SpeakerAdded: // again, where a merge is taken back
		delete(r.into[e.Stream], e.Speaker)
	case event.SpeakerMerged:
		if r.into[e.Stream] == nil {
			r.into[e.Stream] = map[event.Speaker]event.Speaker{}
		}
		r.into[e.Stream][e.Speaker] = e.Into
		r.unname(e) // the name that stands is told of the speaker who is left
	case event.SpeakerIdentified:
		if e.Confidence < 1 || e.Name == e.Speaker.String() { // only a person is that sure
			r.unname(e)
			return
		}
		if r.named[e.Stream] == nil {
			r.named[e.Stream] = map[event.Speaker]string{}
		}
		r.named[e.Stream][e.Speaker] = e.Name
	}
}

// unname forgets the name of the speaker of an event.
func (r *recognition) unname(e event.Event) {
	if delete(r.named[e.Stream], e.Speaker); len(r.named[e.Stream]) == 0 {
		delete(r.named, e.Stream)
	}
}

// said returns what was heard of somebody, with that of the speakers who were merged into the
// speaker after the end.
func (r *recognition) said(stream string, who event.Speaker) model.Stats {
	sum := r.model.Shape().NewStats()
	for n, stats := range r.heard[stream] {
		if r.person(stream, event.Speaker(n)) == who {
			sum.Add(stats)
		}
	}
	return sum
}

// person is the speaker who is left of a speaker after all merges.
func (r *recognition) person(stream string, who event.Speaker) event.Speaker {
	for range len(r.into[stream]) {
		to, merged := r.into[stream][who]
		if !merged {
			break
		}
		who = to
	}
	return who
}
