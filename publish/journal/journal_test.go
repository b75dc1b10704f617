package journal

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func mustOpen(t rapid.TB, dir string) *Journal {
	t.Helper()
	j, err := Open(dir, "run")
	if err != nil {
		t.Fatal(err)
	}
	return j
}

func appendAll(t rapid.TB, j *Journal, records ...string) {
	t.Helper()
	for _, r := range records {
		if err := j.Append([]byte(r)); err != nil {
			t.Fatal(err)
		}
	}
}

// rest reads the records that are left without passing them on.
func rest(t rapid.TB, j *Journal) []string {
	t.Helper()
	var records []string
	for {
		r, err := j.Next()
		if err != nil {
			t.Fatal(err)
		}
		if r == nil {
			return records
		}
		records = append(records, string(r))
	}
}

// The journal behaves as its model, a list and a number, even if its process dies in between.
func TestJournalIsAListWithACursor(t *testing.T) {
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
		defer func() { j.Close() }()
		var records []string
		read, passed := 0, 0
		state := map[string]uint64{}
		t.Repeat(map[string]func(*rapid.T){
			"append": func(t *rapid.T) {
				r := rapid.StringMatching(`[^\r\n]{1,100}`).Draw(t, "record")
				appendAll(t, j, r)
				records = append(records, r)
			},
			"compact": func(t *rapid.T) {
				if err := j.Compact(); err != nil {
					t.Fatal(err)
				}
				if read == passed && passed == len(records) && j.Size() != 0 {
					t.Fatalf("%d bytes left of records that were all passed on", j.Size())
				}
			},
			"look": func(t *rapid.T) {
				info, err := Inspect(dir, "run")
				if err != nil {
					t.Fatal(err)
				}
				if !info.InUse || info.Waiting != len(records)-passed || info.Passed.Records != uint64(passed) {
					t.Fatalf("%d records, %d passed on: %+v", len(records), passed, info)
				}
				if info.Size > 0 && string(info.Last) != records[len(records)-1] || info.Size == 0 && info.Last != nil {
					t.Fatalf("last record %q", info.Last)
				}
			},
			"next": func(t *rapid.T) {
				r, err := j.Next()
				if err != nil {
					t.Fatal(err)
				}
				if r == nil != (read == len(records)) || r != nil && string(r) != records[read] {
					t.Fatalf("record %d of %d is %q", read, len(records), r)
				}
				if r != nil {
					read++
				}
			},
			"done": func(t *rapid.T) {
				state[rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "key")] = uint64(read)
				if err := j.Done(maps.Clone(state)); err != nil {
					t.Fatal(err)
				}
				passed = read
			},
			"save": func(t *rapid.T) {
				state["saved"] = uint64(read)
				if err := j.Save(maps.Clone(state)); err != nil {
					t.Fatal(err)
				}
			},
			"die": func(t *rapid.T) {
				if err := j.Close(); err != nil {
					t.Fatal(err)
				}
				if rapid.Bool().Draw(t, "torn") { // an unfinished line
					f, err := os.OpenFile(filepath.Join(dir, "run.journal"), os.O_WRONLY|os.O_APPEND, 0)
					if err != nil {
						t.Fatal(err)
					}
					fmt.Fprint(f, rapid.SampledFrom([]string{"0", "12345678 half a rec", "00000000 wrong sum\n", "\x00\x00\x00\n"}).Draw(t, "tail"))
					f.Close()
				}
				j = mustOpen(t, dir)
				read = passed
				if last := j.Last(); j.Size() > 0 && string(last) != records[len(records)-1] || j.Size() == 0 && last != nil {
					t.Fatalf("last record %q", last)
				}
			},
			"": func(t *rapid.T) {
				if c := j.Passed(); c.Records != uint64(passed) || len(c.State) > 0 && !reflect.DeepEqual(c.State, state) {
					t.Fatalf("cursor %+v, expected %d records and %v", c, passed, state)
				}
			},
		})
	})
}

func TestJournalSurvivesAnyCutOfItsFiles(t *testing.T) {
	dir := t.TempDir()
	j, err := Create(dir, "run")
	if err != nil {
		t.Fatal(err)
	}
	records := []string{"one", "two", "three"}
	appendAll(t, j, records...)
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(filepath.Join(dir, "run.journal"))
	if err != nil {
		t.Fatal(err)
	}
	for cut := range len(data) + 1 {
		if err := os.WriteFile(filepath.Join(dir, "run.journal"), data[:cut], 0o600); err != nil {
			t.Fatal(err)
		}
		j := mustOpen(t, dir)
		got := rest(t, j)
		if want := records[:strings.Count(string(data[:cut]), "\n")]; !reflect.DeepEqual(append([]string{}, got...), append([]string{}, want...)) {
			t.Errorf("cut at %d: %q, expected %q", cut, got, want)
		}
		appendAll(t, j, "new")
		if got := rest(t, j); len(got) != 1 || got[0] != "new" {
			t.Errorf("cut at %d, then appended: %q", cut, got)
		}
		j.Close()
	}
}

func TestCursorSurvivesATornWrite(t *testing.T) {
	dir := t.TempDir()
	j, err := Create(dir, "run")
	if err != nil {
		t.Fatal(err)
	}
	appendAll(t, j, "one", "two", "three")
	for i := range 2 {
		if _, err := j.Next(); err != nil {
			t.Fatal(err)
		}
		if err := j.Done(map[string]uint64{"n": uint64(i)}); err != nil {
			t.Fatal(err)
		}
	}
	slot := j.slot
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(filepath.Join(dir, "run.cursor"), os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteAt([]byte("torn"), slot*slotSize+20); err != nil {
		t.Fatal(err)
	}
	j = mustOpen(t, dir)
	defer j.Close()
	if c := j.Passed(); c.Records != 1 || c.State["n"] != 0 {
		t.Errorf("cursor %+v, expected the one before", c)
	}
}

func TestJournalIsUsedByOneProcess(t *testing.T) {
	dir := t.TempDir()
	j, err := Create(dir, "run")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Open(dir, "run"); !errors.Is(err, ErrLocked) {
		t.Errorf("opened twice: %v", err)
	}
	if _, err := Create(dir, "run"); err == nil {
		t.Error("created twice")
	}
	if names, err := List(dir); err != nil || !reflect.DeepEqual(names, []string{"run"}) {
		t.Errorf("journals %v, %v", names, err)
	}
	if err := j.Remove(); err != nil {
		t.Error(err)
	}
	if left, _ := os.ReadDir(dir); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	if _, err := Open(dir, "run"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("opened after its removal: %v", err)
	}
	if left, _ := os.ReadDir(dir); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	if names, err := List(filepath.Join(dir, "none")); err != nil || len(names) > 0 {
		t.Errorf("journals of no directory: %v, %v", names, err)
	}
}

func TestRecordsAreLines(t *testing.T) {
	j, err := Create(t.TempDir(), "run")
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	if err := j.Append([]byte("a\nb")); !errors.Is(err, ErrRecord) {
		t.Errorf("a record of two lines: %v", err)
	}
}

func FuzzOpen(f *testing.F) {
	f.Add([]byte("8bc2d4a3 one\n"), []byte("00000000 {}"))
	f.Add([]byte("\n\n"), []byte("9d1b0c4e {\"records\":1,\"offset\":99999}"))
	f.Fuzz(func(t *testing.T, data, cursor []byte) {
		dir := t.TempDir()
		for name, content := range map[string][]byte{"run.journal": data, "run.cursor": cursor} {
			if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		j, err := Open(dir, "run")
		if err != nil {
			return
		}
		defer j.Close()
		rest(t, j)
	})
}

func Example() {
	dir, err := os.MkdirTemp("", "journal-")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	j, err := Create(dir, "run")
	if err != nil {
		fmt.Println(err)
		return
	}
	_ = j.Append([]byte("first"))
	_ = j.Append([]byte("second"))
	record, _ := j.Next()
	fmt.Println(string(record))
	_ = j.Done(nil) // passed on
	_ = j.Close()   // or killed

	j, err = Open(dir, "run")
	if err != nil {
		fmt.Println(err)
		return
	}
	record, _ = j.Next()
	fmt.Println(string(record))
	_ = j.Remove()
	// Output:
	// first
	// second
}

func BenchmarkAppendAndPassOn(b *testing.B) {
	j, err := Create(b.TempDir(), "run")
	if err != nil {
		b.Fatal(err)
	}
	defer j.Close()
	record := []byte(strings.Repeat("x", 300))
	state := map[string]uint64{"turn-ended": 1234, "turn-updated": 5678}
	for b.Loop() {
		if err := j.Append(record); err != nil {
			b.Fatal(err)
		}
		if r, err := j.Next(); err != nil || len(r) != len(record) {
			b.Fatal(err)
		}
		if err := j.Done(state); err != nil {
			b.Fatal(err)
		}
	}
}
