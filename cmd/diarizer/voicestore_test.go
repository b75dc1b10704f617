package main

import (
	"io"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/seed-7adb9000/diarizer/internal/cli"
	"github.com/seed-7adb9000/diarizer/internal/voices/enroll"
	"github.com/seed-7adb9000/diarizer/internal/voices/voicefile"
	"github.com/seed-7adb9000/diarizer/internal/voices/voicekey"
)

// While a command listens to a recording, others erase and add voices. What it keeps then changes
// nothing else: an erased voice does not return, and an added one stays.
func TestAVoicesFileIsChangedAsItIsNow(t *testing.T) {
	m, err := cli.ReadModel("light")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := voicekey.Make(filepath.Join(dir, "voices.key")); err != nil {
		t.Fatal(err)
	}
	key, err := voicekey.Read(filepath.Join(dir, "voices.key"))
	if err != nil {
		t.Fatal(err)
	}
	voice := func(name string) enroll.Speaker {
		sp := enroll.Speaker{Name: name, Enrolled: time.Now(), Stats: m.Shape().NewStats()}
		sp.Stats.N = 600
		sp.Stats.D[0] = float64(name[0]) // everybody's is different
		return sp
	}
	for _, c := range []struct {
		name   string
		key    *voicekey.Key
		change func(fileStore) error
		want   []string
	}{
		{"add", nil, func(s fileStore) error { return s.Add(t.Context(), voice("Bo"), false) }, []string{"Bo", "Grace", "Kim"}},
		{"rename", nil, func(s fileStore) error { return s.Rename(t.Context(), "Kim", "Kit") }, []string{"Grace", "Kit"}},
		{"delete", nil, func(s fileStore) error { _, err := s.Delete(t.Context(), "Kim"); return err }, []string{"Grace"}},
		{"seal", key, func(s fileStore) error { _, err := s.Seal(t.Context()); return err }, []string{"Grace", "Kim"}},
	} {
		path := filepath.Join(dir, c.name+".json")
		plain, err := newFileStore(path, m, nil, io.Discard)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"Ada", "Kim"} {
			if err := plain.Add(t.Context(), voice(name), false); err != nil {
				t.Fatal(err)
			}
		}
		store, err := newFileStore(path, m, c.key, io.Discard)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := plain.Delete(t.Context(), "Ada"); err != nil {
			t.Fatal(err)
		}
		if err := plain.Add(t.Context(), voice("Grace"), false); err != nil {
			t.Fatal(err)
		}
		if err := c.change(store); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		f, err := voicefile.Open(path, m, c.key)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, sp := range f.Speakers() {
			names = append(names, sp.Name)
		}
		if !slices.Equal(names, c.want) {
			t.Errorf("%s: the file has %v, expected %v", c.name, names, c.want)
		}
	}
}
