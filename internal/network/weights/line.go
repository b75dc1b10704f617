package weights

import "strings"

// OneLine keeps a foreign file's content, which errors quote, from spreading over the
// terminal: err's text without control characters, at most 200 bytes.
func OneLine(err error) string {
	const limit = 200
	s := strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(err.Error(), "?"))
	if len(s) > limit {
		s = strings.ToValidUTF8(s[:limit], "") + "…"
	}
	return s
}
