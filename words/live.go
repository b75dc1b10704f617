package words

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"time"
)

// Live joins words and turns as they come, and as turns change. When all are there,
// every word has the speaker that [Join] gives it. The zero value is ready. A Live is
// for one recogniser: two recognisers that hear the same would look like two people who
// talk at once.
//
// Memory is bounded. Of more than LiveWords words the oldest are settled: their speaker
// no longer changes. Turns that ended before them are settled too.
type Live struct {
	blocks []*liveBlock
	turns  map[int]Turn
	next   int           // id of the next word
	floor  time.Duration // before it everything is settled
	bound  int           // of the words that can change, see Bound
}

// LiveWords is how many words a Live can still change: some two hours of talk.
const LiveWords = 20000

// Bound sets how many words can still change, LiveWords by default. If there are more
// now, the oldest are settled when the next words are added.
func (l *Live) Bound(words int) { l.bound = words }

// limit is how many words can still change.
func (l *Live) limit() int { return cmp.Or(l.bound, LiveWords) }

// LiveTurns is how many turns a Live knows.
const LiveTurns = 20000

// liveBlock is a block of words that are joined together.
type liveBlock struct {
	ids   []int
	words []Word
	said  []Said        // as told; shorter where words are new
	until time.Duration // when the last of them has ended
	dirty bool          // a turn around it has changed, or its words
}

// Change is a word that has a speaker, or another than before.
type Change struct {
	// ID is the word's number, in the order in which words were added, from 1.
	ID int
	Said
}

// moved is how much a probability must change to be told of alone.
const moved = 0.25

// Add adds words that will not change. Words from before the settled time are joined all
// the same, with the turns that are known.
func (l *Live) Add(list []Word) error {
	if err := check(list); err != nil {
		return err
	}
	for _, w := range list {
		l.next++
		l.insert(l.next, w)
	}
	l.recut()
	l.forget()
	return nil
}

// insert puts a word in its place by time, into the block of the word before.
func (l *Live) insert(id int, w Word) {
	at := len(l.blocks) - 1
	for at > 0 && byTime(w, l.blocks[at].words[0]) < 0 {
		at--
	}
	if at < 0 {
		l.blocks, at = append(l.blocks, &liveBlock{}), 0
	}
	b := l.blocks[at]
	i := len(b.words)
	for i > 0 && byTime(w, b.words[i-1]) < 0 {
		i--
	}
	b.ids, b.words = slices.Insert(b.ids, i, id), slices.Insert(b.words, i, w)
	b.until = max(b.until, w.End)
	if i < len(b.said) {
		b.said = slices.Insert(b.said, i, Said{Probability: untold})
	}
	b.dirty = true
}

// Has reports whether w was added and can still change. Of a word that would be settled by
// now, nothing is known, and the answer is yes.
func (l *Live) Has(w Word) bool {
	if w.Start < l.floor {
		return true
	}
	for _, b := range slices.Backward(l.blocks) {
		order := byTime(b.words[0], w)
		if order <= 0 && slices.Contains(b.words, w) {
			return true
		}
		if order < 0 { // the words of earlier blocks are earlier
			break
		}
	}
	return false
}

// untold is the probability of a word that was not told of.
const untold = -1

// recut cuts the blocks again where their words have changed. Which word a block
// begins with depends on what was before it alone.
func (l *Live) recut() {
	for i := 0; i < len(l.blocks); i++ {
		for l.changed(i) && l.mend(i) {
		}
	}
}

// changed reports whether a block or the next one has changed.
func (l *Live) changed(i int) bool {
	return l.blocks[i].dirty || i+1 < len(l.blocks) && l.blocks[i+1].dirty
}

// mend makes one block of a block and the next, and cuts that as it must be. It
// reports whether that changed anything.
func (l *Live) mend(i int) bool {
	a := l.blocks[i]
	n := a.length()
	if n < len(a.words) {
		l.blocks = slices.Insert(l.blocks, i+1, a.split(n))
		return true
	}
	if i+1 == len(l.blocks) {
		return false
	}
	b := l.blocks[i+1]
	if cut(len(a.words), a.words[len(a.words)-1], b.words[0]) {
		return false
	}
	a.fill()
	a.ids, a.words, a.said = append(a.ids, b.ids...), append(a.words, b.words...), append(a.said, b.said...)
	a.until, a.dirty = max(a.until, b.until), true
	l.blocks = slices.Delete(l.blocks, i+1, i+2)
	return true
}

// length is where the first cut belongs.
func (b *liveBlock) length() int {
	for i := 1; i < len(b.words); i++ {
		if cut(i, b.words[i-1], b.words[i]) {
			return i
		}
	}
	return len(b.words)
}

// fill makes said as long as words.
func (b *liveBlock) fill() {
	for len(b.said) < len(b.words) {
		b.said = append(b.said, Said{Probability: untold})
	}
}

// split cuts a block after n words.
func (b *liveBlock) split(n int) *liveBlock {
	b.fill()
	rest := &liveBlock{ids: slices.Clone(b.ids[n:]), words: slices.Clone(b.words[n:]), said: slices.Clone(b.said[n:]), dirty: true}
	b.ids, b.words, b.said, b.dirty = b.ids[:n], b.words[:n], b.said[:n], true
	b.until, rest.until = end(b.words), end(rest.words)
	return rest
}

// forget settles the oldest blocks where there are too many words.
func (l *Live) forget() {
	n := 0
	for _, b := range l.blocks {
		n += len(b.words)
	}
	floor := l.floor
	for len(l.blocks) > 1 && n > l.limit() && !l.blocks[0].dirty {
		n -= len(l.blocks[0].words)
		l.blocks = slices.Delete(l.blocks, 0, 1)
		l.floor = l.blocks[0].words[0].Start
	}
	if l.floor == floor {
		return
	}
	for id, t := range l.turns {
		if t.End < l.floor-reach {
			delete(l.turns, id)
		}
	}
}

// forgetTurns drops the oldest turns where there are too many.
func (l *Live) forgetTurns() {
	if len(l.turns) <= LiveTurns {
		return
	}
	ids := slices.SortedFunc(maps.Keys(l.turns), func(a, b int) int {
		return cmp.Or(cmp.Compare(l.turns[a].End, l.turns[b].End), cmp.Compare(a, b))
	})
	for _, id := range ids[:len(ids)/8] {
		delete(l.turns, id)
	}
}

// Set adds the turn with an id, or changes it.
func (l *Live) Set(id int, t Turn) {
	if l.turns == nil {
		l.turns = map[int]Turn{}
	}
	was, ok := l.turns[id]
	switch {
	case ok && was == t, t.End < l.floor-reach:
		return
	case ok:
		l.touch(was)
	}
	l.turns[id] = t
	l.touch(t)
	l.forgetTurns()
}

// Remove removes the turn with an id.
func (l *Live) Remove(id int) {
	if t, ok := l.turns[id]; ok {
		l.touch(t)
		delete(l.turns, id)
	}
}

// Merge gives the turns and the words of one speaker to another. The words do not count
// as changes, because a subscriber that is told of the merge does the same.
func (l *Live) Merge(speaker, into string) {
	for id, t := range l.turns {
		if t.Speaker == speaker {
			l.touch(t)
			t.Speaker = into
			l.turns[id] = t
		}
	}
	for _, b := range l.blocks {
		for i := range b.said {
			if b.said[i].Speaker == speaker && speaker != "" {
				b.said[i].Speaker = into
			}
		}
	}
}

// touch marks the blocks that a turn may matter to.
func (l *Live) touch(t Turn) {
	for _, b := range l.blocks {
		if b.words[0].Start-reach <= t.End && t.Start <= b.until+reach {
			b.dirty = true
		}
	}
}

// end is when the last of some words has ended.
func end(list []Word) (end time.Duration) {
	for _, w := range list {
		end = max(end, w.End)
	}
	return end
}

// Changes joins what has changed since the last call. It returns the words that got a
// speaker, another speaker, or quite another probability, by time.
func (l *Live) Changes() []Change {
	var out []Change
	for _, b := range l.blocks {
		if !b.dirty {
			continue
		}
		b.fill()
		for i, s := range decode(b.words, newTimeline(l.near(b))) {
			was := &b.said[i]
			if was.Probability == untold || was.Speaker != s.Speaker || math.Abs(was.Probability-s.Probability) >= moved {
				*was = s
				out = append(out, Change{b.ids[i], s})
			}
		}
		b.dirty = false
	}
	return out
}

// near are the turns that may matter to a block.
func (l *Live) near(b *liveBlock) []Turn {
	var out []Turn
	from, to := b.words[0].Start-reach, b.until+reach
	for _, t := range l.turns {
		if t.End >= from && t.Start <= to {
			out = append(out, t)
		}
	}
	return out
}

// Words returns all words that can still change, by time, as Changes returned them.
func (l *Live) Words() []Change {
	var out []Change
	for _, b := range l.blocks {
		for i, s := range b.said {
			if s.Probability != untold {
				out = append(out, Change{b.ids[i], s})
			}
		}
	}
	return out
}
