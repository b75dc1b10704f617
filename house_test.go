package diarizer_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-7adb9000/diarizer/internal/cli/demo"
)

// TestImportersGetNoServer holds what a program that imports this package is spared.
func TestImportersGetNoServer(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", ".").CombinedOutput()
	if err != nil {
		t.Fatalf("go list: %v: %s", err, out)
	}
	for _, heavy := range []string{"nats-io", "charmbracelet", "gonum.org/v1/plot", "spf13", "prometheus", "net/http\n"} {
		if strings.Contains(string(out), heavy) {
			t.Errorf("importing this package pulls in %s", heavy)
		}
	}
}

// TestExampleModule builds and runs the program in a module of its own, which is short
// and knows nothing of internal packages.
func TestExampleModule(t *testing.T) {
	source, err := os.ReadFile("examples/library/main.go")
	if err != nil {
		t.Fatal(err)
	}
	if n := bytes.Count(source, []byte("\n")); n > 30 || bytes.Contains(source, []byte("internal")) {
		t.Errorf("examples/library has %d lines, expected at most 30, and nothing internal", n)
	}
	program := filepath.Join(t.TempDir(), "library")
	if out, err := exec.Command("go", "build", "-C", "examples/library", "-o", program, ".").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v: %s", err, out)
	}
	cmd := exec.CommandContext(t.Context(), program, "internal/cli/demo/demo.flac")
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	if turns := strings.Count(string(out), "\n"); turns < len(demo.Reference())/2 {
		t.Errorf("%d turns:\n%s", turns, out)
	}
}
