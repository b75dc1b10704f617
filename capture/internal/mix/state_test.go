package mix

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/seed-7adb9000/diarizer/internal/state/statetest"
)

// TestMoved holds that a mixer replaced at any frame by one with the same state gives the same mix.
func TestMoved(t *testing.T) {
	a := speech(1, 6, .1)
	for _, channels := range [][][]float32{
		{a, sum(scaled(a, -1), noise(5, 6, .02))},
		{a, hum(6, .2), noise(2, 6, .01)},
		{a},
	} {
		ch := len(channels)
		all := frames(channels...)
		want := make([]float32, len(a))
		New(mixRate, ch).Mix(want, all)
		rapid.Check(t, func(t *rapid.T) {
			cut := rapid.IntRange(0, len(a)).Draw(t, "cut")
			here, there := New(mixRate, ch), New(mixRate, ch)
			got := make([]float32, len(a))
			here.Mix(got[:cut], all)
			raw, err := here.AppendBinary(nil)
			if err != nil {
				t.Fatal(err)
			}
			if err := there.UnmarshalBinary(raw); err != nil {
				t.Fatal(err)
			}
			there.Mix(got[cut:], all[cut*ch:])
			here.Mix(make([]float32, len(a)-cut), all[cut*ch:])
			if !slices.Equal(got, want) || !slices.Equal(here.Notes(), there.Notes()) {
				t.Fatal("another mix")
			}
		})
	}
}

func TestStateIsComplete(t *testing.T) {
	m := New(mixRate, 2)
	statetest.Covers(t, m, m.fields(), "channels", "hop", "diff", "phases", "noises")
	statetest.Covers(t, &m.phases, m.fields(), "before")
	statetest.Covers(t, &m.noises, m.fields(), "sorted")
	statetest.Covers(t, &m.noises.recent[0], m.noises.recent[0].fields())
}
