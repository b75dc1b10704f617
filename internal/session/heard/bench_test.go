package heard

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/online"
)

// BenchmarkRoom is three hours of words while turns change: three words a second, a message
// every two seconds, and the state written down every ten seconds, as a worker does.
func BenchmarkRoom(b *testing.B) {
	const hours = 3 * 3600
	var words, told, bytes int
	for b.Loop() {
		words, told = 0, 0
		var room Room
		enc := event.Encoder{Stream: "s", Run: "r"}
		room.Follow(enc.Start(event.Source{}))
		rng := rand.New(rand.NewPCG(1, 2))
		turn := online.Turn{ID: 1, Speaker: 1}
		var state []byte
		for second := range int64(hours) {
			at := second * event.Rate
			turn.End = at
			tell := func(kind online.Kind) {
				for _, w := range room.Follow(online.Encode(&enc, online.Event{Kind: kind, At: at, Turn: turn})) {
					told += len(w.List)
				}
			}
			tell(online.TurnUpdated)
			if second%4 == 3 {
				tell(online.TurnEnded)
				if rng.IntN(10) == 0 {
					turn.Speaker = 1 + rng.IntN(4)
					tell(online.TurnRevised)
				}
				turn = online.Turn{ID: turn.ID + 1, Speaker: 1 + rng.IntN(4), Start: at}
			}
			if second%2 == 1 {
				m := Message{Seq: uint64(second)}
				for i := range 6 {
					start := float64(second) - 2 + float64(i)/3
					m.Words = append(m.Words, Word{Text: fmt.Sprintf("word%d,", i), Start: max(0, start), End: max(0, start+0.3)})
				}
				changes, _, err := room.Hear(m)
				if err != nil {
					b.Fatal(err)
				}
				words += len(m.Words)
				for _, w := range changes {
					told += len(w.List)
				}
			}
			if second%10 == 9 {
				state, _ = room.AppendBinary(state[:0])
				bytes = len(state)
			}
		}
	}
	b.ReportMetric(float64(words), "words")
	b.ReportMetric(float64(told)/float64(words), "told/word")
	b.ReportMetric(float64(bytes), "state-bytes")
	b.ReportMetric(100*b.Elapsed().Seconds()/float64(b.N)/hours, "%core")
}
