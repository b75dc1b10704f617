package voicefile

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

func newKey(t *testing.T) (*Key, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "voices.key")
	if err := NewKey(path); err != nil {
		t.Fatal(err)
	}
	k, err := ReadKey(path)
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
	k, keyPath := newKey(t)
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
	for _, text := range []string{"Ada", "Grace", "voices 1", ada[:40], "stream a"} {
		if strings.Contains(string(data), text) {
			t.Errorf("%q is there in the clear", text)
		}
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
		key  *Key
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
	if err := NewKey(keyPath); err == nil || !strings.Contains(err.Error(), "there already") {
		t.Errorf("a key is overwritten: %v", err)
	}
}

func TestKeyFilesThatAreNone(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string, mode os.FileMode) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	_, good := newKey(t)
	text, err := os.ReadFile(good)
	if err != nil {
		t.Fatal(err)
	}
	cases := map[string]string{
		filepath.Join(dir, "missing"):            "is not there",
		dir:                                      "key",
		write("empty", "", 0o600):                "is no key",
		write("words", "my dog's name\n", 0o600): "is no key",
		write("two", string(text)+string(text), 0o600):  "is no key",
		write("cut", string(text[:len(text)-9]), 0o600): "is no key",
	}
	if runtime.GOOS != "windows" {
		cases[write("open", string(text), 0o644)] = "can be read by others (mode 0644)"
		cases[write("group", string(text), 0o640)] = "can be read by others (mode 0640)"
	}
	for path, says := range cases {
		if _, err := ReadKey(path); err == nil || !strings.Contains(err.Error(), says) || !strings.Contains(err.Error(), path) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v, expected one line with %q", path, err, says)
		} else if strings.Contains(err.Error(), "AGE-SECRET-KEY-1Q") {
			t.Errorf("the error tells the key: %v", err)
		}
	}
}
