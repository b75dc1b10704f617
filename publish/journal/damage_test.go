package journal

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// whole are the records whose lines are in data.
func whole(data []byte, records []string) (left []string) {
	for _, r := range records {
		if bytes.Contains(append([]byte{'\n'}, data...), fmt.Appendf(nil, "\n%s\n", sign([]byte(r)))) {
			left = append(left, r)
		}
	}
	return left
}

// Whatever a power cut leaves of the two files, every whole record is read once and in order, unless
// the cursor says that it was passed on. Damage is reported, and the journal can be used.
func TestJournalSurvivesAPowerCut(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		dir, err := os.MkdirTemp("", "journal-")
		if err != nil {
			t.Fatal(err)
		}
		defer os.RemoveAll(dir)
		j, err := Create(dir, "run")
		if err != nil {
			t.Fatal(err)
		}
		var records []string
		for i := range rapid.IntRange(1, 30).Draw(t, "records") {
			records = append(records, fmt.Sprintf("%d %s", i, strings.Repeat("x", rapid.IntRange(0, 200).Draw(t, "length"))))
		}
		appendAll(t, j, records...)
		passed := rapid.IntRange(0, len(records)).Draw(t, "passed")
		j.Label("meeting")
		for i := range passed {
			if _, err := j.Next(); err != nil {
				t.Fatal(err)
			}
			if err := j.Done(map[string]uint64{"n": uint64(i + 1)}); err != nil {
				t.Fatal(err)
			}
		}
		if err := j.Close(); err != nil {
			t.Fatal(err)
		}
		damaged := false
		harm := func(name string) []byte {
			path := filepath.Join(dir, name)
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			was := bytes.Clone(data)
			if len(data) > 0 {
				from := rapid.IntRange(0, len(data)-1).Draw(t, "from")
				switch rapid.SampledFrom([]string{"nothing", "cut", "zero", "zero to the end", "zeros behind"}).Draw(t, name) {
				case "cut":
					data = data[:from]
				case "zero":
					clear(data[from:rapid.IntRange(from, len(data)).Draw(t, "to")])
				case "zero to the end":
					clear(data[from:])
				case "zeros behind":
					data = append(data, make([]byte, rapid.IntRange(1, 3<<10).Draw(t, "zeros"))...)
				}
			}
			damaged = damaged || !bytes.Equal(data, was)
			if err := os.WriteFile(path, data, 0o600); err != nil {
				t.Fatal(err)
			}
			return data
		}
		data := harm("run.journal")
		harm("run.cursor")

		left := whole(data, records)
		info, err := Inspect(dir, "run")
		if err != nil {
			t.Fatal(err)
		}
		j, err = Open(dir, "run")
		if err != nil {
			t.Fatal(err)
		}
		defer func() { j.Close() }()
		if fmt.Sprint(info.Damage) != fmt.Sprint(j.Damage()) || info.Damage != nil && !errors.Is(info.Damage, ErrDamaged) {
			t.Errorf("damage %v, then %v", info.Damage, j.Damage())
		}
		if !damaged && (j.Damage() != nil || j.Passed().Records != uint64(passed)) {
			t.Errorf("damage %v where there is none, %d passed on, expected %d", j.Damage(), j.Passed().Records, passed)
		}
		want := left
		if j.Passed().Offset > 0 {
			n := int(j.Passed().State["n"]) // the cursor may be the one before
			want = slices.DeleteFunc(slices.Clone(left), func(r string) bool { return slices.Index(records, r) < n })
		}
		if got := rest(t, j); !slices.Equal(got, want) {
			t.Errorf("%d passed on, %+v, %d of %d records whole: read %q, expected %q", passed, j.Passed(), len(left), len(records), got, want)
		}
		if info.Waiting != len(want) {
			t.Errorf("%d records are said to wait, %d do", info.Waiting, len(want))
		}
		if len(left) > 0 && string(j.Last()) != left[len(left)-1] {
			t.Errorf("last record %q, expected %q", j.Last(), left[len(left)-1])
		}
		appendAll(t, j, "new")
		if got := rest(t, j); !slices.Equal(got, []string{"new"}) {
			t.Errorf("after an append: %q", got)
		}
		if err := j.Done(nil); err != nil {
			t.Fatal(err)
		}
		if err := j.Close(); err != nil {
			t.Fatal(err)
		}
		j = mustOpen(t, dir)
		if got := rest(t, j); len(got) > 0 || string(j.Last()) != "new" {
			t.Errorf("opened again: %q, last %q", got, j.Last())
		}
	})
}

// A file of zeros takes no more memory than a record.
func TestZerosTakeNoMemory(t *testing.T) {
	dir := t.TempDir()
	j, err := Create(dir, "run")
	if err != nil {
		t.Fatal(err)
	}
	appendAll(t, j, "one")
	if err := errors.Join(j.data.Truncate(256<<20), j.Close()); err != nil { // sparse
		t.Fatal(err)
	}
	j = mustOpen(t, dir)
	defer j.Close()
	if c := cap(j.line.text); c > 2*longest {
		t.Errorf("%d bytes of a line are kept", c)
	}
	if got := rest(t, j); !slices.Equal(got, []string{"one"}) || j.Damage() == nil {
		t.Errorf("read %q, damage %v", got, j.Damage())
	}
}

func TestRecordsAreBounded(t *testing.T) {
	j, err := Create(t.TempDir(), "run")
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	if err := j.Append(make([]byte, longest)); !errors.Is(err, ErrRecord) {
		t.Errorf("a record of %d bytes: %v", longest, err)
	}
	appendAll(t, j, strings.Repeat("x", longest-10))
	if got := rest(t, j); len(got) != 1 || len(got[0]) != longest-10 {
		t.Errorf("the longest record is read as %d", len(got))
	}
}
