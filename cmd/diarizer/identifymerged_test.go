package main

import (
	"io"
	"path/filepath"
	"testing"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/cli"
	"github.com/seed-7adb9000/diarizer/internal/voices/voicefile"
	"github.com/seed-7adb9000/diarizer/online/model"
)

// The voice of a speaker who turned out to be somebody else is kept under the name that stands,
// and under no other. A merge that was taken back changes nothing.
func TestVoicesOfMergedSpeakers(t *testing.T) {
	m, err := cli.ReadModel("light")
	if err != nil {
		t.Fatal(err)
	}
	named := func(who event.Speaker, name string) event.Event {
		return event.Event{Stream: "s", Kind: event.SpeakerIdentified, Speaker: who, Name: name, Confidence: 1}
	}
	merged := event.Event{Stream: "s", Kind: event.SpeakerMerged, Speaker: 1, Into: 2}
	back := event.Event{Stream: "s", Kind: event.SpeakerAdded, Speaker: 1}
	for what, c := range map[string]struct {
		events []event.Event
		want   map[string]float64 // frames
	}{
		"merged":     {[]event.Event{named(1, "Ada"), named(2, "Bob"), merged}, map[string]float64{"Bob": 5000}},
		"named then": {[]event.Event{named(1, "Ada"), merged, named(2, "Ada")}, map[string]float64{"Ada": 5000}},
		"taken back": {[]event.Event{named(1, "Ada"), named(2, "Bob"), merged, back, named(1, "Ada")}, map[string]float64{"Ada": 2000, "Bob": 3000}},
	} {
		t.Run(what, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "voices.json")
			r, err := openVoices(path, "", m, io.Discard)
			if err != nil {
				t.Fatal(err)
			}
			r.heard["s"] = map[int]model.Stats{}
			for who, frames := range map[int]float64{1: 2000, 2: 3000} {
				stats := m.Shape().NewStats()
				stats.N = frames
				r.heard["s"][who] = stats
			}
			for _, e := range c.events {
				r.event(e)
			}
			if err := r.keep(func(string, ...any) {}); err != nil {
				t.Fatal(err)
			}
			f, err := voicefile.Open(path, m, nil)
			if err != nil {
				t.Fatal(err)
			}
			if got := f.Speakers(); len(got) != len(c.want) {
				t.Errorf("kept %d voices, want %v", len(got), c.want)
			}
			for _, sp := range f.Speakers() {
				if sp.Stats.N != c.want[sp.Name] {
					t.Errorf("kept %g frames of %s, want %v", sp.Stats.N, sp.Name, c.want)
				}
			}
		})
	}
}
