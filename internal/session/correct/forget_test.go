package correct

import (
	"testing"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/online"
)

// TestManySpeakers has a host talk with more guests than the desk remembers. Each guest
// says something, and some guests are merged with the guest before. The size of the desk's
// state stays bounded, listeners are told of every speaker once, the host can be corrected
// at any time, and a speaker who has a name keeps it.
func TestManySpeakers(t *testing.T) {
	const most = 200
	const guests = 8 * most
	var got event.Timeline
	added := map[event.Speaker]int{}
	names := map[event.Speaker]string{}
	opts := Options{Encoder: &event.Encoder{Stream: "s", Run: "r"}, Emit: func(e event.Event) error {
		switch e.Kind {
		case event.SpeakerAdded:
			added[e.Speaker]++
		case event.SpeakerIdentified:
			names[e.Speaker] = e.Name
		}
		return got.Apply(e)
	}}
	d := NewDesk(opts)
	d.most = most
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(d.Encode(func(e *event.Encoder) event.Event { return e.Start(event.Source{}) }))
	at, id := int64(0), 0
	decide := func(e online.Event) {
		t.Helper()
		e.At = at
		must(d.Decide(e))
	}
	says := func(s int) {
		t.Helper()
		id++
		at += 1600
		turn := online.Turn{ID: id, Start: at - 1600, End: at, Speaker: s, State: online.Provisional}
		decide(online.Event{Kind: online.TurnStarted, Turn: turn})
		turn.State = online.Final
		decide(online.Event{Kind: online.TurnEnded, Turn: turn})
	}
	decide(online.Event{Kind: online.SpeakerAdded, Speaker: 1})
	says(1)
	must(d.Identify(at, 2, "", 0)) // an empty name, as if a name was taken back
	sizes := []int{}
	for g := 2; g < guests; g++ {
		decide(online.Event{Kind: online.SpeakerAdded, Speaker: g})
		says(g)
		switch g {
		case 10:
			must(d.Identify(at, g, "Ann", 0.95))
		case 20:
			_, err := d.Correct(Correction{Action: Rename, Speaker: event.Speaker(g), Name: "Bob"})
			must(err)
		case 30:
			_, err := d.Correct(Correction{Action: Merge, Speaker: 29, Into: 30})
			must(err)
		}
		if g%9 == 0 && g > 40 {
			decide(online.Event{Kind: online.SpeakerMerged, Speaker: g, Into: g - 1})
		}
		if g%50 == 0 {
			must(d.Identify(at, g, "Eve", 0.95))
			must(d.Identify(at, g, "", 0))
			says(1) // the host, who may have been forgotten
			says(29)
		}
		if g%301 == 0 { // another desk takes over
			b, err := d.AppendBinary(nil)
			must(err)
			d = NewDesk(opts)
			d.most = most
			must(d.UnmarshalBinary(b))
		}
		if g%most == 0 {
			sizes = append(sizes, len(d.labels)+len(d.live)+len(d.merged)+len(d.told)+len(d.found))
		}
	}
	for _, n := range sizes {
		if n > 4*most {
			t.Errorf("%v entries after each %d guests, expected at most %d", sizes, most, 4*most)
		}
	}
	for s, n := range added {
		if n != 1 {
			t.Errorf("%s was added %d times", s, n)
		}
	}
	if names[10] != "Ann" || names[20] != "Bob" || d.Found(10) != "Ann" {
		t.Errorf("%v, expected Ann for S10 and Bob for S20", names)
	}
	for _, c := range []Correction{
		{Action: Rename, Speaker: 1, Name: "Host"}, {Action: Rename, Speaker: 10, Name: "Anna"}, {Action: Merge, Speaker: guests - 3, Into: 1},
	} {
		if _, err := d.Correct(c); err != nil {
			t.Errorf("%+v: %v", c, err)
		}
	}
	for range 4 { // back to the merge of the two, and the merge too
		_, err := d.Correct(Correction{Action: Undo})
		must(err)
	}
	if d.Who(29) != 29 || added[29] != 2 {
		t.Errorf("S29 is %d and was added %d times, expected to be back", d.Who(29), added[29])
	}
}
