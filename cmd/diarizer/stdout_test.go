//go:build unix

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-7adb9000/diarizer/internal/cli"
)

// readOne starts the program with these arguments, reads one byte of its standard output,
// closes the pipe and waits for the end of the program.
func readOne(t *testing.T, args ...string) *child {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	c := startChild(t, func(c *exec.Cmd) { c.Stdout = w }, args...)
	w.Close()
	if _, err := r.Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	r.Close()
	_ = c.Wait()
	return c
}

// When the reader of standard output goes, a command that does nothing else ends with the
// status of a filter that a broken pipe has ended, and complains of nothing.
func TestReaderGoesAway(t *testing.T) {
	url := natsServer(t)
	publishTo(t, url, talk("standup", "run1", 2000))
	for _, args := range []string{
		"replay --model light --nats off --speed 30 long.wav",
		"watch --nats " + url,
		"watch --until-end --format csv --nats " + url,
		"convert long.rttm rttm:-",
	} {
		t.Run(args, func(t *testing.T) {
			words := strings.Fields(args)
			if words[0] == "convert" {
				path := filepath.Join(t.TempDir(), "long.rttm")
				writeFile(t, path, []byte(strings.Repeat("SPEAKER a 1 0 1 <NA> <NA> S1 <NA> <NA>\n", 5000)))
				words[1] = path
			}
			c := readOne(t, words...)
			if status := c.ProcessState.ExitCode(); status != cli.ExitReaderGone || strings.Contains(c.stderr.String(), "diarizer: ") || strings.Contains(c.stderr.String(), "--out") {
				t.Errorf("status %d, expected %d: %s", status, cli.ExitReaderGone, c.stderr)
			}
		})
	}
}

// When the reader of standard output goes, a command that writes files completes them, and
// that is all that it was asked for.
func TestReaderGoesAwayFilesAreComplete(t *testing.T) {
	c := readOne(t, "replay", "--model", "light", "--nats", "off", "--speed", "max", "--rttm", "new.rttm", "long.wav")
	if status := c.ProcessState.ExitCode(); status != 0 || strings.Contains(c.stderr.String(), "diarizer: ") {
		t.Errorf("status %d, expected 0: %s", status, c.stderr)
	}
	if _, turns := readRTTM(t, filepath.Join(c.dir, "new.rttm")); !strings.Contains(turns["long"], "S1") {
		t.Errorf("turns %v", turns)
	}
	url := natsServer(t)
	events := talk("standup", "run1", 2000)
	publishTo(t, url, events)
	c = readOne(t, "watch", "--nats", url, "--stream", "standup", "--until-end", "--rttm", "new.rttm", "--out", "new.jsonl")
	if status := c.ProcessState.ExitCode(); status != 0 || strings.Contains(c.stderr.String(), "diarizer: ") {
		t.Errorf("watch: status %d, expected 0: %s", status, c.stderr)
	}
	if got := read(t, filepath.Join(c.dir, "new.rttm")); got != written(t, events) {
		t.Errorf("watch wrote %d bytes, expected %d", len(got), len(written(t, events)))
	}
	if got := strings.Count(read(t, filepath.Join(c.dir, "new.jsonl")), "\n"); got != len(events) {
		t.Errorf("watch wrote %d events, expected %d", got, len(events))
	}
}
