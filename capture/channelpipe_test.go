//go:build unix

package capture

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/seed-7adb9000/diarizer/internal/testkit/needs"
)

// TestEachChannelOfNamedPipe: the channels of a pipe that is named like a file are those of the file.
func TestEachChannelOfNamedPipe(t *testing.T) {
	wav, _, _ := call(40000)
	raw := Raw{Encoding: "s16le", Rate: 8000, Channels: 2}
	for name, c := range map[string]struct {
		data []byte
		raw  *Raw
	}{"WAV": {wav, nil}, "raw": {wav[44:], &raw}} {
		opts := Options{Channel: Each, Raw: c.raw}
		want := channels(t, write(t, "x", c.data), opts)
		if got := channels(t, fifo(t, c.data), opts); len(got) != 2 || !slices.EqualFunc(got, want, slices.Equal) {
			t.Errorf("%s: another sound through the pipe, on %d channels", name, len(got))
		}
	}
}

// fifo makes a named pipe through which data comes once.
func fifo(t *testing.T, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		needs.Missing(t, "no named pipes here: %v", err)
	}
	go func() {
		if f, err := os.OpenFile(path, os.O_WRONLY, 0); err == nil {
			_, _ = bytes.NewReader(data).WriteTo(f) // fails where the reader has ended
			f.Close()
		}
	}()
	return path
}

// channels reads all channels of a recording at the same time.
func channels(t *testing.T, path string, opts Options) [][]float32 {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	recs, err := OpenAll(ctx, path, opts)
	if err != nil {
		t.Error(err)
		return nil
	}
	all, errs := make([][]float32, len(recs)), make([]error, len(recs))
	var g sync.WaitGroup
	for i, rec := range recs {
		g.Go(func() { all[i], errs[i] = drain(t, rec) })
	}
	g.Wait()
	for _, err := range errs {
		if err != nil {
			t.Error(err)
		}
	}
	return all
}
