// Package packaging_test holds the units of the packages against systemd's own check.
package packaging_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-7adb9000/diarizer/internal/testkit/needs"
)

func TestUnits(t *testing.T) {
	analyze := needs.Tool(t, "systemd-analyze")
	dir := t.TempDir()
	program := filepath.Join(dir, "diarizer")
	if err := os.WriteFile(program, []byte("#!/bin/sh\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	units, err := filepath.Glob("*.service")
	if err != nil || len(units) != 2 {
		t.Fatal(units, err)
	}
	users := map[string]string{} // by directory
	for _, unit := range units {
		text, err := os.ReadFile(unit)
		if err != nil {
			t.Fatal(err)
		}
		user, state := setting(string(text), "User"), setting(string(text), "StateDirectory")
		if before, ok := users[state]; user == "" || ok && before != user {
			t.Errorf("%s: User=%s, another unit with StateDirectory=%s has User=%s, expected the same: systemd gives the directory to the user that starts last", unit, user, state, before)
		}
		users[state] = user
		if start := setting(string(text), "ExecStart"); !strings.HasSuffix(start, " --config ${CREDENTIALS_DIRECTORY}/config.toml") ||
			!strings.Contains(string(text), "\nLoadCredential=config.toml:"+settingsFile+"\n") {
			t.Errorf("%s: %s: expected a copy of %s, which its user cannot read", unit, start, settingsFile)
		}
		path := filepath.Join(dir, unit)
		if err := os.WriteFile(path, []byte(strings.ReplaceAll(string(text), "/usr/bin/diarizer", program)), 0o600); err != nil {
			t.Fatal(err)
		}
		if out, err := exec.Command(analyze, "verify", "--man=no", path).CombinedOutput(); err != nil || len(out) > 0 {
			t.Errorf("%s: %v: %s", unit, err, out)
		}
		// From 0, nothing to fear, to 10.
		if out, err := exec.Command(analyze, "security", "--offline=true", "--threshold=15", path).CombinedOutput(); err != nil {
			t.Errorf("%s is exposed more than 1.5: %v: %s", unit, err, out)
		}
	}
}

// settingsFile is where the packages have the settings of the services.
const settingsFile = "/etc/diarizer/config.toml"

// The settings may hold a token: nobody but root can read them.
func TestSettingsAreForRoot(t *testing.T) {
	for _, file := range []string{"nfpm.yaml", "../.goreleaser.yaml"} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		found := 0
		for line := range strings.Lines(string(text)) {
			if !strings.Contains(line, "dst: "+settingsFile) {
				continue
			}
			if found++; !strings.Contains(line, "{mode: 0600}") {
				t.Errorf("%s: %s: expected mode 0600", file, strings.TrimSpace(line))
			}
		}
		if found != 1 {
			t.Errorf("%s has %s %d times", file, settingsFile, found)
		}
	}
}

// setting returns the last value of a setting of a unit; empty if it has none.
func setting(unit, name string) (value string) {
	for line := range strings.Lines(unit) {
		if v, ok := strings.CutPrefix(strings.TrimSpace(line), name+"="); ok {
			value = v
		}
	}
	return value
}
