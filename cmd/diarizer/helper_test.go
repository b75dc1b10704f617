package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"io"
	"os"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/capture/natsaudio"
	"github.com/seed-7adb9000/diarizer/event/rttm"
	"github.com/seed-7adb9000/diarizer/internal/cli/demo"
	"github.com/seed-7adb9000/diarizer/publish/natsd"
)

// demoSamples are the first seconds of the demo's recording, 16 kHz mono.
func demoSamples(t *testing.T, seconds int) []float32 {
	t.Helper()
	rec, err := capture.OpenReader(t.Context(), demo.Recording(), demo.Name, capture.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer rec.Close()
	var all []float32
	for len(all) < seconds*capture.Rate {
		b, err := rec.Next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, b.Samples...)
	}
	return all[:seconds*capture.Rate]
}

// wavBytes is a WAV file of 16-bit channels of the same length.
func wavBytes(channels ...[]float32) []byte {
	var data []byte
	for i := range channels[0] {
		for _, c := range channels {
			data = natsaudio.AppendS16(data, c[i:i+1])
		}
	}
	n := len(channels)
	b := []byte("RIFF....WAVEfmt ")
	for _, v := range []any{uint32(16), uint16(1), uint16(n), uint32(capture.Rate), uint32(2 * n * capture.Rate), uint16(2 * n), uint16(16)} {
		b, _ = binary.Append(b, binary.LittleEndian, v)
	}
	b = append(b, "data"...)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(data)))
	binary.LittleEndian.PutUint32(b[4:], uint32(len(b)-8+len(data)))
	return append(b, data...)
}

// diarizer runs a command line as main does.
func diarizer(ctx context.Context, stdin io.Reader, args ...string) (status int, stdout, stderr string) {
	var out, errs bytes.Buffer
	status = run(ctx, args, stdin, &out, &errs)
	return status, out.String(), errs.String()
}

// readRTTM is a file's text by recording.
func readRTTM(t *testing.T, path string) (names []string, turns map[string]string) {
	t.Helper()
	segments, err := rttm.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	by := map[string][]rttm.Segment{}
	for _, s := range segments {
		name := s.File
		if by[name] == nil {
			names = append(names, name)
		}
		s.File = "x" // so that recordings can be compared
		by[name] = append(by[name], s)
	}
	turns = map[string]string{}
	for _, name := range names {
		var b strings.Builder
		if err := rttm.Write(&b, by[name]); err != nil {
			t.Fatal(err)
		}
		turns[name] = b.String()
	}
	return names, turns
}

func writeFile(t *testing.T, path string, b []byte) string {
	t.Helper()
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// natsServer starts a server for the test and returns its URL.
func natsServer(t *testing.T) string {
	t.Helper()
	s, err := natsd.Start(t.Context(), natsd.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s.URL()
}

// noLeak fails the test if goroutines that it started still run after the cleanups that are
// registered later.
func noLeak(t *testing.T) {
	t.Helper()
	before := goleak.IgnoreCurrent()
	t.Cleanup(func() { goleak.VerifyNone(t, before) })
}
