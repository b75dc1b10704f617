package session_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/cli/demo"
	"github.com/seed-7adb9000/diarizer/internal/network/modelfile"
	"github.com/seed-7adb9000/diarizer/internal/pipeline"
	"github.com/seed-7adb9000/diarizer/internal/session"
	"github.com/seed-7adb9000/diarizer/internal/session/correct"
	"github.com/seed-7adb9000/diarizer/internal/session/heard"
	"github.com/seed-7adb9000/diarizer/internal/session/said"
	"github.com/seed-7adb9000/diarizer/internal/testkit/natstest"
	"github.com/seed-7adb9000/diarizer/publish"
	"github.com/seed-7adb9000/diarizer/words"
)

// patience ends a test that hangs. Nothing is timed by it.
const patience = 2 * time.Minute

// script is the words of the demo.
func script() []words.Word {
	var list []words.Word
	for _, w := range demo.Words() {
		list = append(list, w.Word)
	}
	return list
}

// messages cuts words into messages of one sentence each.
func messages(list []words.Word) []heard.Message {
	var out []heard.Message
	m := heard.Message{Recogniser: "script"}
	for _, w := range list {
		m.Words = append(m.Words, heard.Word{Text: w.Text, Start: w.Start.Seconds(), End: w.End.Seconds()})
		if strings.HasSuffix(w.Text, ".") || strings.HasSuffix(w.Text, "?") {
			m.Seq++
			out = append(out, m)
			m.Words = nil
		}
	}
	return out
}

// runDemo diarizes the demo and calls at while it runs.
func runDemo(t *testing.T, ctx context.Context, nc *nats.Conn, opts session.Options, at func(samples int64)) (*event.Timeline, error) {
	t.Helper()
	m, err := modelfile.Eigenvoices()
	if err != nil {
		t.Fatal(err)
	}
	rec, err := capture.OpenReader(ctx, demo.Recording(), demo.Name, capture.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer rec.Close()
	opts.Stream, opts.Pipeline, opts.NATS, opts.OnProgress = demo.Name, pipeline.Config{Model: m}, nc, at
	return session.Run(ctx, rec, opts)
}

// Words arrive two seconds after they were said, and the last ones after the sound is over.
// Their speakers change with the turns, by decisions of the clustering and by corrections
// of people. In the end they are what a join of all words with the final turns says. A
// subscriber that reads the stream later has the same.
func TestWordsWhileItRuns(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	nc := natstest.New(t)
	list := script()
	rest := messages(list)
	var events []event.Event
	opts := session.Options{OnEvent: func(e event.Event) error { events = append(events, e); return nil }}
	renamed := false
	send := func(m heard.Message) {
		if reply, err := heard.Send(ctx, nc, demo.Name, m); err != nil || reply.Words != len(m.Words) {
			t.Errorf("%+v, %v", reply, err)
		}
	}
	tl, err := runDemo(t, ctx, nc, opts, func(at int64) {
		for len(rest) > 1 && rest[0].Words[0].Start+2 < float64(at)/capture.Rate {
			send(rest[0])
			rest = rest[1:]
		}
		if !renamed && at > 50*capture.Rate {
			renamed = true
			if _, err := correct.Request(ctx, nc, demo.Name, correct.Correction{Action: correct.Rename, Speaker: 1, Name: "Mara"}); err != nil {
				t.Error(err)
			}
		}
		if len(rest) == 1 && at >= int64(70.4*capture.Rate) { // the end is near
			last := rest[0]
			last.End = true
			rest = nil
			go send(last)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if tl.Ended() == nil || events[len(events)-1].Kind != event.StreamEnded {
		t.Errorf("the last event is %v", events[len(events)-1].Kind)
	}
	want, err := words.Join(list, said.Turns(tl))
	if err != nil {
		t.Fatal(err)
	}
	got := tl.Words("script")
	if len(got) != len(want) {
		t.Fatalf("%d words, want %d", len(got), len(want))
	}
	for i, w := range want {
		if got[i].Text != w.Text || got[i].Speaker.String() != w.Speaker {
			t.Errorf("word %d: %+v, want %q by %s", i, got[i], w.Text, w.Speaker)
		}
	}
	if tl.Name(got[0].Speaker) != "Mara" {
		t.Errorf("the first word is by %s", tl.Name(got[0].Speaker))
	}
	revised := 0
	seen := map[int]bool{}
	for _, e := range events {
		if e.Kind != event.WordsAttributed {
			continue
		}
		for _, w := range e.Words.List {
			if seen[w.ID] {
				revised++
			}
			seen[w.ID] = true
		}
	}
	if revised == 0 {
		t.Error("no word was corrected: expected some where turns were")
	}
	late := follow(t, ctx, nc)
	if !slices.Equal(late.Words("script"), got) {
		t.Error("a late subscriber has other words")
	}
}

// follow reads the demo's stream from the server to the end of the stream.
func follow(t *testing.T, ctx context.Context, nc *nats.Conn) *event.Timeline {
	t.Helper()
	tl := new(event.Timeline)
	for m, err := range publish.Subscribe(ctx, nc, publish.SubscribeOptions{Streams: []string{demo.Name}}) {
		if err != nil {
			t.Fatal(err)
		}
		if err := tl.Apply(m.Event); err != nil {
			t.Fatal(err)
		}
		if tl.Ended() != nil {
			break
		}
	}
	return tl
}

// A recogniser that never ends delays a run for a bounded time. A recogniser whose stream
// is over is told so.
func TestWordsNeedNotEnd(t *testing.T) {
	nc := natstest.New(t)
	first := messages(script())[0]
	sent := false
	tl, err := runDemo(t, t.Context(), nc, session.Options{WordsWithin: time.Millisecond}, func(at int64) {
		if !sent && at > 5*capture.Rate {
			sent = true
			if _, err := heard.Send(t.Context(), nc, demo.Name, first); err != nil {
				t.Error(err)
			}
		}
	})
	if err != nil || len(tl.Words("script")) != len(first.Words) {
		t.Errorf("%v, %d words", err, len(tl.Words("script")))
	}
	if _, err := heard.Send(t.Context(), nc, demo.Name, first); !errors.Is(err, heard.ErrNobody) {
		t.Errorf("after the end: %v", err)
	}
	if _, err := heard.Send(t.Context(), nc, demo.Name, heard.Message{}); !errors.Is(err, heard.ErrMalformed) {
		t.Errorf("nothing sent: %v", err)
	}
}

// Without a server, words are handed to the run itself. Malformed words are an error, and
// so are words of another run.
func TestWordsWithoutAServer(t *testing.T) {
	var hear func(heard.Message) (heard.Reply, error)
	var run string
	var origin time.Time
	opts := session.Options{WordsWithin: time.Millisecond, OnWords: func(h func(heard.Message) (heard.Reply, error)) { hear = h },
		OnEvent: func(e event.Event) error {
			if run = e.Run; e.Kind == event.StreamStarted {
				origin = e.Source.Origin
			}
			return nil
		}}
	list := messages(script())
	said := 0
	tl, err := runDemo(t, t.Context(), nil, opts, func(at int64) {
		if said++; said != 20 {
			return
		}
		m := list[0]
		m.Run = run
		if _, err := hear(m); err != nil {
			t.Error(err)
		}
		m.Run = "other"
		if _, err := hear(m); !errors.Is(err, heard.ErrRefused) {
			t.Errorf("of another run: %v", err)
		}
		early := heard.Message{Recogniser: "early", Origin: origin.Add(-time.Minute), Words: []heard.Word{{Text: "before", Start: 1, End: 2}, {Text: "in", Start: 61, End: 62}}}
		if reply, err := hear(early); err != nil || reply.Words != 1 {
			t.Errorf("one word in the stream and one before it: %+v, %v", reply, err)
		}
	})
	if err != nil || len(tl.Words("script")) != len(list[0].Words) {
		t.Errorf("%v, %d words", err, len(tl.Words("script")))
	}
	if _, err := hear(list[1]); !errors.Is(err, correct.ErrRefused) {
		t.Errorf("after the end: %v", err)
	}
}
