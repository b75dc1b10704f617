package wordfile

import (
	"bytes"
	"fmt"
	"unicode/utf8"

	"golang.org/x/text/encoding/unicode"
)

// decode returns text in UTF-8 without a byte order mark. UTF-16 is told by its
// mark. Any other encoding is an error that says where, except in JSON, for
// whisper.cpp divides characters among its tokens.
func decode(data []byte, name string) ([]byte, error) {
	if bytes.HasPrefix(data, []byte{0xff, 0xfe}) || bytes.HasPrefix(data, []byte{0xfe, 0xff}) {
		text, err := unicode.UTF16(unicode.BigEndian, unicode.UseBOM).NewDecoder().Bytes(data)
		if err != nil {
			return nil, fmt.Errorf("%s: UTF-16: %w", name, err)
		}
		return text, nil
	}
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	if head := bytes.TrimSpace(data); len(head) > 0 && (head[0] == '{' || head[0] == '[') {
		return data, nil
	}
	if at := invalid(data); at >= 0 {
		return nil, fmt.Errorf("%s:%d: byte 0x%02x: expected text in UTF-8, or UTF-16 with a byte order mark",
			name, lineAt(data, at), data[at])
	}
	return data, nil
}

// invalid is where text stops being UTF-8, or has a byte 0, or −1.
func invalid(data []byte) int {
	for at := 0; at < len(data); {
		r, n := utf8.DecodeRune(data[at:])
		if r == utf8.RuneError && n <= 1 || r == 0 {
			return at
		}
		at += n
	}
	return -1
}

// lineAt is the number of the line at an offset, from 1.
func lineAt(data []byte, offset int) int {
	return 1 + bytes.Count(data[:min(max(offset, 0), len(data))], []byte("\n"))
}
