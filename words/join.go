package words

import (
	"cmp"
	"slices"
)

// Join says who said each word. The words come back ordered by their start. The turns
// may be in any order and may overlap. Join takes the clocks as they are; [Align] finds
// how they differ, and [Clock.Apply] corrects the words. A word with impossible times is
// a [*WordError].
//
// Time is O((n·k² + t) log t) for n words, t turns and the k of at most twelve speakers
// around a word.
func Join(list []Word, turns []Turn) ([]Said, error) {
	if err := check(list); err != nil {
		return nil, err
	}
	list = slices.Clone(list)
	slices.SortStableFunc(list, byTime)
	t := newTimeline(turns)
	out := make([]Said, 0, len(list))
	for _, block := range blocks(list) {
		out = append(out, decode(block, t)...)
	}
	return out, nil
}

func byTime(a, b Word) int {
	return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(a.End, b.End))
}
