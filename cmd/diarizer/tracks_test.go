package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-7adb9000/diarizer/event/rttm"
)

// A meeting of tracks has the names of the command line or of the files. A participant who
// only listens has no turns, and a voice that two tracks have is told once.
func TestTracksAreAMeeting(t *testing.T) {
	dir := t.TempDir()
	sound, err := os.ReadFile(filepath.Join("..", "..", "internal", "cli", "demo", "demo.flac"))
	if err != nil {
		t.Fatal(err)
	}
	speaks, listens := filepath.Join(dir, "1-ada_0.flac"), filepath.Join(dir, "2-grace_0.wav")
	silence := append([]byte("RIFF\xff\xff\xff\x7fWAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00\x80\x3e\x00\x00\x00\x7d\x00\x00\x02\x00\x10\x00data\x00\xfa\x00\x00"), make([]byte, 64000)...)
	for path, data := range map[string][]byte{speaks: sound, listens: silence} {
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for want, tracks := range map[string]string{"ada": dir, "Ada": "Ada=" + speaks + ",Grace=" + listens + ",Again=" + speaks} {
		out := filepath.Join(t.TempDir(), "meeting.rttm")
		status, stdout, stderr := diarizer(t.Context(), nil, "run", "--model", "light", "--tracks", tracks, "--out", out)
		segments, err := rttm.ReadFile(out)
		if status != 0 || err != nil || len(segments) == 0 {
			t.Fatalf("status %d, %d turns, %v: %s", status, len(segments), err, stderr)
		}
		for _, s := range segments {
			if s.Speaker != want {
				t.Errorf("%s speaks, expected %s", s.Speaker, want)
			}
		}
		if !strings.Contains(stdout, want) {
			t.Errorf("printed %s", stdout)
		}
	}
}

func TestTracksFlags(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "a.wav"), []byte("RIFF\x00\x00\x00\x00WAVE"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ args, want string }{
		{"run --tracks Ada", "expected NAME=FILE"},
		{"run --tracks =a.wav,B=b.wav", "expected NAME=FILE"},
		{"run --tracks A=a.wav,A=b.wav", "both of A"},
		{"run --tracks A=a.wav", "expected two or more"},
		{"run --tracks " + dir, "expected two or more"},
		{"run --tracks A=a.wav,B=b.wav c.wav", "expected one of them"},
		{"run --tracks A=a.wav,B=b.wav --channel each", "--channel each"},
		{"run --tracks A=a.wav,B=b.wav --speech x.rttm", "without --speech"},
		{"run --model light --tracks A=none.wav,B=none2.wav", "none"},
	} {
		status, _, stderr := diarizer(t.Context(), nil, strings.Fields(c.args)...)
		if status != exitUsage && status != exitInput || !strings.Contains(stderr, c.want) || strings.Count(stderr, "\n") != 1 {
			t.Errorf("%s: status %d, %q, want one line with %q", c.args, status, stderr, c.want)
		}
	}
	for path, want := range map[string]string{"1-alice_1234.flac": "alice", "audioAlice11234567890.m4a": "Alice", "Bob.wav": "Bob", "12-a_b_0.ogg": "a_b"} {
		if got := participantIn(path); got != want {
			t.Errorf("%s is of %s, expected %s", path, got, want)
		}
	}
}
