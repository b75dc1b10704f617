// Package needs is for tests that need more than Go: the programs that decoders are
// compared with, a sound server, a client in another language. Where one is missing
// such a test is skipped, so that everybody can run the rest, unless [Required] is
// set: then it fails, so that nothing is left out where all of it should be there.
package needs

import (
	"os"
	"os/exec"
	"testing"
)

// Required is the environment variable that makes what is missing a failure.
const Required = "DIARIZER_REQUIRE_TOOLS"

// Tool returns the path of a program, or ends the test.
func Tool(t testing.TB, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		Missing(t, "%s is not installed: make deps", name)
	}
	return path
}

// Optional returns the path of a program, or "" where it is missing and a part of
// the test can do without.
func Optional(t testing.TB, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	switch {
	case err == nil:
		return path
	case os.Getenv(Required) != "":
		Missing(t, "%s is not installed: make deps", name)
	}
	t.Logf("%s is not installed: a part of the test is left out", name)
	return ""
}

// Missing ends a test for which something is not there; format and args say what.
func Missing(t testing.TB, format string, args ...any) {
	t.Helper()
	if os.Getenv(Required) != "" {
		t.Fatalf(format+" ("+Required+" is set)", args...)
	}
	t.Skipf(format, args...)
}
