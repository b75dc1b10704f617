package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/BurntSushi/toml"
)

// The output of config is TOML that has the same effect as the environment and the file that
// it was made from.
func TestConfig(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "config.toml")
	if err := os.WriteFile(path, []byte("model = \"light\"\n[score]\ncollar = 0.25\n[serve]\nmax-streams = 40\nnats = \"nats://u:secret@a:4222\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("DIARIZER_CONFIG", path)
	t.Setenv("DIARIZER_MAX_LIVE", "3")
	t.Setenv("DIARIZER_HTTP_TOKEN", "0123456789abcdef")
	status, stdout, stderr := diarizer(t.Context(), nil, "config")
	if status != 0 {
		t.Fatal(stderr)
	}
	for _, want := range []string{"# file " + path, "\n[web]\n", "max-live = 3 # DIARIZER_MAX_LIVE\n", "max-streams = 40 # " + path + " [serve]\n",
		"collar = 0.25 # " + path + " [score]\n", "nats = \"nats://***@a:4222\"", "http-token = \"(a secret)\""} {
		if !strings.Contains(stdout, want) {
			t.Errorf("no %q in\n%s", want, stdout)
		}
	}
	if strings.Contains(stdout, "0123456789") || strings.Contains(stdout, "secret@") || strings.Contains(stdout, "command line") {
		t.Errorf("shows\n%s", stdout)
	}
	var again map[string]any
	if err := toml.Unmarshal([]byte(stdout), &again); err != nil {
		t.Error(err)
	}
	if status, stdout, _ := diarizer(t.Context(), nil, "config", "web", "--all"); status != 0 || strings.Contains(stdout, "[serve]") || !strings.Contains(stdout, "max-jobs = 0 # default") {
		t.Errorf("%d\n%s", status, stdout)
	}
	// Commands use the environment: web refuses this value.
	t.Setenv("DIARIZER_MAX_LIVE", "0")
	if status, _, stderr := diarizer(t.Context(), nil, "web"); status != exitUsage || !strings.Contains(stderr, "--max-live 0") {
		t.Errorf("%d, %s", status, stderr)
	}
	// A context on the command line goes before a server in the environment.
	t.Setenv("DIARIZER_NATS", "nats://127.0.0.1:1")
	for _, command := range []string{"watch", "replay x.wav", "listen"} {
		if status, _, stderr := diarizer(t.Context(), nil, append(strings.Fields(command), "--nats-context", "no-such-context")...); strings.Contains(stderr, "expected one of them") || status == 0 {
			t.Errorf("%s: %d, %s", command, status, stderr)
		}
	}
	for _, c := range []struct{ args, want string }{
		{"config nonsense", "nonsense: expected a command"},
		{"run --config none.toml x.wav", "none.toml"},
	} {
		if status, _, stderr := diarizer(t.Context(), nil, strings.Fields(c.args)...); status != exitUsage || !strings.Contains(stderr, c.want) || strings.Count(stderr, "\n") != 1 {
			t.Errorf("%s: %d, %s", c.args, status, stderr)
		}
	}
}

// The commands take every setting of the packaged file.
func TestPackagedConfig(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "packaging", "config.toml"))
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "config.toml")
	if err := os.WriteFile(path, regexp.MustCompile(`(?m)^# ([a-z-]+ = )`).ReplaceAll(text, []byte("$1")), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, command := range []string{"web", "serve"} {
		if status, stdout, stderr := diarizer(t.Context(), nil, "config", "--config", path, command); status != 0 || strings.Count(stdout, path) < 2 {
			t.Errorf("%s: %d, %s%s", command, status, stdout, stderr)
		}
	}
}

func TestVersionAndManual(t *testing.T) {
	status, stdout, _ := diarizer(t.Context(), nil, "version")
	for _, want := range []string{"commit", "kernels", "accurate", "light"} {
		if status != 0 || !strings.Contains(stdout, want) {
			t.Errorf("%d, no %s in\n%s", status, want, stdout)
		}
	}
	dir := filepath.Join(t.TempDir(), "[man1")
	status, _, stderr := diarizer(t.Context(), nil, "man", dir)
	if pages, err := os.ReadDir(dir); status != 0 || err != nil || !strings.Contains(stderr, fmt.Sprintf("wrote %d manual pages", len(pages))) {
		t.Fatal(stderr, err)
	}
	for _, c := range everyCommand(newRootCommand()) {
		page := strings.ReplaceAll(c.CommandPath(), " ", "-") + ".1"
		if text, err := os.ReadFile(filepath.Join(dir, page)); err != nil || !strings.Contains(string(text), "EXAMPLE") {
			t.Errorf("%s: %v", page, err)
		}
	}
}
