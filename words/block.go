package words

import "time"

// Blocks of words are joined by themselves. They are cut where nothing is
// remembered across the cut and, as that need not come for hours, after so many
// words: at the end of a sentence or a pause from the first bound on, anywhere at
// the second.
const (
	enough     = 100
	most       = 150
	smallPause = 300 * time.Millisecond
)

// cut reports whether a block of so many words may end between two words.
func cut(length int, before, after Word) bool {
	pause := after.Start - before.End
	switch {
	case pause >= forgotten, length >= most:
		return true
	case length < enough:
		return false
	}
	return pause >= smallPause || pause >= 0 && ending(before.Text) == sentence // not where two talk at once
}

// blocks cuts ordered words. It looks at the words alone, so that a change of
// turns leaves the blocks as they are.
func blocks(list []Word) [][]Word {
	var out [][]Word
	begin := 0
	for i := 1; i < len(list); i++ {
		if cut(i-begin, list[i-1], list[i]) {
			out = append(out, list[begin:i:i])
			begin = i
		}
	}
	if begin < len(list) {
		out = append(out, list[begin:])
	}
	return out
}
