package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/seed-7adb9000/diarizer/internal/cli"
	"github.com/seed-7adb9000/diarizer/internal/voices/enroll"
	"github.com/seed-7adb9000/diarizer/internal/voices/voicefile"
)

// expiresIn90Days reports whether text has the date 90 days after a moment between from and now,
// between which may be a midnight.
func expiresIn90Days(text string, from time.Time) bool {
	const days = 90 * 24 * time.Hour
	return strings.Contains(text, from.Add(days).Format(time.DateOnly)) || strings.Contains(text, time.Now().Add(days).Format(time.DateOnly))
}

// Voices are encrypted and kept for a limited time, and a deleted voice is gone from the file.
func TestVoicesAtRest(t *testing.T) {
	dir := t.TempDir()
	voices, key := filepath.Join(dir, "voices.json"), filepath.Join(dir, "voices.key")
	wav := writeFile(t, filepath.Join(dir, "ada.wav"), wavBytes(demoSamples(t, 16)))
	args := func(rest ...string) []string {
		return append([]string{"enroll", "--model", "light", "--file=" + voices, "--voices-key", key}, rest...)
	}
	if status, _, stderr := diarizer(t.Context(), nil, args("list")...); status != exitInput || !strings.Contains(stderr, "voices.key is not there") {
		t.Errorf("without the key: status %d, %s", status, stderr)
	}
	works(t, "enroll", "new-key", key)
	for _, c := range []struct {
		status int
		says   string
		args   []string
	}{
		{exitOutput, "there already", []string{"enroll", "new-key", key}},
		{exitUsage, "expected days such as 90d", args("--expire", "soon", "Ada", wav)},
		{exitUsage, "expected days such as 90d", args("--expire", "-3d", "Ada", wav)},
		{exitUsage, "expected --voices-key", []string{"enroll", "encrypt", "--file=" + voices}},
		{exitInput, "no.key is not there", []string{"run", "--identify=nats", "--voices-key", filepath.Join(dir, "no.key"), wav}},
		{exitInput, "no.key is not there", []string{"serve", "--voices-key", filepath.Join(dir, "no.key")}},
	} {
		if status, _, stderr := diarizer(t.Context(), nil, c.args...); status != c.status || !strings.Contains(stderr, c.says) {
			t.Errorf("%q: status %d, %s", c.args, status, stderr)
		}
	}
	before := time.Now()
	works(t, args("--anyway", "--expire", "90d", "Ada", wav)...)
	if got := works(t, args("list")...); !strings.Contains(got, "Ada") || !expiresIn90Days(got, before) {
		t.Errorf("list: %s", got)
	}
	if data := read(t, voices); strings.Contains(data, `"Ada`) || !strings.HasPrefix(data, "age-encryption.org/v1") {
		t.Errorf("at rest: %.100q", data)
	}
	if status, _, stderr := diarizer(t.Context(), nil, "run", "--model", "light", "--identify="+voices, wav); status != exitInput || !strings.Contains(stderr, "is encrypted") {
		t.Errorf("without its key: status %d, %s", status, stderr)
	}
	works(t, "run", "--model", "light", "--identify="+voices, "--voices-key", key, "--out", filepath.Join(dir, "a.rttm"), wav)
	if err := os.Chmod(key, 0o644); err != nil {
		t.Fatal(err)
	}
	if status, _, stderr := diarizer(t.Context(), nil, args("list")...); status != exitInput || !strings.Contains(stderr, "can be read by others") {
		t.Errorf("a key that others can read: status %d, %s", status, stderr)
	}
	if err := os.Chmod(key, 0o600); err != nil {
		t.Fatal(err)
	}
	status, _, stderr := diarizer(t.Context(), nil, args("delete", "Ada")...)
	if status != 0 || !strings.Contains(stderr, "1 voice, ") || !strings.Contains(stderr, "was read again and has nothing of it") {
		t.Errorf("delete: status %d, %s", status, stderr)
	}
	if status, _, stderr := diarizer(t.Context(), nil, args("delete", "Ada")...); status == 0 || !strings.Contains(stderr, "nobody") {
		t.Errorf("delete again: status %d, %s", status, stderr)
	}

	// An expired voice is gone when the file is read.
	m, err := cli.ReadModel("light")
	if err != nil {
		t.Fatal(err)
	}
	f, err := voicefile.Open(filepath.Join(dir, "old.json"), m, nil)
	if err != nil {
		t.Fatal(err)
	}
	old := enroll.Speaker{Name: "Grace", Enrolled: time.Now(), Expires: time.Now().Add(-time.Hour), Stats: m.Shape().NewStats()}
	old.Stats.N = 700
	if err := f.Add(old, false); err != nil {
		t.Fatal(err)
	}
	if err := f.Save(); err != nil {
		t.Fatal(err)
	}
	status, stdout, stderr := diarizer(t.Context(), nil, "enroll", "list", "--model", "light", "--file="+f.Path())
	if status != 0 || strings.Contains(stdout, "Grace") || !strings.Contains(stderr, "the time of Grace's voice was over") || strings.Contains(read(t, f.Path()), "Grace") {
		t.Errorf("expired: status %d, %s%s", status, stdout, stderr)
	}
}
