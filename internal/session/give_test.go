package session_test

import (
	"context"
	"reflect"
	"sync"
	"testing"
	"time"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/cli/demo"
	"github.com/seed-7adb9000/diarizer/internal/network/modelfile"
	"github.com/seed-7adb9000/diarizer/internal/pipeline"
	"github.com/seed-7adb9000/diarizer/internal/session"
	"github.com/seed-7adb9000/diarizer/internal/session/correct"
	"github.com/seed-7adb9000/diarizer/internal/session/heard"
	"github.com/seed-7adb9000/diarizer/internal/testkit/natstest"
	"github.com/seed-7adb9000/diarizer/online"
	"github.com/seed-7adb9000/diarizer/publish"
)

// A room is said to have two people. One of its speakers is split while the stream goes on,
// and the second person is told apart from then on.
func TestSplitWhileItRuns(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	nc := natstest.New(t)
	m, err := modelfile.Eigenvoices()
	if err != nil {
		t.Fatal(err)
	}
	rec, err := capture.OpenReader(ctx, demo.Recording(), demo.Name, capture.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer rec.Close()
	var mu sync.Mutex
	var tl event.Timeline
	var split sync.WaitGroup
	var at int64 // when the speaker was split
	asking := sync.OnceFunc(func() {
		split.Go(func() {
			for _, who := range []event.Speaker{1, 2} { // one of them is two people
				if _, err := correct.Request(ctx, nc, demo.Name, correct.Correction{Action: correct.Split, Speaker: who}); err == nil {
					mu.Lock()
					at = int64(tl.At())
					mu.Unlock()
					return
				}
			}
			t.Error("nobody was split")
		})
	})
	_, err = session.Run(ctx, rec, session.Options{
		Stream: demo.Name, NATS: nc, Pipeline: pipeline.Config{Model: m, Online: online.Config{Limits: online.Limits{Max: 2}}},
		OnEvent: func(e event.Event) error {
			mu.Lock()
			defer mu.Unlock()
			return tl.Apply(e)
		},
		OnProgress: func(heard int64) {
			if heard > 40*capture.Rate {
				asking()
				time.Sleep(5 * time.Millisecond) // so that the stream has not ended before the split
			}
		},
	})
	split.Wait()
	if err != nil {
		t.Fatal(err)
	}
	before, after := 0, 0
	for _, turn := range tl.Turns() {
		if turn.Speaker != 3 {
			continue
		}
		if int64(turn.Start) < at {
			before++
		} else {
			after++
		}
	}
	if before == 0 || after == 0 {
		t.Errorf("split at %.1f s: the second one has %d turns from before and %d from after it", event.Time(at).Seconds(), before, after)
	}
}

// A part of a turn is given away while the stream goes on. The part stays given, whatever
// the clustering decides later; the word in it goes along; a subscriber that reads the
// events later has the same turns.
func TestGivePartWhileItRuns(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	nc := natstest.New(t)
	m, err := modelfile.Eigenvoices()
	if err != nil {
		t.Fatal(err)
	}
	if err := publish.EnsureStream(ctx, nc, publish.StreamOptions{}); err != nil {
		t.Fatal(err)
	}
	rec, err := capture.OpenReader(ctx, demo.Recording(), demo.Name, capture.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer rec.Close()
	var mu sync.Mutex
	var tl event.Timeline
	var hear func(heard.Message) (heard.Reply, error)
	var part correct.Correction
	give := func() {
		mu.Lock()
		for _, turn := range tl.Turns() {
			if !tl.Open(turn.ID) && turn.Speaker == 1 && turn.End-turn.Start > 2*event.Rate {
				part = correct.Correction{Action: correct.Give, Turns: []int{turn.ID}, Start: turn.Start + event.Rate/2, End: turn.Start + 3*event.Rate/2}
				break
			}
		}
		mu.Unlock()
		middle := (part.Start + event.Rate/2).Seconds()
		if _, err := hear(heard.Message{End: true, Words: []heard.Word{{Text: "word", Start: middle - 0.1, End: middle + 0.1}}}); err != nil {
			t.Error(err)
		}
		if _, err := correct.Request(ctx, nc, demo.Name, part); err != nil {
			t.Error(err)
		}
	}
	var giving sync.WaitGroup
	once := sync.OnceFunc(func() { giving.Go(give) })
	final, err := session.Run(ctx, rec, session.Options{
		Stream: demo.Name, NATS: nc, Pipeline: pipeline.Config{Model: m},
		OnWords: func(h func(heard.Message) (heard.Reply, error)) { hear = h },
		OnEvent: func(e event.Event) error {
			mu.Lock()
			defer mu.Unlock()
			return tl.Apply(e)
		},
		OnProgress: func(at int64) {
			if at > 20*capture.Rate {
				once()
				time.Sleep(2 * time.Millisecond) // so that the stream has not ended before the correction
			}
		},
	})
	giving.Wait()
	if err != nil {
		t.Fatal(err)
	}
	var late event.Timeline
	for msg, err := range publish.Subscribe(ctx, nc, publish.SubscribeOptions{Streams: []string{demo.Name}}) {
		if err != nil {
			t.Fatal(err)
		}
		if err := late.Apply(msg.Event); err != nil {
			t.Fatal(err)
		}
		if msg.Pending == 0 {
			break
		}
	}
	if !reflect.DeepEqual(late.Segments(), final.Segments()) {
		t.Errorf("read later:\n%v\nwant\n%v", late.Segments(), final.Segments())
	}
	list := late.Words("words")
	if len(list) != 1 || list[0].Speaker == 1 || list[0].Speaker == event.Unknown {
		t.Fatalf("words %+v", list)
	}
	for at := part.Start + event.Rate/10; at < part.End-event.Rate/10; at += event.Rate / 20 {
		turns := late.Between(at, at+1)
		if len(turns) != 1 || turns[0].Speaker != list[0].Speaker || turns[0].Confidence != 1 {
			t.Fatalf("at %v: %+v, want %s", at.Seconds(), turns, list[0].Speaker)
		}
	}
	for _, at := range []event.Time{part.Start - event.Rate/10, part.End + event.Rate/10} {
		for _, turn := range late.Between(at, at+1) {
			if turn.Speaker == list[0].Speaker {
				t.Errorf("at %v, which was not given: %+v", at.Seconds(), turn)
			}
		}
	}
}
