package metrics

import (
	"fmt"
	"maps"
	"slices"

	"github.com/seed-7adb9000/diarizer/event/rttm"
)

// Recording is the score of one recording.
type Recording struct {
	Name  string
	Score Score
	// Speakers is the reference speaker whom each hypothesis speaker was
	// paired with.
	Speakers map[string]string
}

// Corpus is the score of many recordings.
type Corpus struct {
	// Recordings are those scored, by name.
	Recordings []Recording
	// All is their sum.
	All Score
	// Missing names the recordings without any hypothesis. They are scored:
	// all their speech is missed.
	Missing []string
	// Unknown names the recordings that only the hypothesis has. Unevaluated names those of
	// the reference without a region, if others have regions. Neither are scored.
	Unknown, Unevaluated []string
}

// CompareAll scores each recording of ref. Segments and regions belong together by their File. With
// regions, exactly the recordings that they name are scored, with or without speech in the reference.
func CompareAll(ref, hyp []rttm.Segment, opts Options) (Corpus, error) {
	refs, hyps := byFile(ref), byFile(hyp)
	regions := make(map[string][]rttm.Region)
	for _, r := range opts.Regions {
		regions[r.File] = append(regions[r.File], r)
	}
	var c Corpus
	names := sortedKeys(refs)
	if len(opts.Regions) > 0 {
		names = sortedKeys(regions)
		c.Unevaluated = without(sortedKeys(refs), regions)
	}
	for _, name := range names {
		score, speakers, err := Compare(refs[name], hyps[name],
			Options{Collar: opts.Collar, SkipOverlap: opts.SkipOverlap, Regions: regions[name]})
		if err != nil {
			return Corpus{}, fmt.Errorf("recording %q: %w", name, err)
		}
		c.Recordings = append(c.Recordings, Recording{Name: name, Score: score, Speakers: speakers})
		c.All.Add(score)
		if len(hyps[name]) == 0 && len(refs[name]) > 0 {
			c.Missing = append(c.Missing, name)
		}
	}
	for _, name := range without(sortedKeys(hyps), refs) {
		if _, ok := regions[name]; !ok {
			c.Unknown = append(c.Unknown, name)
		}
	}
	return c, nil
}

func byFile(segments []rttm.Segment) map[string][]rttm.Segment {
	m := make(map[string][]rttm.Segment)
	for _, s := range segments {
		m[s.File] = append(m[s.File], s)
	}
	return m
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

func without[V any](names []string, m map[string]V) []string {
	return slices.DeleteFunc(names, func(name string) bool { _, ok := m[name]; return ok })
}
