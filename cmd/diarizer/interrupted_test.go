package main

import (
	"context"
	"io"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/seed-7adb9000/diarizer/event/rttm"
)

// TestReplayInterrupted: Ctrl-C ends several streams. The file has the turns up to then, and
// the status is that of an interrupted program.
func TestReplayInterrupted(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	dir := t.TempDir()
	samples := demoSamples(t, 30)
	paths := []string{
		writeFile(t, filepath.Join(dir, "a.wav"), wavBytes(samples)),
		writeFile(t, filepath.Join(dir, "b.wav"), wavBytes(samples)),
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	out := filepath.Join(dir, "out.rttm")
	// Interrupted when each stream has a turn.
	w := &watchFor{want: map[string]bool{"a ": true, "b ": true}, found: cancel}
	status := run(ctx, append([]string{"replay", "--nats", "off", "--speed", "2", "--rttm", out}, paths...), nil, w, w)
	if status != exitInterrupted {
		t.Errorf("status %d", status)
	}
	names, _ := readRTTM(t, out)
	if strings.Join(names, " ") != "a b" {
		t.Errorf("turns of %v", names)
	}
	segments, _ := rttm.ReadFile(out)
	for _, s := range segments {
		if s.End >= 30 || s.End <= s.Start {
			t.Errorf("%v of a recording that was left", s)
		}
	}
	if !strings.Contains(w.text.String(), "interrupted at") {
		t.Error(w.text.String())
	}
}

// watchFor calls found when each text that is wanted has begun a line with "S1".
type watchFor struct {
	mu    sync.Mutex
	text  strings.Builder
	want  map[string]bool
	found func()
}

func (w *watchFor) Write(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.text.Write(b)
	for prefix := range w.want {
		if strings.HasPrefix(string(b), prefix) && strings.Contains(string(b), "S1") {
			delete(w.want, prefix)
		}
	}
	if len(w.want) == 0 {
		w.found()
	}
	return len(b), nil
}

// TestReplayInterruptedPipe: a wait for standard input ends too.
func TestReplayInterruptedPipe(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	r, w := io.Pipe()
	ctx, cancel := context.WithCancel(t.Context())
	file := wavBytes(demoSamples(t, 6))
	go func() {
		_, _ = w.Write(file[:len(file)/2]) // the rest never comes
		time.Sleep(3 * time.Second)        // until that has been heard, on a slow machine too
		cancel()
	}()
	out := filepath.Join(t.TempDir(), "out.rttm")
	status, _, stderr := diarizer(ctx, r, "replay", "--nats", "off", "--speed", "max", "--rttm", out, "-")
	if status != exitInterrupted {
		t.Errorf("status %d, %s", status, stderr)
	}
	if names, _ := readRTTM(t, out); len(names) != 1 {
		t.Errorf("turns of %v", names)
	}
	_ = w.Close() // ends the reader's goroutine
}
