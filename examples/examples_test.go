package examples

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/event/rttm"
	"github.com/seed-7adb9000/diarizer/internal/session/correct"
	"github.com/seed-7adb9000/diarizer/internal/testkit/meeting"
	"github.com/seed-7adb9000/diarizer/internal/testkit/needs"
	"github.com/seed-7adb9000/diarizer/publish"
	"github.com/seed-7adb9000/diarizer/publish/natsd"
)

// patience ends a test that hangs; nothing is timed by it.
const patience = 2 * time.Minute

// publishing sends events to a server, of which the first are there on return.
func publishing(t *testing.T, nc *nats.Conn, events []event.Event, first int) (rest func()) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	p, err := publish.NewPublisher(nc, publish.PublisherOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Close(ctx) })
	send := func(events []event.Event, wait func(context.Context) error) {
		for _, e := range events {
			if err := p.Publish(e); err != nil {
				t.Fatal(err)
			}
		}
		if err := wait(ctx); err != nil {
			t.Fatal(err)
		}
	}
	send(events[:first], p.Flush)
	return func() { send(events[first:], p.Close) }
}

// served is a NATS server of the test's own and a connection to it.
func served(t *testing.T) (*natsd.Server, *nats.Conn) {
	t.Helper()
	s, err := natsd.Start(t.Context(), natsd.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	nc, err := publish.Connect(t.Context(), s.URL(), publish.ConnectOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	return s, nc
}

// A subscriber joins in the middle of the second run of its stream, with
// another stream beside it, and prints the RTTM that the publisher would write.
func testSubscriber(t *testing.T, command func(ctx context.Context, url string) *exec.Cmd) {
	t.Helper()
	s, nc := served(t)
	events := meeting.Events(meeting.Options{Stream: "standup", Run: "run2", Seed: 3, Turns: 120, Names: []string{"Änne Böll", "Bo", "Cy"}})
	before := meeting.Events(meeting.Options{Stream: "standup", Run: "run1", Seed: 4})
	publishing(t, nc, before, len(before)/2) // it broke off
	other := meeting.Events(meeting.Options{Stream: "lecture", Run: "run3", Seed: 5})
	publishing(t, nc, other, len(other))()
	rest := publishing(t, nc, events, len(events)/2)

	var timeline event.Timeline
	for _, e := range events {
		if err := timeline.Apply(e); err != nil {
			t.Fatal(err)
		}
	}
	var want bytes.Buffer
	if err := rttm.Write(&want, timeline.Segments()); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := command(ctx, s.URL())
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	rest()
	if err := cmd.Wait(); err != nil {
		t.Fatalf("%v\n%s", err, &stderr)
	}
	if stdout.String() != want.String() {
		t.Errorf("printed\n%sexpected\n%s", &stdout, &want)
	}

	// Whoever comes after a correction of the run that is over has it too.
	_, corrected, err := correct.After(ctx, nc, "standup", correct.Correction{Action: correct.Merge, Speaker: 2, Into: 1}, nil)
	if err != nil {
		t.Fatal(err)
	}
	want.Reset()
	if err := rttm.Write(&want, corrected.Segments()); err != nil {
		t.Fatal(err)
	}
	late, err := command(ctx, s.URL()).Output()
	if err != nil || string(late) != want.String() {
		t.Errorf("%v, after a correction printed\n%sexpected\n%s", err, late, &want)
	}
}

func TestPython(t *testing.T) {
	python := needs.Tool(t, "python3")
	testSubscriber(t, func(ctx context.Context, url string) *exec.Cmd {
		return exec.CommandContext(ctx, python, "subscribe.py", strings.TrimPrefix(url, "nats://"), "standup")
	})
}

// javaScript finds node with a client of NATS.
func javaScript(t *testing.T) string {
	t.Helper()
	node := needs.Tool(t, "node")
	if _, err := os.Stat("node_modules"); err != nil {
		needs.Missing(t, "no NATS client for JavaScript: make deps, or npm ci in examples")
	}
	return node
}

func TestJavaScript(t *testing.T) {
	node := javaScript(t)
	testSubscriber(t, func(ctx context.Context, url string) *exec.Cmd {
		return exec.CommandContext(ctx, node, "subscribe.mjs", url, "standup")
	})
}
