package main

import (
	"bytes"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/capture/natsaudio"
)

// TestReplayEverywhere: a recording gives the same turns as a file, through a pipe as WAV and
// as raw samples, in a directory with others, and as one of two channels.
func TestReplayEverywhere(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	dir := t.TempDir()
	path := func(name string) string { return filepath.Join(dir, name) }
	all := demoSamples(t, 16)
	first, second := all[:8*capture.Rate], all[8*capture.Rate:]
	writeFile(t, path("one.wav"), wavBytes(first))
	writeFile(t, path("two.wav"), wavBytes(second))
	out := path("out.rttm")
	replay := func(stdin []byte, args ...string) ([]string, map[string]string) {
		t.Helper()
		args = append([]string{"replay", "--nats", "off", "--speed", "max", "--rttm", out}, args...)
		if status, _, stderr := diarizer(t.Context(), bytes.NewReader(stdin), args...); status != 0 {
			t.Fatalf("%v: status %d, %s", args, status, stderr)
		}
		return readRTTM(t, out)
	}
	_, one := replay(nil, path("one.wav"))
	_, two := replay(nil, path("two.wav"))
	if one["one"] == "" || two["two"] == "" || one["one"] == two["two"] {
		t.Fatalf("nothing to compare: %v, %v", one, two)
	}

	if _, got := replay(wavBytes(first), "-"); got["stdin"] != one["one"] {
		t.Errorf("WAV from a pipe: %v, want %v", got, one)
	}
	if _, got := replay(natsaudio.AppendS16(nil, first), "--raw", "s16le:16000:1", "-"); got["stdin"] != one["one"] {
		t.Errorf("raw samples: %v, want %v", got, one)
	}

	many := filepath.Join(dir, "many")
	if err := os.Mkdir(many, 0o700); err != nil {
		t.Fatal(err)
	}
	writeFile(t, filepath.Join(many, "b.dat"), wavBytes(first))
	writeFile(t, filepath.Join(many, "a.wav"), wavBytes(second))
	writeFile(t, filepath.Join(many, "notes.wav"), []byte("no sound, whatever the name says\n"))
	writeFile(t, filepath.Join(many, ".hidden.wav"), wavBytes(second))
	for _, jobs := range []string{"1", "2"} {
		names, got := replay(nil, "--jobs", jobs, many)
		if strings.Join(names, " ") != "a b" || got["a"] != two["two"] || got["b"] != one["one"] {
			t.Errorf("directory, %s jobs: %v", jobs, got)
		}
	}

	writeFile(t, path("call.wav"), wavBytes(first, second))
	names, got := replay(nil, "--channel", "each", path("call.wav"))
	if strings.Join(names, " ") != "call-ch1 call-ch2" || got["call-ch1"] != one["one"] || got["call-ch2"] != two["two"] {
		t.Errorf("each channel: %v", got)
	}
	if _, got = replay(wavBytes(first, second), "--channel", "each", "-"); got["stdin-ch1"] != one["one"] || got["stdin-ch2"] != two["two"] {
		t.Errorf("each channel of a pipe: %v", got)
	}
	if _, got = replay(nil, "--channel", "2", path("call.wav")); got["call"] != two["two"] {
		t.Errorf("channel 2: %v", got)
	}
}

// TestReplaySeveralOverNATS: streams that run at once arrive whole, each with the
// turns that the program writes itself.
func TestReplaySeveralOverNATS(t *testing.T) {
	noLeak(t)
	url := natsServer(t)
	dir := t.TempDir()
	t.Setenv("XDG_STATE_HOME", dir) // for the journal
	all := demoSamples(t, 24)
	args := []string{"replay", "--nats", url, "--speed", "max", "--jobs", "3", "--rttm", filepath.Join(dir, "own.rttm")}
	for i, name := range []string{"a", "b", "c"} {
		args = append(args, writeFile(t, filepath.Join(dir, name+".wav"), wavBytes(all[i*8*capture.Rate:(i+1)*8*capture.Rate])))
	}
	if status, _, stderr := diarizer(t.Context(), nil, args...); status != 0 {
		t.Fatalf("status %d, %s", status, stderr)
	}
	watched := []string{"watch", "--nats", args[2], "--until-end", "--rttm", filepath.Join(dir, "watched.rttm"),
		"--stream", "a", "--stream", "b", "--stream", "c"}
	status, stdout, stderr := diarizer(t.Context(), nil, watched...)
	if status != 0 {
		t.Fatalf("status %d, %s", status, stderr)
	}
	_, own := readRTTM(t, filepath.Join(dir, "own.rttm"))
	_, got := readRTTM(t, filepath.Join(dir, "watched.rttm"))
	if len(own) != 3 || !maps.Equal(own, got) {
		t.Errorf("received %v, written %v, %s%s", got, own, stdout, stderr)
	}
}

// TestReplayOneBadAmongMany: the bad recording is named, and the others are diarized.
func TestReplayOneBadAmongMany(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	dir := t.TempDir()
	good := writeFile(t, filepath.Join(dir, "good.wav"), wavBytes(demoSamples(t, 5)))
	bad := writeFile(t, filepath.Join(dir, "bad.wav"), []byte("hello\n"))
	also := writeFile(t, filepath.Join(dir, "also.wav"), wavBytes(demoSamples(t, 6)))
	missing := filepath.Join(dir, "missing.wav")
	out := filepath.Join(dir, "out.rttm")
	status, stdout, stderr := diarizer(t.Context(), nil, "replay", "--nats", "off", "--speed", "max", "--rttm", out, good, bad, missing, also)
	if status != exitInput || strings.Count(stderr, bad) != 1 || strings.Count(stderr, missing) != 1 || !strings.Contains(stderr, "2 of 4 recordings failed") {
		t.Errorf("status %d, %s", status, stderr)
	}
	// The result is not complete, and its name says so.
	if names, _ := readRTTM(t, filepath.Join(dir, "out.partial.rttm")); strings.Join(names, " ") != "also good" {
		t.Errorf("turns of %v", names)
	}
	if _, err := os.Stat(out); err == nil {
		t.Errorf("%s is there", out)
	}
	if !strings.Contains(stdout, "good ") || !strings.Contains(stdout, "also ") {
		t.Error(stdout)
	}
}

func TestReplayRefuses(t *testing.T) {
	dir := t.TempDir()
	sub := filepath.Join(dir, "sub")
	if err := os.Mkdir(sub, 0o700); err != nil {
		t.Fatal(err)
	}
	a := writeFile(t, filepath.Join(dir, "a.wav"), wavBytes(make([]float32, 1600)))
	same := writeFile(t, filepath.Join(sub, "a.flac"), wavBytes(make([]float32, 1600)))
	empty := filepath.Join(dir, "empty")
	if err := os.Mkdir(empty, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		status int
		args   []string
		says   string
	}{
		{exitUsage, []string{"-", "-"}, "standard input is named twice"},
		{exitUsage, []string{"--out", "x.vtt", a, same}, "vtt holds one stream"},
		{exitUsage, []string{"--out", "x.docx", a}, "x.docx: expected a name that ends in .rttm"},
		{exitInput, []string{empty}, "none of its 0 entries is a recording"},
		{exitUsage, []string{"--raw", "s16le:16000:1", dir}, "is a directory"},
		{exitUsage, []string{"--raw", "s16le", a}, "--raw"},
		{exitUsage, []string{"--channel", "left", a}, "--channel"},
		{exitInput, []string{"--channel", "2", a}, "has no channel 2"},
		{exitUsage, []string{"--jobs", "-1", a}, "--jobs"},
		{exitUsage, []string{"--speed", "0", a}, "--speed"},
		{exitUsage, []string{}, "no recording"},
		{exitUsage, []string{"--from-nats", "x", a}, "expected one of them"},
		{exitUsage, []string{"--from-nats", "x"}, "--nats off"},
		{exitUsage, []string{"--from-nats", "x", "--channel", "each"}, "--channel each"},
	} {
		args := append([]string{"replay", "--nats", "off"}, c.args...)
		if status, _, stderr := diarizer(t.Context(), nil, args...); status != c.status || !strings.Contains(stderr, c.says) || strings.Count(stderr, "\n") != 1 {
			t.Errorf("%v: status %d, %s", c.args, status, stderr)
		}
	}
}
