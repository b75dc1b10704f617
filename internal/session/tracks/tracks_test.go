package tracks

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"go.uber.org/goleak"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/event/rttm"
	"github.com/seed-7adb9000/diarizer/internal/cli/demo"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// seconds is how much of the demo is used, in seconds: three of its speakers.
const seconds = 24

// meeting is the demo as it would be with a microphone for each speaker. Each microphone
// hears its own speaker, the others so many times as loud and a little later, and some
// noise. The levels of the microphones differ.
func meeting(t *testing.T, leak float32) (names []string, sounds [][]float32, reference []rttm.Segment) {
	t.Helper()
	rec, err := capture.OpenReader(t.Context(), demo.Recording(), demo.Name, capture.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer rec.Close()
	sound, err := capture.ReadAll(t.Context(), rec)
	if err != nil {
		t.Fatal(err)
	}
	sound = sound[:seconds*capture.Rate]
	for _, s := range demo.Reference() {
		if s.End < seconds {
			reference = append(reference, s)
		}
	}
	own := map[string][]float32{}
	for _, s := range reference {
		if own[s.Speaker] == nil {
			own[s.Speaker] = make([]float32, len(sound))
			names = append(names, s.Speaker)
		}
		from, to := int(s.Start*capture.Rate), min(len(sound), int(s.End*capture.Rate))
		copy(own[s.Speaker][from:to], sound[from:to])
	}
	rng := rand.New(rand.NewPCG(1, 2))
	for i := range names {
		gain := []float32{1, 0.3, 0.6, 0.15}[i%4]
		all := make([]float32, len(sound))
		for j, other := range names {
			delay, loud := 0, float32(1)
			if i != j {
				delay, loud = 160*(1+(i+j)%5), leak
			}
			for n := delay; n < len(all); n++ {
				all[n] += gain * loud * own[other][n-delay]
			}
		}
		for n := range all {
			all[n] += gain * 0.0003 * float32(rng.NormFloat64())
		}
		sounds = append(sounds, all)
	}
	return names, sounds, reference
}

// talk is how long each speaker speaks, and errs how much of that time is somebody else's,
// or nobody's, in the reference.
func against(t *testing.T, events []event.Event, reference []rttm.Segment) (talk, wrong, missed float64) {
	t.Helper()
	tl := &event.Timeline{}
	for _, e := range events {
		if err := tl.Apply(e); err != nil {
			t.Fatalf("%+v: %v", e, err)
		}
	}
	const tick = 0.01
	said := map[string]bool{}
	for _, s := range reference {
		for x := s.Start; x < s.End; x += tick {
			said[fmt.Sprint(s.Speaker, int(x/tick))] = true
		}
	}
	talk = float64(len(said)) * tick
	told := map[string]bool{}
	for _, s := range tl.Segments() {
		for x := s.Start; x < s.End; x += tick {
			told[fmt.Sprint(s.Speaker, int(x/tick))] = true
		}
	}
	for k := range told {
		if !said[k] {
			wrong += tick
		}
	}
	for k := range said {
		if !told[k] {
			missed += tick
		}
	}
	return talk, wrong, missed
}
