package segment

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/seed-7adb9000/diarizer/features"
	"github.com/seed-7adb9000/diarizer/internal/state/statetest"
)

func TestStateIsComplete(t *testing.T) {
	s, err := NewSegmenter(Config{}, 4)
	if err != nil {
		t.Fatal(err)
	}
	statetest.Covers(t, s, s.fields(), "cfg")
	statetest.Covers(t, &s.pending, s.pending.fields(), "dim")
	statetest.Covers(t, &s.passes, s.passes.fields())
	statetest.Covers(t, &s.chg, s.chg.fields(), "cfg", "dim", "keep", "none")
	g := NewGiven([]Utterance{{Start: 0, End: 16000}}, 16000, 4)
	statetest.Covers(t, g, g.fields(), "utts", "byEnd", "rest", "crowds")
}

// TestMovedSegmenter holds that a segmenter replaced at any frame by one of the
// same state finds the same events.
func TestMovedSegmenter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 4))
		var s scene
		for range rapid.IntRange(1, 5).Draw(t, "stretches") {
			s.pause(rapid.IntRange(0, 30).Draw(t, "pause"))
			s.talk(rng, rapid.IntRange(1, 900).Draw(t, "talk"), rapid.Float64Range(-1, 1).Draw(t, "mean"))
		}
		cut := rapid.IntRange(0, len(s.frames)).Draw(t, "cut")
		events := func(at int) (out []string) {
			g, err := NewSegmenter(Config{}, 4)
			if err != nil {
				t.Fatal(err)
			}
			emit := func(ev Event) { out = append(out, fmt.Sprint(ev)) }
			for i, x := range s.frames {
				if i == at {
					next, err := NewSegmenter(Config{}, 4)
					if err != nil {
						t.Fatal(err)
					}
					statetest.Move(t, g, next)
					g = next
				}
				g.Push(int64(i+1)*features.Hop, Frame{Features: x, Speech: s.speech[i], Level: -20, Two: 0.3}, emit)
			}
			g.Flush(int64(len(s.frames))*features.Hop, emit)
			return out
		}
		if !slices.Equal(events(cut), events(-1)) {
			t.Fatalf("moved at frame %d: other events", cut)
		}
	})
}
