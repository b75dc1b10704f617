package wordbench

import (
	"strconv"
	"strings"
	"unicode"

	"github.com/seed-7adb9000/diarizer/internal/metrics"
	"github.com/seed-7adb9000/diarizer/words"
)

// Tally is how many words of conversations a join has given to the right
// speakers.
type Tally struct {
	metrics.Words
	// Wrong counts, by place, the words given to another than their speaker, or
	// to nobody.
	Wrong [3]int
}

// Add adds o's counts to t.
func (t *Tally) Add(o Tally) {
	t.Words.Add(o.Words)
	for i, n := range o.Wrong {
		t.Wrong[i] += n
	}
}

// score compares the script's own words, said[i] being word i, with who said
// them.
func (t Talk) score(said []words.Said) (Tally, error) {
	ref, hyp := make([]metrics.Word, len(said)), make([]metrics.Word, len(said))
	// As texts, numbers lay each word beside itself.
	for i, s := range said {
		ref[i] = metrics.Word{Text: strconv.Itoa(i), Speaker: t.Speakers[i]}
		hyp[i] = metrics.Word{Text: ref[i].Text, Speaker: s.Speaker}
	}
	counts, err := metrics.CompareWords(ref, hyp)
	tally := Tally{Words: counts}
	who := t.owners(said)
	for i, p := range t.places() {
		if who[said[i].Speaker] != t.Speakers[i] {
			tally.Wrong[p]++
		}
	}
	return tally, err
}

// owners is which speaker most of a found speaker's words are of.
func (t Talk) owners(said []words.Said) map[string]string {
	shared := map[[2]string]int{}
	owner := map[string]string{}
	for i, s := range said {
		if s.Speaker == "" {
			continue
		}
		pair := [2]string{s.Speaker, t.Speakers[i]}
		shared[pair]++
		if most := [2]string{s.Speaker, owner[s.Speaker]}; shared[pair] > shared[most] {
			owner[s.Speaker] = t.Speakers[i]
		}
	}
	return owner
}

// scoreHeard compares what a recogniser heard with the script, words in lower case
// and without punctuation.
func (t Talk) scoreHeard(said []words.Said) (Tally, error) {
	var ref, hyp []metrics.Word
	for i, w := range t.Words {
		ref = append(ref, metrics.Word{Text: bare(w.Text), Speaker: t.Speakers[i]})
	}
	for _, w := range said {
		hyp = append(hyp, metrics.Word{Text: bare(w.Text), Speaker: w.Speaker})
	}
	counts, err := metrics.CompareWords(ref, hyp)
	return Tally{Words: counts}, err
}

// bare is a word without punctuation, in lower case.
func bare(text string) string {
	return strings.ToLower(strings.TrimFunc(text, unicode.IsPunct))
}
