package event_test

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// A subscriber gets the standard library with this package, and nothing else.
func TestNeedsTheStandardLibraryAlone(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", "-f", "{{if not .Standard}}{{.ImportPath}}{{end}}", ".").CombinedOutput()
	if err != nil {
		t.Fatalf("go list: %v: %s", err, out)
	}
	const own = "github.com/seed-7adb9000/diarizer/event"
	if got := strings.Fields(string(out)); !slices.Equal(got, []string{own + "/rttm", own}) {
		t.Errorf("it needs %v", got)
	}
}
