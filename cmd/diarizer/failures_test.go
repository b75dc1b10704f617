package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/seed-7adb9000/diarizer/internal/cli"
	"github.com/seed-7adb9000/diarizer/internal/testkit/needs"
	"github.com/seed-7adb9000/diarizer/publish"
)

// A recording that breaks off leaves a part under a name that says so, and the older result.
func TestAFailureKeepsThePart(t *testing.T) {
	wav := soundIn(t, 10)
	writeFile(t, "a.rttm", []byte("old"))
	broken := io.MultiReader(bytes.NewReader(wav[:len(wav)*3/4]), failingReader{errors.New("the cable is out")})
	status, _, stderr := diarizer(t.Context(), broken, "run", "--force", "--rttm", "a.rttm", "--out", "a.csv", "-")
	if status != exitInput || strings.Count(stderr, "the cable is out") != 1 || !strings.Contains(stderr, "what there is of a.rttm is in a.partial.rttm") {
		t.Errorf("status %d, %s", status, stderr)
	}
	if names, _ := readRTTM(t, "a.partial.rttm"); len(names) != 1 {
		t.Errorf("turns of %v", names)
	}
	if got, want := files(t), []string{"a.partial.csv", "a.partial.rttm", "a.rttm", "a.wav"}; !slices.Equal(got, want) || read(t, "a.rttm") != "old" {
		t.Errorf("files %v, expected %v", got, want)
	}
	// Without turns, no file is left.
	if status, _, _ := diarizer(t.Context(), strings.NewReader("no sound\n"), "run", "--rttm", "b.rttm", "-"); status != exitInput {
		t.Errorf("status %d", status)
	}
	if _, err := os.Stat("b.partial.rttm"); err == nil {
		t.Error("a part of nothing")
	}
}

type failingReader struct{ error }

func (f failingReader) Read([]byte) (int, error) { return 0, f.error }

// A failure after Ctrl-C is told, and the status is not that of a run that wrote everything.
func TestWhatFailsAfterCtrlCIsSaid(t *testing.T) {
	if _, err := os.Stat("/dev/full"); err != nil {
		needs.Missing(t, "no /dev/full here: %v", err)
	}
	soundIn(t, 30)
	for _, where := range [][]string{{"--rttm", "/dev/full"}, {"--out", "csv:/dev/full"}, {"--out", "jsonl:/dev/full"}} {
		ctx, cancel := context.WithCancel(t.Context())
		w := &watchFor{want: map[string]bool{" ": true}, found: cancel}
		var stderr bytes.Buffer
		status := run(ctx, append([]string{"replay", "--nats", "off", "--speed", "8", "--out", "b.csv", "a.wav"}, where...), nil, w, &stderr)
		cancel()
		if status != exitOutput || strings.Count(stderr.String(), "/dev/full: no space left on device") != 1 || strings.Contains(stderr.String(), "context canceled") {
			t.Errorf("%v: status %d, expected %d: %s", where, status, exitOutput, &stderr)
		}
		if !strings.Contains(read(t, "b.csv"), ",S1,") {
			t.Errorf("%v: the other file holds %q", where, read(t, "b.csv"))
		}
	}
}

// Each of several joined errors is told once. Errors that only follow from an interruption are
// not told.
func TestEveryErrorIsTold(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	lost := fmt.Errorf("%w: 10 left: %w", publish.ErrUnpublished, context.Canceled)
	all := errors.Join(errors.Join(context.Canceled, lost), fmt.Errorf("close: %w", context.Canceled), lost, errors.New("two\nlines"))
	cancel()
	got := cli.Lines(cli.Told(ctx, all))
	if want := []string{lost.Error(), "two lines"}; !slices.Equal(got, want) {
		t.Errorf("told %q, expected %q", got, want)
	}
	if s := cli.StatusOf(cli.Told(ctx, all)); s != exitServer {
		t.Errorf("status %d", s)
	}
	if got := cli.Lines(cli.Told(t.Context(), errors.Join(cli.ErrQuit, nil))); len(got) != 0 {
		t.Errorf("told %q", got)
	}
	sentence := fmt.Errorf("both %w and %w", io.EOF, io.ErrClosedPipe)
	if got := cli.Lines(cli.Told(t.Context(), usage("x: %w", errors.Join(sentence)))); !slices.Equal(got, []string{"x: " + sentence.Error()}) {
		t.Errorf("told %q", got)
	}
}

// Events that the server lacks when Ctrl-C ends a meeting wait in the journal. That is told of
// every stream.
func TestCtrlCSaysWhatWaits(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	samples := demoSamples(t, 30)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	w := &watchFor{want: map[string]bool{"a ": true, "b ": true}, found: cancel}
	var stderr shout
	out := filepath.Join(dir, "out.rttm")
	status := run(ctx, []string{"replay", "--nats", "nats://127.0.0.1:1", "--nats-wait", "forever", "--journal", filepath.Join(dir, "journal"), "--speed", "8",
		"--rttm", out, writeFile(t, filepath.Join(dir, "a.wav"), wavBytes(samples)), writeFile(t, filepath.Join(dir, "b.wav"), wavBytes(samples))}, nil, w, &stderr)
	if status != exitServer || strings.Count(stderr.String(), publish.ErrUnpublished.Error()) != 2 || strings.Contains(stderr.String(), "context canceled") {
		t.Errorf("status %d, expected %d: %s", status, exitServer, &stderr)
	}
	if names, _ := readRTTM(t, out); strings.Join(names, " ") != "a b" {
		t.Errorf("turns of %v", names)
	}
}
