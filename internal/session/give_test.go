package session_test

import (
	"context"
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
	"github.com/seed-7adb9000/diarizer/internal/testkit/natstest"
	"github.com/seed-7adb9000/diarizer/online"
)

// Of a room that is said to have two people, somebody who is two is split while it goes
// on: the second one is told apart from then on.
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
	var at int64 // when it was split
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
				time.Sleep(5 * time.Millisecond) // so that there is a stream left to be split
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
