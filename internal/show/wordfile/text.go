package wordfile

import (
	"bytes"
	"fmt"
	"unicode/utf8"

	"golang.org/x/text/encoding/unicode"
)

// decode returns text in UTF-8 without a byte order mark, in lines that end in "\n". A byte
// order mark tells UTF-16. Any other encoding is an error that names the place. Only JSON
// may be invalid UTF-8, because whisper.cpp cuts characters between tokens.
func decode(data []byte, name string) ([]byte, error) {
	if bytes.HasPrefix(data, []byte{0xff, 0xfe}) || bytes.HasPrefix(data, []byte{0xfe, 0xff}) {
		if len(data)%2 != 0 {
			return nil, fmt.Errorf("%s: UTF-16 of %d bytes: expected an even number, it ends within a character", name, len(data))
		}
		text, err := unicode.UTF16(unicode.BigEndian, unicode.UseBOM).NewDecoder().Bytes(data)
		if err != nil {
			return nil, fmt.Errorf("%s: UTF-16: %w", name, err)
		}
		data = text
	}
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	data = bytes.ReplaceAll(bytes.ReplaceAll(data, []byte("\r\n"), []byte("\n")), []byte("\r"), []byte("\n"))
	at := invalid(data)
	if isJSON(bytes.TrimSpace(data)) {
		at = bytes.IndexByte(data, 0)
	}
	if at >= 0 {
		return nil, fmt.Errorf("%s:%d: byte 0x%02x: expected text in UTF-8, or UTF-16 with a byte order mark",
			name, lineAt(data, at), data[at])
	}
	return data, nil
}

// isJSON reports whether text begins like the JSON of any recogniser.
func isJSON(head []byte) bool {
	if list, ok := bytes.CutPrefix(head, []byte("[")); ok {
		list = bytes.TrimSpace(list)
		return len(list) == 0 || list[0] == '{' || list[0] == ']'
	}
	return bytes.HasPrefix(head, []byte("{"))
}

// invalid is the first offset at which text is not UTF-8 or has a byte 0, −1 if there is
// none.
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

// lineAt is the number of the line at an offset, counted from 1.
func lineAt(data []byte, offset int) int {
	return 1 + bytes.Count(data[:min(max(offset, 0), len(data))], []byte("\n"))
}
