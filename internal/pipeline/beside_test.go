package pipeline

import (
	"math/rand/v2"
	"testing"

	"github.com/seed-7adb9000/diarizer/internal/testkit/raced"
	"github.com/seed-7adb9000/diarizer/online"
)

// TestTurnsBeside holds, for sound in which a tracker hears two at once, that two turns
// are told of it, that those of one speaker never overlap, and that a turn that has
// left the window is not told again.
func TestTurnsBeside(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	beside, seeds := 0, []uint64{0, 1, 2, 3, 4, 5}
	if raced.Enabled {
		seeds = seeds[2:3]
	}
	for _, seed := range seeds {
		x := voices(20 + 20*rng.Float64())
		s := newStream(t, Config{Model: tracked{anyModel(seed)}, Online: online.Config{Window: 3 + int(seed)}})
		turns := make(map[int]online.Turn)
		emit := func(e online.Event) {
			switch e.Kind {
			case online.TurnStarted:
				if _, ok := turns[e.Turn.ID]; ok {
					t.Errorf("turn %d begins twice", e.Turn.ID)
				}
				turns[e.Turn.ID] = e.Turn
			case online.TurnWithdrawn:
				delete(turns, e.Turn.ID)
			case online.SpeakerMerged:
				for id, turn := range turns {
					if turn.Speaker == e.Speaker {
						turn.Speaker = e.Into
						turns[id] = turn
					}
				}
			case online.SpeakerAdded:
			default:
				if _, ok := turns[e.Turn.ID]; !ok {
					t.Errorf("%v of turn %d, which is not there", e.Kind, e.Turn.ID)
				}
				turns[e.Turn.ID] = e.Turn
			}
		}
		s.Push(x, emit)
		if err := s.Flush(emit); err != nil {
			t.Fatal(err)
		}
		for i, a := range turns {
			for k, b := range turns {
				if i >= k || a.Start >= b.End || b.Start >= a.End || a.Start == a.End || b.Start == b.End {
					continue
				}
				if a.Speaker == b.Speaker {
					t.Errorf("seed %d: two turns of speaker %d overlap: %v and %v", seed, a.Speaker, a, b)
				}
				beside++
			}
		}
	}
	if beside < 2*len(seeds) {
		t.Errorf("%d turns beside others", beside)
	}
}
