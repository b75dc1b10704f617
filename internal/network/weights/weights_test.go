package weights

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf8"
)

// TestOneLine holds that nothing of a foreign file reaches a terminal but one short line.
func TestOneLine(t *testing.T) {
	for in, want := range map[string]string{
		"plain":                  "plain",
		"a\nb\x1b[31m\x7f\x00c":  "a b [31m  c",
		"\xffwrong":              "?wrong",
		strings.Repeat("ä", 150): strings.Repeat("ä", 100) + "…",
	} {
		if got := OneLine(errors.New(in)); got != want || !utf8.ValidString(got) {
			t.Errorf("%q became %q, expected %q", in, got, want)
		}
	}
}

// TestNothingAfterAnError holds that a file that was found wrong gives nothing more.
func TestNothingAfterAnError(t *testing.T) {
	f := &File{}
	if f.Half("absent", 1) != nil || f.Err() == nil {
		t.Fatal("an absent tensor was found")
	}
	first := f.Err()
	if f.Exact("other", 1) != nil || f.Close() != first {
		t.Errorf("error %v, expected the first one, %v", f.Close(), first)
	}
}
