package serve

import (
	"context"
	"maps"
	"slices"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/internal/voices/identify"
	"github.com/seed-7adb9000/diarizer/online/model"
)

// When speakers are compared with those enrolled.
const (
	recognizeEvery  = 2 * capture.Rate // samples between two looks
	recognizeFrames = 300              // frames of speech, at least
	recognizeGrowth = 1.5              // by which speech has to grow, or to shrink, to be compared again
)

// recognition compares the speakers of an owner's stream with the enrolled ones.
type recognition struct {
	rule     identify.Rule
	comparer *identify.Comparer
	next     int64  // stream position of the next look
	people   people // the enrolled speakers at the last look
	speakers map[int]*compared
}

// compared is a speaker of the stream.
type compared struct {
	frames float64   // at the last comparison
	odds   []float64 // of being each of the enrolled people
	// noted is the name in the last note about the speaker. While pending is true, the
	// note has not been read yet.
	noted   string
	pending bool
}

// recognize compares the stream's speakers with the enrolled ones, if the claim asks for it. It
// stores a note among the sound for each speaker who is recognised, or no longer recognised.
func (o *owner) recognize(ctx context.Context) error {
	if !o.current().Identify || len(o.chain.logged) > 0 {
		return nil
	}
	o.recognition.look(o.follow, o.w.voices.all, func(found identity) bool {
		if found.Name == "" {
			o.log.Info("name taken back", "speaker", found.Speaker)
		} else {
			o.log.Info("speaker identified", "speaker", found.Speaker, "name", found.Name, "probability", found.Confidence)
		}
		if err := o.w.s.putNote(ctx, o.stream, o.follow.session, noteIdentity, found); err != nil {
			o.report(err)
			return false
		}
		return true
	})
	return nil
}

// look compares the speakers of f with the enrolled ones if it is time. A speaker is compared
// again after saying enough since the last comparison. Then look decides the names of all
// speakers together, and calls found for each name that changes. Names that are taken back
// come first, so that two speakers never have the same name. If found returns false, the
// change comes again after the next look.
func (r *recognition) look(f *follower, enrolled func() people, found func(identity) bool) {
	at := f.stream.At()
	if at < r.next {
		return
	}
	r.next = at + recognizeEvery
	if r.comparer == nil {
		r.comparer = identify.NewComparer(f.cfg.Model, r.rule)
		r.speakers = map[int]*compared{}
	}
	all := enrolled()
	if len(all.names) == 0 {
		return
	}
	r.compare(f, all)
	before, after := map[int]string{}, map[int]identify.Name{}
	var rows [][]float64
	numbers := slices.Sorted(maps.Keys(r.speakers))
	for _, n := range numbers {
		rows = append(rows, r.speakers[n].odds)
	}
	for i, name := range identify.Names(rows, r.namesOf(f, numbers, before)) {
		after[numbers[i]] = name
	}
	r.tell(f, numbers, before, after, found)
}

// compare updates the speakers and their odds.
func (r *recognition) compare(f *follower, all people) {
	if all.version != r.people.version {
		r.people = all
		for _, c := range r.speakers {
			c.odds = nil
		}
	}
	said := persons(f)
	for n := range r.speakers {
		if _, ok := said[n]; !ok {
			delete(r.speakers, n)
		}
	}
	for n, stats := range said {
		c := r.speakers[n]
		switch {
		case c == nil && stats.N < recognizeFrames && f.desk.Found(n) == "":
			continue
		case c == nil:
			c = &compared{}
			r.speakers[n] = c
		case c.odds != nil && stats.N < recognizeGrowth*c.frames && stats.N > c.frames/recognizeGrowth:
			continue
		}
		c.frames = stats.N
		c.odds = r.comparer.LogOdds(c.odds[:0], stats, all.voices)
	}
}

// persons are the statistics of the speakers of f. Speakers that a person has merged are one.
func persons(f *follower) map[int]model.Stats {
	return identify.Persons(f.stream.Speakers(), f.desk.Who)
}

// namesOf returns for each speaker the index of the enrolled person by whose name the speaker
// is called now, or −1. It writes the names to before.
func (r *recognition) namesOf(f *follower, numbers []int, before map[int]string) []int {
	who := make([]int, len(numbers))
	for i, n := range numbers {
		name := f.desk.Found(n)
		if c := r.speakers[n]; c.pending {
			if c.noted == name {
				c.pending = false
			}
			name = c.noted
		}
		before[n] = name
		who[i] = -1
		if name != "" {
			who[i] = slices.Index(r.people.names, name)
		}
	}
	return who
}

// tell calls found for each name that has changed.
func (r *recognition) tell(f *follower, numbers []int, before map[int]string, after map[int]identify.Name, found func(identity) bool) {
	now := map[int]string{}
	wanted := map[string]int{} // the speaker who gets the name
	for _, n := range numbers {
		if who := after[n].Who; who >= 0 {
			now[n] = r.people.names[who]
			wanted[now[n]] = n
		}
	}
	note := func(n int, name string, p float64) bool {
		ok := found(identity{Run: f.enc.Run, Speaker: n, Name: name, Confidence: p})
		if ok {
			before[n], r.speakers[n].noted, r.speakers[n].pending = name, name, true
		}
		return ok
	}
	for _, n := range numbers {
		other, given := wanted[before[n]]
		// A name that is not among the enrolled people stays: the person is not enrolled
		// any more, or this worker has not heard of the enrolment yet.
		lost := now[n] == "" && slices.Contains(r.people.names, before[n])
		if (lost || given && other != n) && !note(n, "", 0) {
			return // a later change may need this one
		}
	}
	for _, n := range numbers {
		if now[n] != "" && now[n] != before[n] && !note(n, now[n], after[n].Probability) {
			return
		}
	}
}
