package main

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-7adb9000/diarizer/internal/testkit/natstest"
)

// Voices that a server keeps are encrypted with a key too: without it nobody is known by them,
// which is said, and they can be deleted.
func TestVoicesAtRestOnAServer(t *testing.T) {
	dir := t.TempDir()
	in := func(name string) string { return filepath.Join(dir, name) }
	url := natstest.New(t).ConnectedUrl()
	wav := writeFile(t, in("talk.wav"), wavBytes(demoSamples(t, 40)))
	key, wrong := in("voices.key"), in("wrong.key")
	works(t, "enroll", "new-key", key)
	works(t, "enroll", "new-key", wrong)
	works(t, "run", "--model", "light", "--out", in("talk.rttm"), wav)
	enroll := func(rest ...string) []string {
		return append([]string{"enroll", "--model", "light", "--nats", url}, rest...)
	}
	known := func(rest ...string) []string {
		return append([]string{"run", "--model", "light", "--nats", url, "--identify=nats", "--force", "--out", in("known.rttm"), wav}, rest...)
	}
	works(t, enroll("--from", in("talk.rttm"), "--recording", wav, "--expire", "90d", "Ada Lovelace", "S1")...)
	if got := works(t, enroll("list", "--voices-key", key)...); !strings.Contains(got, "not encrypted: diarizer enroll encrypt does it") {
		t.Errorf("list: %s", got)
	}
	// is runs a command and compares what it says on either side.
	is := func(status int, says string, args []string) {
		t.Helper()
		got, stdout, stderr := diarizer(t.Context(), nil, args...)
		if got != status || !strings.Contains(stdout+stderr, says) {
			t.Errorf("%q: status %d, expected %d with %q:\n%s%s", args, got, status, says, stdout, stderr)
		}
	}
	is(0, "on the server the voice of Ada Lovelace is not encrypted", known("--voices-key", key))
	is(0, "encrypted the voice of Ada Lovelace", enroll("encrypt", "--voices-key", key))
	is(0, "all voices are encrypted already", enroll("encrypt", "--voices-key", key))
	is(0, "the voice is encrypted: expected --voices-key with its key", enroll("list"))
	is(0, "encrypted with another key than "+wrong, enroll("list", "--voices-key", wrong))
	is(exitInput, "the voice is encrypted: expected --voices-key with its key", known())
	is(exitInput, "encrypted with another key than "+wrong, known("--voices-key", wrong))
	is(0, "", known("--voices-key", key))
	if got := read(t, in("known.rttm")); !strings.Contains(got, " Ada_Lovelace ") {
		t.Errorf("nobody is known:\n%s", got)
	}
	if got := works(t, enroll("list", "--voices-key", key)...); !strings.Contains(got, "Ada Lovelace") || strings.Contains(got, "encrypt") {
		t.Errorf("list: %s", got)
	}
	is(0, "has nothing of it", enroll("delete", "Ada Lovelace"))
}
