package session

import (
	"errors"
	"testing"
	"time"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/network/modelfile"
	"github.com/seed-7adb9000/diarizer/internal/pipeline"
	"github.com/seed-7adb9000/diarizer/internal/session/correct"
	"github.com/seed-7adb9000/diarizer/internal/testkit/meeting"
	"github.com/seed-7adb9000/diarizer/internal/testkit/natstest"
	"github.com/seed-7adb9000/diarizer/publish"
)

// A second run of a stream is refused while somebody diarizes the stream. It is not refused
// when the first run has ended, or broke off so that nobody diarizes it any more.
func TestAnotherRunGoesOn(t *testing.T) {
	m, err := modelfile.Eigenvoices()
	if err != nil {
		t.Fatal(err)
	}
	nc := natstest.New(t)
	other := natstest.Connect(t, nc.ConnectedUrl())
	if err := publish.EnsureStream(t.Context(), nc, publish.StreamOptions{}); err != nil {
		t.Fatal(err)
	}
	begin := func() error {
		_, err := Run(t.Context(), silence{}, Options{Stream: "meeting", NATS: nc, Pipeline: pipeline.Config{Model: m}})
		return err
	}
	if err := begin(); err != nil {
		t.Errorf("the first run: %v", err)
	}
	if err := begin(); err != nil {
		t.Errorf("after the end of the first: %v", err)
	}
	run := meeting.Events(meeting.Options{Turns: 5})
	for _, e := range run[:10] {
		msg, err := publish.NewMessage(e)
		if err == nil {
			_, err = other.RequestMsg(msg, 30*time.Second)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	stop, err := correct.Serve(other, "meeting", correct.NewDesk(correct.Options{Encoder: &event.Encoder{Stream: "meeting", Run: "run1"}}))
	if err != nil {
		t.Fatal(err)
	}
	if err := other.Flush(); err != nil {
		t.Fatal(err)
	}
	if err := begin(); !errors.Is(err, ErrRunning) {
		t.Errorf("while somebody diarizes it: %v", err)
	}
	stop()
	if err := other.Flush(); err != nil {
		t.Fatal(err)
	}
	if err := begin(); err != nil {
		t.Errorf("when nobody is left: %v", err)
	}
}
