package main

import (
	"bufio"
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/cli/demo"
)

// The voice of a speaker in a meeting that is over is learned from the recording, with the
// turns of a file or of a stream on a server. The next meeting recognises it.
func TestEnrollFromWhatIsOver(t *testing.T) {
	t.Chdir(t.TempDir())
	sound, err := io.ReadAll(demo.Recording())
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, "demo.flac", sound)
	works(t, "run", "--model", "light", "--out", "demo.jsonl", "--out", "demo.rttm", "demo.flac")
	const voices = "voices.json"
	own := func(from string, args ...string) []string {
		return append([]string{"enroll", "--model", "light", "--file=" + voices, "--from", from}, args...)
	}
	works(t, own("demo.jsonl", "--recording", "demo.flac", "Ada", "S1")...)
	if list := works(t, "enroll", "list", "--model", "light", "--file="+voices); !strings.Contains(list, "Ada") || !strings.Contains(list, "demo.flac, S1") {
		t.Errorf("enrolled: %s", list)
	}
	again := works(t, "run", "--model", "light", "--identify="+voices, "--json", "demo.flac")
	if !strings.Contains(again, `"name":"Ada"`) {
		t.Error("Ada is not known again")
	}

	// The same with a stream on a server, by the name that the speaker got there.
	url := natsServer(t)
	var events []event.Event
	data, err := os.ReadFile("demo.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	for lines := bufio.NewScanner(bytes.NewReader(data)); lines.Scan(); {
		e, err := event.Decode(lines.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		events = append(events, e)
	}
	publishTo(t, url, events)
	works(t, "name", "--nats", url, "demo", "S1=Grace Hopper")
	works(t, own("demo", "--nats", url, "--recording", "demo.flac", "Grace", "Grace Hopper")...)

	for want, args := range map[string][]string{
		"demo: no worker diarizes it now":      own("demo", "--nats", url, "X", "S1"),
		"expected one of S1":                   own("demo.jsonl", "--recording", "demo.flac", "X", "S9"),
		"none.rttm: there is no such file":     own("none.rttm", "--recording", "demo.flac", "X", "S1"),
		"2 arguments after the name":           own("demo.jsonl", "--recording", "demo.flac", "X", "S1", "S2"),
		"--recording: expected it with --from": {"enroll", "--model", "light", "--file=" + voices, "--recording", "demo.flac", "X", "demo.flac"},
		"none.flac":                            own("demo.jsonl", "--recording", "none.flac", "X", "S1"),
		"the server keeps no run of it":        own("other", "--nats", url, "--recording", "demo.flac", "X", "S1"),
	} {
		status, _, stderr := diarizer(t.Context(), nil, args...)
		if status == 0 || !strings.Contains(stderr, want) || strings.Count(stderr, "\n") != 1 {
			t.Errorf("%q: status %d, %s, want %s", args, status, stderr, want)
		}
	}
	if left, err := filepath.Glob("*.tmp"); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}
