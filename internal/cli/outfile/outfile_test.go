package outfile

import (
	"bytes"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/seed-7adb9000/diarizer/internal/testkit/needs"
)

func put(t *testing.T, path, text string) string {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// dir is the content of the files of a directory, by name.
func dir(t rapid.TB, path string) map[string]string {
	t.Helper()
	entries, err := os.ReadDir(path)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for _, e := range entries {
		data, err := os.ReadFile(filepath.Join(path, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		all[e.Name()] = string(data)
	}
	return all
}

func expect(t *testing.T, path string, want map[string]string) {
	t.Helper()
	if got := dir(t, path); !maps.Equal(got, want) {
		t.Errorf("the directory holds %v, expected %v", got, want)
	}
}

// add adds an output and writes to it.
func add(t *testing.T, s *Set, path, text string) *File {
	t.Helper()
	f, err := s.Add("--rttm", path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	return f
}

func TestAddRefusesBeforeAnythingIsWritten(t *testing.T) {
	t.Chdir(t.TempDir())
	put(t, "in.wav", "sound")
	if err := os.Mkdir("dir", 0o700); err != nil {
		t.Fatal(err)
	}
	for from, to := range map[string]string{"soft.wav": "in.wav", "dangling": "free.rttm", "loop": "loop", "there": "dir"} {
		if err := os.Symlink(to, from); err != nil {
			needs.Missing(t, "no links here: %v", err)
		}
	}
	if err := os.Link("in.wav", "hard.wav"); err != nil {
		t.Fatal(err)
	}
	log, err := os.Create("log")
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	before, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ path, says string }{
		{"", "has no name"},
		{"dir", "is a directory"},
		{"none/out.rttm", "there is no directory"},
		{"in.wav/out.rttm", "not a directory"},
		{"in.wav", "is a recording, in.wav"},
		{"./dir/../in.wav", "is a recording, in.wav"},
		{"hard.wav", "is a recording, in.wav"},
		{"soft.wav", "is a recording, in.wav"},
		{"there/../in.wav", "is a recording, in.wav"},
		{"free.rttm", "is what --rttm free.rttm writes"},
		{"./free.rttm", "is what --rttm free.rttm writes"},
		{"dangling", "is what --rttm free.rttm writes"},
		{"log", "is standard error"},
		{"loop", ""},
		{"-", "is --out's already"},
		{"/dev/stdout", "is --out's already"},
		{"/proc/out.rttm", ""},
	} {
		s := Set{Out: &bytes.Buffer{}}
		s.Stream("standard error", log)
		if err := s.Input("a recording", "in.wav"); err != nil {
			t.Fatal(err)
		}
		for flag, path := range map[string]string{"--rttm": "free.rttm", "--out": Stdout} {
			if _, err := s.Add(flag, path); err != nil {
				t.Fatal(err)
			}
		}
		_, err := s.Add("--record", c.path)
		var e *Error
		if !errors.As(err, &e) || e.Flag != "--record" || !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: %v, expected one line with %q", c.path, err, c.says)
		}
	}
	after, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	if len(before) != len(after) {
		t.Errorf("%v became %v", before, after)
	}
}

// An input may be added after an output.
func TestInputRefusesAnOutput(t *testing.T) {
	t.Chdir(t.TempDir())
	put(t, "a", "")
	s := Set{}
	if _, err := s.Add("-o", "a"); err != nil {
		t.Fatal(err)
	}
	if err := s.Input("the model", "./a"); err == nil || !strings.Contains(err.Error(), "is the model, ./a") {
		t.Error(err)
	}
	for _, path := range []string{"", "-", "missing", ".", os.DevNull} {
		if err := s.Input("the model", path); err != nil {
			t.Error(err)
		}
	}
	if _, err := s.Add("-o", "-"); err == nil {
		t.Error("standard output was not refused")
	}
}

func TestTheOldFileStaysUntilThereIsANewOne(t *testing.T) {
	at := t.TempDir()
	path := put(t, filepath.Join(at, "a.rttm"), "old")
	if err := os.Chmod(path, 0o640); err != nil {
		t.Fatal(err)
	}
	s := Set{}
	f := add(t, &s, path, "new")
	expect(t, at, map[string]string{"a.rttm": "old", "a.partial.rttm": "new"})
	if err := f.Commit(); err != nil {
		t.Fatal(err)
	}
	f.Discard()
	expect(t, at, map[string]string{"a.rttm": "new", "a.rttm.1": "old"})
	if want := (Done{Path: path, Size: 3, Kept: path + ".1"}); f.Done() != want {
		t.Errorf("%+v, expected %+v", f.Done(), want)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o640 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
}

func TestForceKeepsWhatIsNotWhole(t *testing.T) {
	at := t.TempDir()
	path := put(t, filepath.Join(at, "a"), "old")
	whole := add(t, &Set{Force: true}, path, "new")
	if err := whole.Commit(); err != nil {
		t.Fatal(err)
	}
	expect(t, at, map[string]string{"a": "new"})
	part := add(t, &Set{Force: true}, path, "half")
	if err := part.CommitPart(); err != nil {
		t.Fatal(err)
	}
	expect(t, at, map[string]string{"a": "half", "a.1": "new"})
}

func TestAFailureLeavesThePartUnderAnotherName(t *testing.T) {
	at := t.TempDir()
	path := put(t, filepath.Join(at, "a.rttm"), "old")
	put(t, filepath.Join(at, "a.partial.rttm"), "of yesterday")
	failed := errors.New("the microphone is gone")
	s := Set{Force: true}
	f := add(t, &s, path, "half")
	g, err := s.Add("--out", filepath.Join(at, "b"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range []*File{f, g} {
		if err := f.Keep(failed); !errors.Is(err, failed) || strings.Contains(err.Error(), "\n") {
			t.Error(err)
		}
	}
	s.Discard()
	expect(t, at, map[string]string{"a.rttm": "old", "a.partial.rttm": "of yesterday", "a.partial-2.rttm": "half"})
	if d := f.Done(); !d.Partial || d.Path != filepath.Join(at, "a.partial-2.rttm") || d.Size != 4 {
		t.Errorf("%+v", d)
	}
	if d := g.Done(); d.Path != "" {
		t.Errorf("of nothing: %+v", d)
	}
}

func TestNothingIsLeftOfWhatNeverBegan(t *testing.T) {
	at := t.TempDir()
	s := Set{}
	f := add(t, &s, filepath.Join(at, "a"), "x")
	if _, err := s.Add("--out", filepath.Join(at, "b")); err != nil {
		t.Fatal(err)
	}
	s.Discard()
	expect(t, at, map[string]string{})
	if f.Done().Path != "" {
		t.Errorf("%+v", f.Done())
	}
}

func TestAnEmptyResultIsAFile(t *testing.T) {
	at := t.TempDir()
	s := Set{}
	f, err := s.Add("--rttm", filepath.Join(at, "a"))
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Commit(); err != nil {
		t.Fatal(err)
	}
	expect(t, at, map[string]string{"a": ""})
}

// Another writer creates the file at the path of Partial.
func TestPartialIsForOtherWriters(t *testing.T) {
	at := t.TempDir()
	path := put(t, filepath.Join(at, "a.flac"), "old")
	s := Set{}
	f, err := s.Add("--record", path)
	if err != nil {
		t.Fatal(err)
	}
	partial, err := f.Partial()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(partial); !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("%s is there: %v", partial, err)
	}
	put(t, partial, "sound")
	if err := f.Commit(); err != nil {
		t.Fatal(err)
	}
	expect(t, at, map[string]string{"a.flac": "sound", "a.flac.1": "old"})
	g, err := s.Add("--record", filepath.Join(at, "b.flac"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := g.Partial(); err != nil {
		t.Fatal(err)
	}
	if err := g.Commit(); err == nil {
		t.Error("a file that nobody made was committed")
	}
	if dev, err := s.Add("--record", os.DevNull); err != nil {
		t.Error(err)
	} else if _, err := dev.Partial(); err == nil {
		t.Error("a device has a partial file")
	}
}

// A link stays a link, and its target is written.
func TestLinksAreFollowed(t *testing.T) {
	at := t.TempDir()
	put(t, filepath.Join(at, "real"), "old")
	link := filepath.Join(at, "link")
	if err := os.Symlink("real", link); err != nil {
		needs.Missing(t, "no links here: %v", err)
	}
	if err := add(t, &Set{}, link, "new").Commit(); err != nil {
		t.Fatal(err)
	}
	if to, err := os.Readlink(link); err != nil || to != "real" {
		t.Errorf("the link points to %q, %v", to, err)
	}
	expect(t, at, map[string]string{"real": "new", "link": "new", "real.1": "old"})
}

func TestStandardOutputAndDevices(t *testing.T) {
	var out bytes.Buffer
	s := Set{Out: &out}
	f, null := add(t, &s, Stdout, "turns"), add(t, &s, os.DevNull, "turns")
	again := add(t, &s, os.DevNull, "more")
	for _, f := range []*File{f, null, again} {
		if err := f.Commit(); err != nil {
			t.Error(err)
		}
	}
	if out.String() != "turns" || !s.TakesStdout() || f.Done().Path != Stdout || null.Done().Size != 5 {
		t.Errorf("%q, %+v, %+v", &out, f.Done(), null.Done())
	}
	full, err := s.Add("--out", "/dev/full")
	if err != nil {
		needs.Missing(t, "no /dev/full here: %v", err)
	}
	if _, err := full.Write([]byte("x")); err == nil {
		t.Fatal("a full device took something")
	}
	var e *Error
	if err := full.Commit(); !errors.As(err, &e) || strings.Count(err.Error(), "/dev/full") != 1 || strings.Contains(err.Error(), "\n") {
		t.Errorf("%v", err)
	}
}

// Whatever is written, interrupted and refused, in any order, every result that was there once is still
// there, unless it was given up with Force or another file has the same content.
func TestNothingIsLost(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		at, err := os.MkdirTemp("", "outfile-")
		if err != nil {
			t.Fatal(err)
		}
		defer os.RemoveAll(at)
		kept := map[string]bool{}
		for range rapid.IntRange(1, 12).Draw(t, "steps") {
			name := rapid.SampledFrom([]string{"a", "a.1", "b.rttm", "b.partial.rttm"}).Draw(t, "name")
			text := rapid.SampledFrom([]string{"one", "two", "three", "four"}).Draw(t, "text")
			s := Set{}
			f, err := s.Add("--rttm", filepath.Join(at, name))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := f.Write([]byte(text)); err != nil {
				t.Fatal(err)
			}
			if rapid.Bool().Draw(t, "fails") {
				_ = f.Keep(errors.New("fails"))
			} else if err := f.Commit(); err != nil {
				t.Fatal(err)
			} else if got := dir(t, at)[name]; got != text {
				t.Fatalf("%s holds %q, expected %q", name, got, text)
			}
			kept[text] = true
			there := slices.Collect(maps.Values(dir(t, at)))
			for text := range kept {
				if !slices.Contains(there, text) {
					t.Fatalf("%q is lost: %v", text, dir(t, at))
				}
			}
		}
	})
}
