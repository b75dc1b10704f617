package main

import (
	"cmp"
	"fmt"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/session/heard"
	"github.com/seed-7adb9000/diarizer/internal/session/said"
	"github.com/seed-7adb9000/diarizer/internal/show/board"
	"github.com/seed-7adb9000/diarizer/words"
)

// spoken returns the events with words in between, which two recognisers hear some time
// after they were said: one word for every second of every turn.
func spoken(events []event.Event) ([]event.Event, error) {
	const lag = 2 * event.Rate
	var all []event.Event
	var room heard.Room
	enc := event.Encoder{}
	tell := func(at event.Time, changes []event.Words) {
		for _, w := range changes {
			all = append(all, enc.Words(int64(at), w))
		}
	}
	var rest []event.Turn
	for _, e := range events {
		enc.Stream, enc.Run, enc.Revision = e.Stream, e.Run, e.Revision
		for len(rest) > 0 && (rest[0].End+lag < e.At || e.Kind == event.StreamEnded) {
			turn := rest[0]
			rest = rest[1:]
			for _, who := range []string{"one", "two"} {
				m := heard.Message{Recogniser: who}
				for at := turn.Start; at < turn.End; at += event.Rate {
					text := fmt.Sprintf("word%d", int(at.Seconds()))
					m.Words = append(m.Words, heard.Word{Text: text, Start: at.Seconds(), End: (at + event.Rate/3).Seconds(), Line: at == turn.Start})
				}
				if len(m.Words) == 0 {
					continue
				}
				changes, _, err := room.Hear(m)
				if err != nil {
					return nil, err
				}
				tell(e.At, changes)
			}
		}
		if e.Kind == event.TurnEnded {
			rest = append(rest, *e.Turn)
		}
		enc.Seq++
		e.Seq = enc.Seq
		all = append(all, e)
		tell(e.At, room.Follow(e))
	}
	return all, nil
}

// linesOf returns the lines of what the first recogniser has heard: the speaker and the
// number of words.
func linesOf(b *board.Board) [][]any {
	lines := [][]any{}
	if all := b.Said(); len(all) > 0 {
		for _, s := range words.Segments(said.Words(all[0].Words)) {
			lines = append(lines, []any{cmp.Or(s.Speaker, event.Unknown.String()), len(s.Words)})
		}
	}
	return lines
}
