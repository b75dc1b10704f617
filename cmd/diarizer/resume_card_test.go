//go:build portaudio && cgo

package main

import (
	"bytes"
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/internal/testkit/soundcard"
)

// A program is killed while it listens. Another one goes on with the session and the same
// speakers, and tells how much was missed.
func TestListenGoesOnWhereItWasKilled(t *testing.T) {
	defer goleak.VerifyNone(t)
	card := soundcard.Start(t)
	dir := t.TempDir()
	t.Setenv("XDG_STATE_HOME", dir)
	samples := demoSamples(t, 36)
	before, after := filepath.Join(dir, "before.wav"), filepath.Join(dir, "after.wav")
	writeCardWAV(t, before, convert(t, capture.Rate, cardRate, samples[:12*capture.Rate]))
	writeCardWAV(t, after, convert(t, capture.Rate, cardRate, samples[28*capture.Rate:]))

	alive, end := context.WithTimeout(t.Context(), time.Minute)
	defer end()
	killed := exec.CommandContext(alive, os.Args[0], "listen", "--model", "light", "--nats", "off", "--stream", "standup", "--title", "Stand-up")
	out := &sayer{said: make(chan string, 1)}
	killed.Env, killed.Stdout, killed.Stderr = append(os.Environ(), asProgram+"=1"), struct{ io.Writer }{out}, os.Stderr
	if err := killed.Start(); err != nil {
		t.Fatal(err)
	}
	select {
	case <-out.said:
	case <-alive.Done():
		t.Fatal("it does not listen")
	}
	if err := card.Play(before); err != nil {
		t.Error(err)
	}
	_ = killed.Process.Kill()
	_ = killed.Wait() // it was killed

	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	errs, live := new(bytes.Buffer), filepath.Join(dir, "live.rttm")
	out = &sayer{said: make(chan string, 1)}
	status := make(chan int)
	go func() {
		status <- run(ctx, strings.Fields("listen --nats off --resume standup --rttm "+live), nil, out, errs)
	}()
	select {
	case <-out.said:
	case s := <-status:
		t.Fatalf("status %d: %s", s, errs)
	}
	if err := card.Play(after); err != nil {
		t.Error(err)
	}
	time.Sleep(1500 * time.Millisecond) // until the last sound has been heard
	cancel()
	if s := <-status; s != exitInterrupted {
		t.Fatalf("status %d, want %d; standard error: %s", s, exitInterrupted, errs)
	}
	if !strings.Contains(errs.String(), "going on with standup, ") || !strings.Contains(errs.String(), "were missed") {
		t.Errorf("standard error: %s", errs)
	}
	first, last := map[string]float64{}, map[string]float64{}
	for _, s := range segmentsIn(t, live) {
		if s.File != "Stand-up" {
			t.Fatalf("a turn of %q", s.File)
		}
		if s.Start < 11 {
			first[s.Speaker] += s.End - s.Start
		} else if s.Start > 13 {
			last[s.Speaker] += s.End - s.Start
		}
	}
	t.Logf("%v before, %v after\n%s\n%s", first, last, out, errs)
	known, all := 0.0, 0.0
	for name, talk := range last {
		if all += talk; first[name] > 0 {
			known += talk
		}
	}
	if len(first) < 2 || known < 0.7*all || all < 4 {
		t.Errorf("%v before, %v after: expected the same speakers", first, last)
	}
}
