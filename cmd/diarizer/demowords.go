package main

import (
	"context"
	"fmt"
	"io"

	"github.com/nats-io/nats.go"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/cli/demo"
	"github.com/seed-7adb9000/diarizer/internal/metrics"
	"github.com/seed-7adb9000/diarizer/internal/session/heard"
	"github.com/seed-7adb9000/diarizer/words"
)

// demoLag is the delay between the end of a word and the final result of the demo's
// recogniser, in samples.
const demoLag = 2 * event.Rate

// partialLag is the delay between the end of a word and its partial result, in samples.
const partialLag = event.Rate / 2

// demoRecogniser publishes the words of the demo's script over NATS, as a recogniser beside
// the diarizer would: a few at a time, and some time after they were said. The function that
// it returns is called with the position of the stream, in samples.
func demoRecogniser(ctx context.Context, nc *nats.Conn) func(at int64) {
	const few = 5
	rest := demo.Words()
	length := event.TimeOf(rest[len(rest)-1].End)
	message := heard.Message{Recogniser: "script"}
	partial := heard.Message{Recogniser: "script", Partial: true}
	return func(at int64) {
		defer func() {
			n := len(partial.Words)
			partial.Words = nil
			for _, w := range rest[:min(2*few, len(rest))] {
				if event.TimeOf(w.End)+partialLag <= event.Time(at) {
					partial.Words = append(partial.Words, heardWord(w))
				}
			}
			if len(partial.Words) != n {
				_, _ = heard.Send(ctx, nc, demo.Name, partial) // nothing is lost without it
			}
		}()
		for len(rest) > 0 {
			n := min(few, len(rest))
			last := event.TimeOf(rest[n-1].End)
			if event.Time(at) < min(last+demoLag, length) {
				return
			}
			message.Seq++
			message.Words = nil
			for _, w := range rest[:n] {
				message.Words = append(message.Words, heardWord(w))
			}
			rest = rest[n:]
			message.End = len(rest) == 0
			if _, err := heard.Send(ctx, nc, demo.Name, message); err != nil {
				rest = nil // the run has ended, and its last event says why
			}
		}
	}
}

func heardWord(w words.Said) heard.Word {
	return heard.Word{Text: w.Text, Start: w.Start.Seconds(), End: w.End.Seconds()}
}

// summarizeWords compares the speakers that the words were given with those of the script.
func summarizeWords(w io.Writer, t *event.Timeline) error {
	var ref, hyp []metrics.Word
	for _, s := range demo.Words() {
		ref = append(ref, metrics.Word{Text: s.Text, Speaker: s.Speaker})
	}
	for _, s := range t.Words("script") {
		word := metrics.Word{Text: s.Text}
		if s.Speaker != event.Unknown {
			word.Speaker = s.Speaker.String()
		}
		hyp = append(hyp, word)
	}
	score, err := metrics.CompareWords(ref, hyp)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "WDER %.1f %%: %d of %d words have another speaker than theirs\n", score.WDER(), score.Elsewhere, score.Reference)
	return err
}
