package event

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path/filepath"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxToken is how long a token is at most: a subject stays short enough to read and to list.
const maxToken = 64

// StreamID returns the stream id for a recording: the file name without directory and
// extension, as a [Token].
func StreamID(path string) string {
	base := filepath.Base(path)
	if name := strings.TrimSuffix(base, filepath.Ext(base)); name != "" {
		base = name
	}
	return Token(base)
}

// Token turns any name into one subject token, [A-Za-z0-9_-]{1,64}. A name that is a
// token is returned as it is. In another name, each character that a token cannot hold
// becomes a hyphen, and a hyphen with eight hexadecimal digits of the SHA-256 of the
// name follows. So different names stay different, and a name gives the same token
// everywhere.
func Token(name string) string {
	if ValidToken(name) {
		return name
	}
	var b strings.Builder
	for _, r := range name {
		switch {
		case r < 0x80 && tokenByte(byte(r)):
			b.WriteRune(r)
		case !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
		if b.Len() >= maxToken-9 {
			break
		}
	}
	sum := sha256.Sum256([]byte(name))
	readable := strings.Trim(b.String(), "-")
	if readable == "" {
		readable = "stream"
	}
	return readable + "-" + hex.EncodeToString(sum[:4])
}

// ValidToken reports whether s can be a stream id, a run id or a kind.
func ValidToken(s string) bool {
	if s == "" || len(s) > maxToken {
		return false
	}
	for i := range len(s) {
		if !tokenByte(s[i]) {
			return false
		}
	}
	return true
}

func tokenByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '-'
}

// CheckText explains why s cannot be a name, a title or another text that people read in a
// line, or returns nil: it may have at most that many characters, all of them printable.
// what says in the error what s is.
func CheckText(what, s string, most int) error {
	if n := utf8.RuneCountInString(s); n > most {
		return fmt.Errorf("%s of %d characters: expected at most %d", what, n, most)
	}
	for _, r := range s {
		if r == utf8.RuneError || !unicode.IsGraphic(r) {
			return fmt.Errorf("%s %q: expected printable characters", what, s)
		}
	}
	return nil
}

// CheckStream explains why s cannot be a stream id, or returns nil.
func CheckStream(s string) error {
	if ValidToken(s) {
		return nil
	}
	return fmt.Errorf("stream %q: expected 1 to %d of A-Z a-z 0-9 _ -, such as %q", s, maxToken, Token(s))
}
