package voicefile

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-7adb9000/diarizer/internal/voices/voicekey"
)

func newKey(t *testing.T) (*voicekey.Key, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "voices.key")
	if err := voicekey.Make(path); err != nil {
		t.Fatal(err)
	}
	k, err := voicekey.Read(path)
	if err != nil {
		t.Fatal(err)
	}
	return k, path
}

// With a key no name and no voice is on the disk in the clear, from the next change of a
// file on that was not encrypted.
func TestEncrypted(t *testing.T) {
	m, _ := models(t)
	path := filepath.Join(t.TempDir(), "voices.json")
	f := open(t, path, m)
	if err := f.Add(voice(m, "Ada", 500), false); err != nil {
		t.Fatal(err)
	}
	if err := f.Save(); err != nil {
		t.Fatal(err)
	}
	plain, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	ada := statsOf(t, plain, "Ada")
	k, _ := newKey(t)
	if f, err = Open(path, m, k); err != nil {
		t.Fatal(err)
	}
	if err := f.Add(voice(m, "Grace", 600), false); err != nil {
		t.Fatal(err)
	}
	if err := f.Save(); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	// In the clear they are quoted. Without the quotes, chance could write three letters.
	for _, text := range []string{`"Ada"`, `"Grace"`, "voices 1", ada[:40], "stream a"} {
		if strings.Contains(string(data), text) {
			t.Errorf("%s is there in the clear", text)
		}
	}
	if !strings.Contains(string(plain), `"Ada"`) {
		t.Errorf("without a key: %.200s", plain)
	}
	if f, err = Open(path, m, k); err != nil || len(f.Speakers()) != 2 {
		t.Fatalf("read back: %v", err)
	}
	if e, err := f.Erase("Ada"); err != nil || e.Voices != 1 {
		t.Errorf("%+v, %v", e, err)
	}

	another, anotherPath := newKey(t)
	damaged := filepath.Join(t.TempDir(), "damaged")
	data[len(data)-20] ^= 1
	if err := os.WriteFile(damaged, data, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		path string
		key  *voicekey.Key
		says []string
	}{
		{path, nil, []string{path, "encrypted", "--voices-key"}},
		{path, another, []string{path, "another key", anotherPath}},
		{damaged, k, []string{damaged, "damaged"}},
	} {
		_, err := Open(c.path, m, c.key)
		for _, text := range c.says {
			if err == nil || !strings.Contains(err.Error(), text) || strings.Contains(err.Error(), "\n") {
				t.Errorf("%v: expected one line with %q", err, text)
			}
		}
	}
}
