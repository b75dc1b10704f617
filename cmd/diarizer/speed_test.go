package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"

	"go.uber.org/goleak"
)

// TestAnySpeed replays a recording over a server at 1, 50 and max times its speed, and then
// watches each run. The turns are the same to the byte, wherever they are read.
func TestAnySpeed(t *testing.T) {
	before := goleak.IgnoreCurrent()
	t.Cleanup(func() { goleak.VerifyNone(t, before) }) // after the servers have ended
	dir := t.TempDir()
	recording := filepath.Join(dir, "garden.wav")
	if err := os.WriteFile(recording, wavBytes(demoSamples(t, 14)), 0o600); err != nil {
		t.Fatal(err)
	}
	var want string
	for _, speed := range []string{"max", "50", "1"} {
		url := natsServer(t)
		own, watched := filepath.Join(dir, "own-"+speed), filepath.Join(dir, "watched-"+speed)
		if status, _, stderr := diarizer(t.Context(), nil, "replay", "--speed", speed, "--nats", url, "--rttm", own, recording); status != 0 {
			t.Fatalf("replay at %s: status %d: %s", speed, status, stderr)
		}
		if status, _, stderr := diarizer(t.Context(), nil, "watch", "--nats", url, "--until-end", "--rttm", watched); status != 0 {
			t.Fatalf("watch after %s: status %d: %s", speed, status, stderr)
		}
		for _, path := range []string{own, watched} {
			got, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if want == "" {
				want = string(got)
			}
			if string(got) != want {
				t.Errorf("%s:\n%s\nexpected, as at max:\n%s", filepath.Base(path), got, want)
			}
		}
	}
	if lines := regexp.MustCompile(`(?m)^SPEAKER `).FindAllString(want, -1); len(lines) < 4 {
		t.Errorf("%d turns in\n%s\nexpected 4 or more of 14 s of a conversation", len(lines), want)
	}
}

// TestDemo runs the demo as a new user does and holds it to the promise of the README: all
// four speakers, and at most a tenth of the speech wrong.
func TestDemo(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	status, stdout, stderr := diarizer(t.Context(), nil, "demo")
	if status != 0 {
		t.Fatalf("status %d: %s", status, stderr)
	}
	m := regexp.MustCompile(`4 of 4 speakers, \d+ turns, received over NATS\nDER (\d+\.\d) %`).FindStringSubmatch(stdout)
	if m == nil {
		t.Fatalf("no summary with four speakers in\n%s", stdout)
	}
	if der, err := strconv.ParseFloat(m[1], 64); err != nil || der > 10 {
		t.Errorf("DER %s %%, expected 10 or less", m[1])
	}
}
