package main

import (
	"context"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-7adb9000/diarizer/capture/natsaudio"
	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/event/rttm"
)

// TestReplayFromNATSStops: Ctrl-C and silence end a wait.
func TestReplayFromNATSStops(t *testing.T) {
	noLeak(t)
	url := natsServer(t)
	ctx, cancel := context.WithCancel(t.Context())
	subject := natsaudio.Subject("quiet")
	_, wait := listening(ctx, t, url, subject)
	cancel()
	if status := wait(); status != exitInterrupted {
		t.Errorf("interrupted: status %d", status)
	}
	said, wait := listening(t.Context(), t, url, subject, "--idle", "50ms")
	if status := wait(); status != 1 || !strings.Contains(said.String(), "without a packet of sound") {
		t.Errorf("nothing came: status %d, %s", status, said)
	}
}

// A command that fails before it hears anything leaves older files as they are.
func TestReplayFromNATSFailsAtOnce(t *testing.T) {
	noLeak(t)
	url := natsServer(t)
	older := writeFile(t, filepath.Join(t.TempDir(), "m.rttm"), []byte("older"))
	status, _, stderr := diarizer(t.Context(), nil, "replay", "--nats", url, "--model", "light", "--from-nats", natsaudio.Subject("quiet"),
		"--speech", "none.rttm", "--force", "--rttm", older)
	if got := read(t, older); status != exitInput || got != "older" {
		t.Errorf("status %d, %s, and there is %q", status, stderr, got)
	}
}

// TestReplayFollow: a sender that stops and begins again goes on in the same
// stream, with the same speakers, after a gap as long as it was away.
func TestReplayFollow(t *testing.T) {
	noLeak(t)
	url := natsServer(t)
	dir := t.TempDir()
	wav := writeFile(t, filepath.Join(dir, "a.wav"), wavBytes(demoSamples(t, 8)))
	out := filepath.Join(dir, "out.rttm")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	said, wait := listening(ctx, t, url, natsaudio.Subject("a"), "--follow", "--json", "--idle", "6s", "--rttm", out)
	for range 2 {
		if status, _, stderr := diarizer(t.Context(), nil, "send", "--nats", url, "--speed", "20", wav); status != 0 {
			t.Fatalf("status %d, %s", status, stderr)
		}
	}
	if status := wait(); status != 0 {
		t.Fatalf("status %d, %s", status, said)
	}
	var speakers []event.Speaker
	var end event.Time
	for line := range strings.Lines(said.String()) {
		if !strings.HasPrefix(line, "{") {
			continue
		}
		e, err := event.Decode([]byte(line))
		if err != nil {
			t.Fatal(err)
		}
		if e.Kind == event.SpeakerAdded {
			speakers = append(speakers, e.Speaker)
		}
		end = max(end, e.At)
	}
	// The gap between the sessions was shorter than a session, so that the second
	// follows the first at once.
	if end.Seconds() != 16 {
		t.Errorf("ended at %v s", end.Seconds())
	}
	segments, err := rttm.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	before, after := map[string]bool{}, map[string]bool{}
	for _, s := range segments {
		if s.Start < 8 {
			before[s.Speaker] = true
		} else {
			after[s.Speaker] = true
		}
	}
	if len(after) == 0 {
		t.Fatal("nothing of the second session")
	}
	for s := range after {
		if !before[s] {
			t.Errorf("%s is new in the second session, though it is the first again; speakers %v", s, speakers)
		}
	}
}
