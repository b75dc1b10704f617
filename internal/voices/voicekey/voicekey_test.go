package voicekey

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

func newKey(t *testing.T) (*Key, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "voices.key")
	if err := Make(path); err != nil {
		t.Fatal(err)
	}
	k, err := Read(path)
	if err != nil {
		t.Fatal(err)
	}
	return k, path
}

// Encrypted data is read with its key only, and changed data is refused.
func TestSealAndOpen(t *testing.T) {
	k, path := newKey(t)
	another, _ := newKey(t)
	text := []byte("the voice of Ada")
	data, err := k.Seal(text)
	if err != nil || !Sealed(data) || bytes.Contains(data, text) {
		t.Fatalf("sealed: %q, %v", data, err)
	}
	if got, err := k.Open(data); err != nil || !bytes.Equal(got, text) {
		t.Errorf("opened: %q, %v", got, err)
	}
	if got, err := k.Open(text); err != nil || !bytes.Equal(got, text) {
		t.Errorf("what is not encrypted: %q, %v", got, err)
	}
	var none *Key
	if got, err := none.Seal(text); err != nil || !bytes.Equal(got, text) {
		t.Errorf("without a key: %q, %v", got, err)
	}
	if _, err := none.Open(data); !errors.Is(err, ErrSealed) {
		t.Errorf("without a key: %v", err)
	}
	if _, err := another.Open(data); !errors.Is(err, ErrOtherKey) {
		t.Errorf("with another key: %v", err)
	}
	for i := len(sealed); i < len(data); i++ {
		bad := bytes.Clone(data)
		bad[i] ^= 1
		if _, err := k.Open(bad); err == nil {
			t.Fatalf("a changed byte %d is not seen", i)
		}
		if _, err := k.Open(data[:i]); err == nil {
			t.Fatalf("%d of %d bytes are taken for all", i, len(data))
		}
	}
	if err := Make(path); err == nil || !strings.Contains(err.Error(), "there already") {
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
		if _, err := Read(path); err == nil || !strings.Contains(err.Error(), says) || !strings.Contains(err.Error(), path) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v, expected one line with %q", path, err, says)
		} else if strings.Contains(err.Error(), "AGE-SECRET-KEY-1Q") {
			t.Errorf("the error tells the key: %v", err)
		}
	}
}
