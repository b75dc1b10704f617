package event

// OneWord is oneWord, for tests from outside.
var OneWord = oneWord

// Settled is how many turns are settled.
func (t *Timeline) Settled() int { return t.settled.turns.n }

// MaxTime is maxTime.
const MaxTime = maxTime

// Unended is how many turns are open.
func (t *Timeline) Unended() int { return len(t.open) }

// BoundWords is boundWords.
const BoundWords = boundWords
