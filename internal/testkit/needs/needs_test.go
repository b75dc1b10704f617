package needs_test

import (
	"path/filepath"
	"runtime"
	"testing"

	"github.com/seed-7adb9000/diarizer/internal/testkit/needs"
)

// double is a test whose end is watched.
type double struct {
	testing.TB
	skipped, failed bool
}

func (d *double) Helper()             {}
func (d *double) Logf(string, ...any) {}
func (d *double) Skipf(string, ...any) {
	d.skipped = true
	runtime.Goexit()
}
func (d *double) Fatalf(string, ...any) {
	d.failed = true
	runtime.Goexit()
}

// run calls f as a test.
func run(f func(t testing.TB)) *double {
	d := new(double)
	done := make(chan struct{})
	go func() {
		defer close(done)
		f(d)
	}()
	<-done
	return d
}

func TestMissing(t *testing.T) {
	const nowhere = "no-program-has-this-name"
	for _, c := range []struct {
		required        string
		skipped, failed bool
	}{{"", true, false}, {"1", false, true}} {
		t.Setenv(needs.Required, c.required)
		tool := run(func(t testing.TB) { needs.Tool(t, nowhere) })
		missing := run(func(t testing.TB) { needs.Missing(t, "no %s", "card") })
		for name, d := range map[string]*double{"Tool": tool, "Missing": missing} {
			if d.skipped != c.skipped || d.failed != c.failed {
				t.Errorf("required %q, %s: skipped %v, failed %v", c.required, name, d.skipped, d.failed)
			}
		}
		optional := run(func(t testing.TB) {
			if path := needs.Optional(t, nowhere); path != "" {
				panic(path)
			}
		})
		if optional.skipped || optional.failed != c.failed {
			t.Errorf("required %q, Optional: skipped %v, failed %v", c.required, optional.skipped, optional.failed)
		}
		there := run(func(t testing.TB) {
			if !filepath.IsAbs(needs.Tool(t, "go")) || needs.Optional(t, "go") == "" {
				panic("no path")
			}
		})
		if there.skipped || there.failed {
			t.Errorf("required %q: a program that is there: %+v", c.required, there)
		}
	}
}
