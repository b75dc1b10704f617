package online_test

import (
	"fmt"
	"log"

	"github.com/seed-7adb9000/diarizer/features"
	"github.com/seed-7adb9000/diarizer/online"
	"github.com/seed-7adb9000/diarizer/online/model/eigenvoice"
	"github.com/seed-7adb9000/diarizer/segment"
)

// Two voices, one above the other in the one feature there is, talk in turns.
func Example() {
	m := &eigenvoice.Model{
		Features:    features.Config{Ceps: 1, Filters: 2, HighHz: 4000},
		FeatureMean: []float64{0}, Weights: []float64{0.5, 0.5},
		Means: []float64{-4, 4}, Vars: []float64{1, 1}, V: []float64{1, 1}, Nu: 1, Phi: 0.2, Slope: 1,
	}
	voices, err := online.New(m, online.Config{})
	if err != nil {
		log.Fatal(err)
	}
	speech, err := segment.NewSegmenter(segment.Config{}, 1)
	if err != nil {
		log.Fatal(err)
	}
	turns := map[int]online.Turn{}
	hear := func(e online.Event) {
		switch e.Kind {
		case online.SpeakerAdded:
			fmt.Println("speaker", e.Speaker)
		case online.TurnStarted, online.TurnEnded, online.TurnRevised:
			turns[e.Turn.ID] = e.Turn
		case online.TurnWithdrawn:
			delete(turns, e.Turn.ID)
		}
	}
	push := func(ev segment.Event) { voices.Push(ev, hear) }
	at := int64(0)
	for _, pitch := range []float64{1.5, -1.5, 1.5, -1.5} {
		for i := range 250 { // two seconds of speech and half a second without
			at += features.Hop
			frame := segment.Frame{Features: []float64{pitch + 4*float64(i%2*2-1)}, Speech: i < 200}
			speech.Push(at, frame, push)
		}
	}
	speech.Flush(at, push)
	voices.Finish(at, hear)
	for id := range 100 {
		if t, ok := turns[id]; ok {
			fmt.Printf("%.1f to %.1f s: speaker %d\n", float64(t.Start)/16000, float64(t.End)/16000, t.Speaker)
		}
	}
	// Output:
	// speaker 1
	// speaker 2
	// 0.0 to 2.0 s: speaker 1
	// 2.5 to 4.5 s: speaker 2
	// 5.0 to 7.0 s: speaker 1
	// 7.5 to 9.5 s: speaker 2
}
