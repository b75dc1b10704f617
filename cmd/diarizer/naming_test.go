package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/seed-7adb9000/diarizer/event"
)

// Recordings in the directories below are found and get different names. Files that are no
// recordings are named.
func TestManyRecordings(t *testing.T) {
	t.Chdir(t.TempDir())
	wav := wavBytes(demoSamples(t, 1))
	for _, path := range []string{"rec/monday/talk.wav", "rec/tuesday/talk.wav", "rec/tuesday/talk.flac", "rec/alone.wav", "rec/.hidden/x.wav"} {
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		writeFile(t, path, wav)
	}
	writeFile(t, "rec/notes.txt", []byte("no sound\n"))
	writeFile(t, "rec/monday/list.txt", []byte("no sound\n"))
	status, _, stderr := diarizer(t.Context(), nil, "run", "--recursive", "--out", "all.json", "rec", "rec/alone.wav")
	if status != 0 {
		t.Fatalf("status %d, %s", status, stderr)
	}
	for _, says := range []string{"rec: passed over what is no recording: monday/list.txt, notes.txt\n", "rec/alone.wav is named twice, and taken once\n"} {
		if !strings.Contains(stderr, says) {
			t.Errorf("no word of %q in %s", says, stderr)
		}
	}
	var doc struct {
		Streams []struct{ Stream string }
	}
	if err := json.Unmarshal([]byte(read(t, "all.json")), &doc); err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, s := range doc.Streams {
		names = append(names, s.Stream)
	}
	if want := []string{"alone", "monday-talk-wav", "tuesday-talk-flac", "tuesday-talk-wav"}; !slices.Equal(names, want) {
		t.Errorf("streams %v, expected %v", names, want)
	}
	if status, _, stderr := diarizer(t.Context(), nil, "run", "--out", "few.rttm", "rec"); status != 0 ||
		!strings.Contains(stderr, "rec: passed over the directories monday, tuesday; --recursive takes them too\n") {
		t.Errorf("status %d, %s", status, stderr)
	}
	if status, _, stderr := diarizer(t.Context(), nil, "run", "."); status != exitInput || !strings.Contains(stderr, "--recursive looks into the directories") {
		t.Errorf("status %d, %s", status, stderr)
	}
}

func TestTellApart(t *testing.T) {
	for _, c := range []struct{ paths, names []string }{
		{[]string{"/x/a.wav", "/y/b.wav"}, []string{"a", "b"}},
		{[]string{"/x/a.wav", "/y/a.wav", "/y/b.wav"}, []string{"x-a", "y-a", "b"}},
		{[]string{"/x/1/a.wav", "/y/1/a.wav"}, []string{"x-1-a", "y-1-a"}},
		{[]string{"/x/a.wav", "/x/a.flac"}, []string{"a-wav", "a-flac"}},
		{[]string{"/a b/c.wav", "/d/c.wav"}, []string{"a_b-c", "d-c"}},
	} {
		var all []recording
		for _, p := range c.paths {
			all = append(all, newRecording(p))
		}
		tellApart(all)
		for i, r := range all {
			if r.name != c.names[i] || !event.ValidToken(r.stream) {
				t.Errorf("%s: %q, stream %q, expected %q", r.path, r.name, r.stream, c.names[i])
			}
		}
	}
}
