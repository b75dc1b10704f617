package wordfile

import (
	"strings"
	"unicode"
)

// pieces cuts text into words: at spaces and, in Chinese and Japanese, which have no
// spaces, after each character with its punctuation. Punctuation by itself belongs to the
// word before it or, at the beginning, to the word after it.
func pieces(text string) []string {
	var out []string
	before := ""
	for _, f := range strings.Fields(text) {
		if marks(f) {
			if len(out) > 0 {
				out[len(out)-1] += f
			} else {
				before += f
			}
			continue
		}
		f, before = before+f, ""
		begin := 0
		previous := rune(0)
		for at, r := range f {
			if at > begin && (character(r) || character(previous) && unicode.IsLetter(r)) && !opens(previous) {
				out = append(out, f[begin:at])
				begin = at
			}
			if !unicode.IsPunct(r) || opens(r) {
				previous = r
			}
		}
		out = append(out, f[begin:])
	}
	if before != "" {
		out = append(out, before)
	}
	return out
}

// marks reports whether text is only punctuation that is not spoken.
func marks(text string) bool {
	return strings.Trim(text, `.,;:!?…-–—>"'«»„“”‘’()[]¿¡。、，！？：；「」`) == ""
}

// character reports whether r belongs to a script without spaces, in which every character
// takes about the same time to say.
func character(r rune) bool {
	return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana)
}

// opens reports whether r belongs to what follows.
func opens(r rune) bool { return strings.ContainsRune("「『（《〈【“‘(", r) }

// bare is a word without punctuation, in lower case.
func bare(text string) string {
	return strings.ToLower(strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsNumber(r) {
			return r
		}
		return -1
	}, text))
}
