package online

import (
	"fmt"
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/seed-7adb9000/diarizer/features"
	"github.com/seed-7adb9000/diarizer/segment"
)

// linked runs a script of three voices and links, or unlinks, before the
// utterances that are named. It returns the clusterer and all that it told.
func linked(t interface{ Fatalf(string, ...any) }, cfg Config, n int, links map[int][][]int) (*Clusterer, *listener, []Event, []int64) {
	w := newWorld(1, 3)
	c, err := New(w.m, cfg)
	if err != nil {
		t.Fatalf("%v", err)
	}
	l := newListener(t)
	var events []Event
	hear := func(e Event) {
		events = append(events, e)
		l.hear(e)
	}
	var middles []int64
	for i := range n {
		if groups, ok := links[i]; ok {
			c.Link(groups)
		}
		frames := 150 + i%3*50
		w.say([]int{0, 1, 0, 2, 1, 2}[i%6], frames, 30, func(ev segment.Event) { c.Push(ev, hear) })
		middles = append(middles, (w.n-int64(frames/2))*features.Hop)
	}
	c.Finish(w.n*features.Hop, hear)
	return c, l, events, middles
}

// Links go along where a clusterer is replaced by one of the same state, and
// may be taken back there.
func TestMovedLinks(t *testing.T) {
	cfg := Config{Window: 12}
	links := map[int][][]int{14: {{1, 2}}, 40: nil}
	_, _, want, _ := linked(t, cfg, 60, links)
	for _, at := range []int{14, 15, 27, 39, 41} {
		w := newWorld(1, 3)
		c, err := New(w.m, cfg)
		if err != nil {
			t.Fatal(err)
		}
		var events []Event
		hear := func(e Event) { events = append(events, e) }
		for i := range 60 {
			if groups, ok := links[i]; ok {
				c.Link(groups)
			}
			if i == at {
				raw, err := c.AppendBinary(nil)
				if err != nil {
					t.Fatal(err)
				}
				if c, err = New(w.m, cfg); err != nil {
					t.Fatal(err)
				}
				if err := c.UnmarshalBinary(raw); err != nil {
					t.Fatal(err)
				}
			}
			w.say([]int{0, 1, 0, 2, 1, 2}[i%6], 150+i%3*50, 30, func(ev segment.Event) { c.Push(ev, hear) })
		}
		c.Finish(w.n*features.Hop, hear)
		if fmt.Sprint(events) != fmt.Sprint(want) {
			t.Errorf("moved before utterance %d: %d other events, expected %d", at, len(events), len(want))
		}
	}
}

// What is linked and unlinked again leaves nothing behind: with no speech in
// between the events are the same, with speech in between every utterance ends
// up with the voice that it is of.
func TestLinkTakenBack(t *testing.T) {
	for _, cfg := range []Config{{}, {Window: 12}} {
		_, _, plain, _ := linked(t, cfg, 40, nil)
		c, err := New(newWorld(1, 3).m, cfg)
		if err != nil {
			t.Fatal(err)
		}
		c.Link([][]int{{1, 2}}) // of speakers who do not exist
		c.Link(nil)
		_, _, same, _ := linked(t, cfg, 40, map[int][][]int{20: nil})
		if fmt.Sprint(plain) != fmt.Sprint(same) {
			t.Errorf("%+v: unlinking nobody changed the events", cfg)
		}
		_, l, events, middles := linked(t, cfg, 60, map[int][][]int{14: {{1, 2}}, 34: nil})
		for _, e := range events {
			if e.Kind == SpeakerMerged {
				t.Errorf("%+v: speaker %d was merged into %d for good", cfg, e.Speaker, e.Into)
			}
		}
		of := map[int]int{}
		for i, m := range middles {
			voice, got := []int{0, 1, 0, 2, 1, 2}[i%6], l.speakerAt(m)
			if want, ok := of[voice]; ok && got != want {
				t.Errorf("%+v: utterance %d by voice %d is speaker %d's, those before %d's", cfg, i, voice, got, want)
			}
			of[voice] = got
		}
		if len(l.speakers) != 3 {
			t.Errorf("%+v: speakers %v, expected three", cfg, l.speakers)
		}
	}
}

// Linked speakers are compared by the exact sum of their statistics too, count
// as one where the number of speakers is bounded, and are left as they are.
func TestLinkedVoiceIsTheSum(t *testing.T) {
	c, _, _, _ := linked(t, Config{Window: 12, Limits: Limits{Max: 3}}, 40, map[int][][]int{20: {{3, 1}}})
	sum := c.m.Shape().NewStats()
	sum.Add(c.said(1))
	sum.Add(c.said(3))
	if got := c.sum(3).Stats; !reflect.DeepEqual(got, sum) {
		t.Errorf("%v frames, want %v", got.N, sum.N)
	}
	if c.full() {
		t.Error("two people in three speakers leave no room for a third")
	}
	both := c.m.Shape().NewVoice()
	both.Stats.Add(sum)
	c.scorer.Update(&both)
	for i, want := range []float64{c.scorer.Score(&both, &c.speaker(1).voice), c.scorer.Score(&both, &c.speaker(3).voice)} {
		if got, who := c.compare(&both, 1); got < want || who != 1 && who != 3 {
			t.Errorf("score %v with %d, want at least %v, part %d", got, who, want, i)
		}
	}
}

// Whatever is linked while whatever is merged, everybody is in one group with
// exactly those that somebody linked, by way of others or of merges.
func TestGroupsFollowMerges(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := newWorld(1, 1)
		c, err := New(w.m, Config{})
		if err != nil {
			t.Fatal(err)
		}
		n := rapid.IntRange(1, 8).Draw(t, "speakers")
		for range n {
			c.add(0, func(Event) {})
		}
		number := rapid.IntRange(0, n+1)
		groups := rapid.SliceOfN(rapid.SliceOfN(number, 2, 3), 0, 3).Draw(t, "groups")
		c.Link(groups)
		for range rapid.IntRange(0, n-1).Draw(t, "merges") {
			a, b := c.standing(number.Draw(t, "a")), c.standing(number.Draw(t, "b"))
			if a != 0 && b != 0 && a != b {
				c.mergeSpeaker(a, b, 0, func(Event) {})
			}
		}
		// Brute force: everybody's set, grown until nothing changes.
		of := make([]int, n+1)
		for s := range of {
			of[s] = c.standing(s)
		}
		for range n {
			for _, g := range groups {
				g = slices.DeleteFunc(slices.Clone(g), func(s int) bool { return c.standing(s) == 0 })
				for _, s := range g {
					was := of[s]
					for i, p := range of {
						if p == was {
							of[i] = of[g[0]]
						}
					}
				}
			}
		}
		for a := 1; a <= n; a++ {
			for b := 1; b <= n; b++ {
				sa, sb := c.standing(a), c.standing(b)
				if got, want := c.links.same(sa, sb), of[sa] == of[sb]; got != want {
					t.Fatalf("%d and %d are one: %v, want %v", a, b, got, want)
				}
			}
		}
	})
}
