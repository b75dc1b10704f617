package main

import (
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/session/correct"
	"github.com/seed-7adb9000/diarizer/internal/testkit/meeting"
	"github.com/seed-7adb9000/diarizer/internal/testkit/natstest"
	"github.com/seed-7adb9000/diarizer/publish"
)

// Workers answer corrections of streams that ended before and after the start of the worker,
// until the time of --keep is over or a new run begins.
func TestStreamsAreKeptOpen(t *testing.T) {
	ctx := t.Context()
	nc := natstest.New(t)
	if err := publish.EnsureStream(ctx, nc, publish.StreamOptions{}); err != nil {
		t.Fatal(err)
	}
	say := func(events ...event.Event) {
		t.Helper()
		for _, e := range events {
			msg, err := publish.NewMessage(e)
			if err == nil {
				_, err = nc.RequestMsg(msg, 5*time.Second)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	say(meeting.Events(meeting.Options{Stream: "before", Run: "run1", Turns: 5})...)
	for range 2 { // two workers
		stop, err := keepOpen(ctx, nc, time.Hour, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		defer stop()
	}
	say(meeting.Events(meeting.Options{Stream: "after", Run: "run2", Turns: 5})...)
	for _, stream := range []string{"before", "after"} {
		_, err := correct.Request(ctx, nc, stream, correct.Correction{Action: correct.Rename, Speaker: 1, Name: "Ada"})
		if err != nil {
			t.Errorf("%s: %v", stream, err)
		}
		late, _, err := correct.Read(ctx, nc, stream)
		if err != nil || late.Timeline().Name(1) != "Ada" {
			t.Errorf("%s: %v", stream, err)
		}
	}
	if _, err := correct.Request(ctx, nc, "none", correct.Correction{Action: correct.Undo}); !errors.Is(err, correct.ErrNobody) {
		t.Errorf("a stream that is not there: %v", err)
	}
	say(meeting.Events(meeting.Options{Stream: "after", Run: "run3", Turns: 5})[:3]...)
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		_, err := correct.Request(ctx, nc, "after", correct.Correction{Action: correct.Undo})
		if errors.Is(err, correct.ErrNobody) {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("a new run: %v", err)
		}
	}
	stop, err := keepOpen(ctx, nc, time.Nanosecond, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	stop()
}
