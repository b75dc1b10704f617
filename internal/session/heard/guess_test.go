package heard

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/testkit/natstest"
)

func TestGuess(t *testing.T) {
	origin := time.Date(2026, 3, 2, 9, 30, 0, 0, time.UTC)
	m := Message{Recogniser: "r", Partial: true, Origin: origin.Add(10 * time.Second), Words: []Word{{Text: "good", Start: 1, End: 1.5}, {Text: "day", Start: 1.5, End: 2}}}
	g, ok := m.Guess("s", "run", origin)
	if !ok || g.Text != "good day" || g.Start != 11*event.Rate || g.End != 12*event.Rate || g.Recogniser != "r" {
		t.Errorf("%+v, %v", g, ok)
	}
	m.Run = "another"
	if _, ok := m.Guess("s", "run", origin); ok {
		t.Error("words of another run are guessed at")
	}
	if _, ok := (Message{Words: m.Words}).Guess("s", "run", origin); ok {
		t.Error("words that are sure are guessed at")
	}
	if g, ok := (Message{Partial: true}).Guess("s", "run", origin); !ok || g.Text != "" {
		t.Errorf("no words any more: %+v, %v", g, ok)
	}
	long := Message{Partial: true}
	for range 50 {
		long.Words = append(long.Words, Word{Text: strings.Repeat("ü", 20)})
	}
	if g, _ := long.Guess("s", "run", origin); len(g.Text) > mostGuessed+4 || !utf8.ValidString(g.Text) {
		t.Errorf("%d bytes: %q", len(g.Text), g.Text)
	}
}

// A subscriber gets the partial words of all streams, and nothing else.
func TestSubscribe(t *testing.T) {
	nc := natstest.New(t)
	got := make(chan string, 9)
	stop, err := Subscribe(nc, func(stream string, m Message) { got <- stream + " " + m.Words[0].Text })
	if err != nil {
		t.Fatal(err)
	}
	for subject, text := range map[string]string{
		Subject("a"): `nonsense`, Subject("b"): `{"words":[{"text":"sure","start":0,"end":1}]}`, Subject("c"): `{"partial":true,"words":[{"text":"may","start":0,"end":1}]}`,
	} {
		if err := nc.Publish(subject, []byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := nc.Flush(); err != nil {
		t.Fatal(err)
	}
	if who := <-got; who != "c may" {
		t.Error(who)
	}
	stop()
	if len(got) > 0 {
		t.Errorf("and %s", <-got)
	}
}
