package voicefile

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
)

// A file of voices may lie where the links of its path cannot be resolved, as on some disks, if it
// is no link itself. Here it lies deeper than any path is long, in a directory that is open.
func TestPathsThatCannotBeResolved(t *testing.T) {
	m, _ := models(t)
	root, err := os.OpenRoot(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	deep := strings.Repeat("d", 200)
	for range 21 {
		if err := root.Mkdir(deep, 0o700); err != nil {
			t.Fatal(err)
		}
		next, err := root.OpenRoot(deep)
		if err = errors.Join(err, root.Close()); err != nil {
			t.Fatal(err)
		}
		root = next
	}
	defer root.Close()
	dir, err := root.Open(".")
	if err != nil {
		t.Fatal(err)
	}
	defer dir.Close()
	at := fmt.Sprintf("/proc/self/fd/%d/voices.json", dir.Fd())
	addTwo(t, m, at, at)
}
