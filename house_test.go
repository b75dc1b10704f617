package diarizer_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
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

// TestEventNeedsNothing holds that a subscriber's package is made of the standard library alone.
func TestEventNeedsNothing(t *testing.T) {
	for _, p := range goList(t, "{{if not .Standard}}{{.ImportPath}}{{end}}", "-deps", "./event") {
		if room(inModule(p)) != "event" {
			t.Errorf("importing event pulls in %s", p)
		}
	}
}

// mostRooms is how many rooms internal has at most. A new package belongs into one of them.
const mostRooms = 14

// TestWalls holds every import of the module against the table of docs/architecture.md: a room
// imports from the rows below its own, the laboratory is for cmd/diarizer-lab alone, and
// testkit for tests.
func TestWalls(t *testing.T) {
	rank := floors(t)
	entries, err := os.ReadDir("internal")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if room := "internal/" + e.Name(); rank[room] == 0 && room != "internal/testkit" {
			t.Errorf("%s has no row in docs/architecture.md", room)
		}
	}
	if len(entries) > mostRooms {
		t.Errorf("%d rooms under internal, expected %d at most", len(entries), mostRooms)
	}
	for _, line := range goList(t, "{{.ImportPath}} {{join .Imports \" \"}}", "./...") {
		paths := strings.Fields(line)
		from := inModule(paths[0])
		for _, path := range paths[1:] {
			if to := inModule(path); to != "" {
				if why := forbidden(rank, from, to); why != "" {
					t.Errorf("%s imports %s: %s", from, to, why)
				}
			}
		}
	}
}

// testProgram is a program that only the tests of the page run.
const testProgram = "internal/web/page/browser/stage"

// forbidden says why a package must not import another one, or nothing where it may.
func forbidden(rank map[string]int, from, to string) string {
	a, b := room(from), room(to)
	switch {
	case from == testProgram || a == b:
		return ""
	case b == "internal/testkit":
		return "testkit is for tests"
	case b == "internal/lab" && from != "cmd/diarizer-lab":
		return "the laboratory is for cmd/diarizer-lab"
	case a == "internal/testkit":
		return ""
	case rank[a] == 0 || rank[b] == 0:
		return "one of them has no row in docs/architecture.md"
	case rank[a] <= rank[b]:
		return "its row in docs/architecture.md is not below"
	}
	return ""
}

// floors reads the table of rooms in docs/architecture.md: the rank of the last row is 1.
func floors(t *testing.T) map[string]int {
	t.Helper()
	text, err := os.ReadFile("docs/architecture.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := regexp.MustCompile("(?m)^\\| (`.*?) \\|").FindAllStringSubmatch(string(text), -1)
	if len(rows) < 10 {
		t.Fatalf("%d rows of rooms in docs/architecture.md, expected 10 or more", len(rows))
	}
	rank := make(map[string]int)
	for i, row := range rows {
		for _, name := range strings.Split(row[1], ", ") {
			rank[strings.Trim(name, "`")] = len(rows) - i
		}
	}
	return rank
}

// room is the part of the module that a package belongs to.
func room(path string) string {
	parts := strings.Split(path, "/")
	if parts[0] == "internal" {
		return strings.Join(parts[:2], "/")
	}
	return parts[0]
}

const module = "github.com/seed-7adb9000/diarizer"

// inModule is a package's path in the module, "." the root, and nothing for packages of others.
func inModule(path string) string {
	if path == module {
		return "."
	}
	if inside, ok := strings.CutPrefix(path, module+"/"); ok {
		return inside
	}
	return ""
}

// goList returns the lines of go list with the given format.
func goList(t *testing.T, format string, args ...string) []string {
	t.Helper()
	out, err := exec.Command("go", append([]string{"list", "-f", format}, args...)...).Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	return strings.Split(strings.TrimSpace(string(out)), "\n")
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
