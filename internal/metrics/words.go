package metrics

import (
	"fmt"
	"maps"
	"math"
	"slices"
)

// Word is a word of a transcript with its speaker. The name of the speaker has a meaning within its
// transcript only. Words are compared as they are written: to count "Yes." and "yes" as the same word,
// normalise them before.
type Word struct{ Text, Speaker string }

// Words is what a comparison of two transcripts has counted; [Words.Add] sums
// the counts of many. Its rates are in percent, and are NaN where they would
// divide by nothing.
type Words struct {
	// Reference is the number of words of the reference.
	Reference int
	// Aligned is the number of reference words that are aligned with a word of the
	// hypothesis, right or wrong, in the alignment with the fewest errors regardless of
	// speakers. Elsewhere is how many of them are aligned with a word of another speaker.
	Aligned, Elsewhere int
	// Nobody is the part of Elsewhere whose word has no speaker.
	Nobody int
	// Permuted counts the errors (substitutions, deletions and insertions) between the words
	// of each reference speaker and those of the paired hypothesis speaker.
	Permuted int
}

// WDER is the word diarization error rate of Shafey, Soltau & Shafran ("Joint
// Speech Recognition and Speaker Diarization via Sequence Transduction", 2019):
// Elsewhere of Aligned. Speakers are paired so that it is smallest.
func (w Words) WDER() float64 { return 100 * ratio(float64(w.Elsewhere), float64(w.Aligned)) }

// CPWER is the concatenated minimum-permutation word error rate of Watanabe and
// others ("CHiME-6 Challenge", 2020): Permuted of Reference.
func (w Words) CPWER() float64 { return 100 * ratio(float64(w.Permuted), float64(w.Reference)) }

// Add adds o's counts to w.
func (w *Words) Add(o Words) {
	w.Reference += o.Reference
	w.Aligned += o.Aligned
	w.Elsewhere += o.Elsewhere
	w.Nobody += o.Nobody
	w.Permuted += o.Permuted
}

// maxCells bounds the work and memory of an alignment: 20,000 words in each transcript.
const maxCells = 400_000_000

// CompareWords compares two transcripts of one recording, each in the order in
// which its words begin. The speaker "" is nobody: no word of the reference has
// it, and it is paired with nobody. Time and memory are O(n·m) for n and m words.
func CompareWords(ref, hyp []Word) (Words, error) {
	if len(ref)*len(hyp) > maxCells {
		return Words{}, fmt.Errorf("metrics: %d and %d words: expected a product of at most %d", len(ref), len(hyp), maxCells)
	}
	w := Words{Reference: len(ref)}
	refs, hyps := names(ref), names(hyp)
	if len(refs)*len(hyps) > maxPairs {
		return Words{}, fmt.Errorf("%w: %d in the reference, %d in the hypothesis: expected at most %d pairs",
			ErrSpeakers, len(refs), len(hyps), maxPairs)
	}
	w.align(ref, hyp, refs, hyps)
	w.permute(ref, hyp, refs, hyps)
	return w, nil
}

// names are the speakers, without "".
func names(list []Word) []string {
	seen := map[string]bool{}
	for _, w := range list {
		if w.Speaker != "" {
			seen[w.Speaker] = true
		}
	}
	return slices.Sorted(maps.Keys(seen))
}

// align counts Aligned, Elsewhere and Nobody.
func (w *Words) align(ref, hyp []Word, refs, hyps []string) {
	shared := make([][]float64, len(refs))
	for i := range shared {
		shared[i] = make([]float64, len(hyps))
	}
	for _, p := range beside(ref, hyp) {
		w.Aligned++
		r, _ := slices.BinarySearch(refs, ref[p[0]].Speaker)
		if h, ok := slices.BinarySearch(hyps, hyp[p[1]].Speaker); ok {
			shared[r][h]++
		} else {
			w.Nobody++
		}
	}
	w.Elsewhere = w.Aligned
	if len(hyps) == 0 {
		return
	}
	for r, h := range Assign(shared) {
		if h >= 0 {
			w.Elsewhere -= int(shared[r][h])
		}
	}
}

// permute counts Permuted. Words without a speaker are insertions.
func (w *Words) permute(ref, hyp []Word, refs, hyps []string) {
	said := func(list []Word, who string) []Word {
		var own []Word
		for _, w := range list {
			if w.Speaker == who {
				own = append(own, w)
			}
		}
		return own
	}
	// A pair saves what it has less errors than both speakers without a partner.
	saved := make([][]float64, len(refs))
	for r, who := range refs {
		own := said(ref, who)
		w.Permuted += len(own)
		saved[r] = make([]float64, len(hyps))
		for h, other := range hyps {
			theirs := said(hyp, other)
			saved[r][h] = float64(len(own) + len(theirs) - distance(own, theirs))
		}
	}
	w.Permuted += len(hyp)
	if len(hyps) == 0 {
		return
	}
	for r, h := range Assign(saved) {
		if h >= 0 {
			w.Permuted -= int(math.Round(saved[r][h]))
		}
	}
}

// distance is the least number of substitutions, deletions and insertions (Levenshtein 1966).
func distance(a, b []Word) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range a {
		diagonal := row[0]
		row[0] = i + 1
		for j := range b {
			above := row[j+1]
			if a[i].Text != b[j].Text {
				diagonal++
			}
			row[j+1] = min(above+1, row[j]+1, diagonal)
			diagonal = above
		}
	}
	return row[len(b)]
}

// beside aligns b with a at the least distance and returns the pairs of indices. Of several such
// alignments, it takes the one with the most equal words.
func beside(a, b []Word) [][2]int {
	const (
		both, left, put = 0, 1, 2
		wrong           = 1 << 20 // more than there can be equal words
	)
	pair := func(a, b Word) int {
		if a.Text == b.Text {
			return -1
		}
		return wrong
	}
	way := make([]uint8, (len(a)+1)*(len(b)+1))
	width := len(b) + 1
	row := make([]int, width)
	for j := range row {
		row[j], way[j] = j*wrong, put
	}
	for i := range a {
		diagonal := row[0]
		row[0], way[(i+1)*width] = (i+1)*wrong, left
		for j := range b {
			above := row[j+1]
			best, from := diagonal+pair(a[i], b[j]), uint8(both)
			if above+wrong < best {
				best, from = above+wrong, left
			}
			if row[j]+wrong < best {
				best, from = row[j]+wrong, put
			}
			diagonal, row[j+1], way[(i+1)*width+j+1] = above, best, from
		}
	}
	var pairs [][2]int
	for i, j := len(a), len(b); i > 0 || j > 0; {
		switch way[i*width+j] {
		case both:
			i, j = i-1, j-1
			pairs = append(pairs, [2]int{i, j})
		case left:
			i--
		default:
			j--
		}
	}
	slices.Reverse(pairs)
	return pairs
}
