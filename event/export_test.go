package event

// OneWord is oneWord, for tests from outside.
var OneWord = oneWord

// MaxTime is maxTime.
const MaxTime = maxTime

// Unended is how many turns are open.
func (t *Timeline) Unended() int { return len(t.open) }

// BoundWords is boundWords.
const BoundWords = boundWords

// MostRuns is mostRuns.
const MostRuns = mostRuns

// Known is how many runs are remembered.
func (r *Runs) Known() int { return len(r.places) }
