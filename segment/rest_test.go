package segment

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"github.com/seed-7adb9000/diarizer/features"
)

// TestFree holds that as many frames as Free says have no effect but to count, and
// the next one has.
func TestFree(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var utts []Utterance
		for range rapid.IntRange(0, 4).Draw(t, "utterances") {
			start := rapid.Int64Range(0, 30*features.Hop).Draw(t, "start")
			utts = append(utts, Utterance{Start: start, End: start + rapid.Int64Range(1, 10*features.Hop).Draw(t, "length")})
		}
		g := NewGiven(utts, 5*features.Hop, 1)
		for at := int64(0); at < 50; at++ {
			free := g.Free()
			begun, events := g.next, 0
			g.Push(at*features.Hop, Frame{Features: []float64{0}}, func(ev Event) {
				if ev.Closed || len(ev.Frames) > 0 {
					events++
				}
			})
			if quiet := events == 0 && g.next == begun && g.pending.empty(); quiet != (free > 0) {
				t.Fatalf("frame %d of %v: %d free, yet %d events", at, utts, free, events)
			}
			if after := g.Free(); free > 1 && free < math.MaxInt64 && after != free-1 {
				t.Fatalf("%d free, %d a frame later", free, after)
			}
		}
	})
}
