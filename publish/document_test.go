package publish

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/testkit/eventtest"
	"github.com/seed-7adb9000/diarizer/publish/natsd"
)

// The program in docs/events.md is compiled and prints the turns of a stream.
func TestProgramInTheDocument(t *testing.T) {
	doc, err := os.ReadFile("../docs/events.md")
	if err != nil {
		t.Fatal(err)
	}
	code := regexp.MustCompile("(?s)```go\n(.*?)```").FindSubmatch(doc)
	if code == nil {
		t.Fatal("docs/events.md has no program")
	}
	file := filepath.Join(t.TempDir(), "main.go")
	if err := os.WriteFile(file, code[1], 0o600); err != nil {
		t.Fatal(err)
	}
	s := serve(t, natsd.Options{})
	events := eventtest.Encoded(eventtest.Seeded(97), "meeting", 30)
	broken := eventtest.Encoded(eventtest.Seeded(98), "meeting", 3)
	for i := range broken {
		broken[i].Run = "broken"
	}
	publishAll(t, dial(t, s.URL()), broken[:len(broken)-1]) // a run that broke off
	publishAll(t, dial(t, s.URL()), events)
	publishAll(t, dial(t, s.URL()), broken[len(broken)-1:]) // what its machine had kept
	var timeline event.Timeline
	eventtest.ApplyAll(t, timeline.Apply, events)
	var want bytes.Buffer
	for _, turn := range timeline.Turns() {
		fmt.Fprintf(&want, "%.3f %.3f %s\n", turn.Start.Seconds(), turn.End.Seconds(), timeline.Name(turn.Speaker))
	}
	cmd := exec.CommandContext(patient(t), "go", "run", file, s.URL(), "meeting")
	cmd.Stderr = os.Stderr
	got, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want.Bytes()) {
		t.Errorf("it prints\n%s\ninstead of\n%s", got, want.Bytes())
	}
}
