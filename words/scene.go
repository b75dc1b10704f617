package words

import (
	"cmp"
	"maps"
	"slices"
	"time"
)

// mostVoices bounds the work for a word: of more speakers near a block, those
// who speak most there are looked at.
const mostVoices = 8

// nobodyShare is how likely nobody known goes on where the memory is lost,
// against each of the voices.
const nobodyShare = 0.2

// scene is what is known of a block before its words are given to anybody. The
// voices have the indices from 0, nobody known has the one after the last.
type scene struct {
	block  []Word
	marks  bool // sentences end in its text
	voices []string
	// prior is who goes on where nothing is remembered.
	prior []float64
	// like is how likely each word is from each voice, begins how likely a
	// voice begins a turn with it, lost the share of memory lost before it.
	like, begins [][]float64
	lost         []float64
}

func newScene(block []Word, t timeline) *scene {
	from, to := block[0].Start, block[0].End
	for _, w := range block {
		to = max(to, w.End)
	}
	near := t.near(from-reach, to+reach)
	s := &scene{block: block, marks: punctuated(block), voices: voices(near, from-reach, to+reach)}
	share := 1 / (float64(len(s.voices)) + nobodyShare)
	s.prior = append(slices.Repeat([]float64{share}, len(s.voices)), nobodyShare*share)
	states := len(s.prior)
	all := make([]float64, 2*len(block)*states)
	row := func() []float64 {
		r := all[:states:states]
		all = all[states:]
		return r
	}
	for i, w := range block {
		like, begins, forgotten := row(), row(), 1.0
		near := t.near(w.Start-reach, w.End+reach)
		likelihoods(w, near, s.voices, like)
		if i > 0 {
			beginnings(w, near, s.voices, begins)
			forgotten = lost(block[i-1], w, s.marks)
		}
		s.like, s.begins, s.lost = append(s.like, like), append(s.begins, begins), append(s.lost, forgotten)
	}
	return s
}

// voices are the known speakers of turns between two moments, in the order of
// their names.
func voices(turns []Turn, from, to time.Duration) []string {
	talk := map[string]time.Duration{}
	for _, t := range turns {
		if t.Speaker != "" && t.End > from {
			talk[t.Speaker] += min(t.End, to) - max(t.Start, from)
		}
	}
	names := slices.SortedFunc(maps.Keys(talk), func(a, b string) int {
		return cmp.Or(cmp.Compare(talk[b], talk[a]), cmp.Compare(a, b))
	})
	names = names[:min(len(names), mostVoices)]
	slices.Sort(names)
	return names
}

// chances writes to out how likely each voice, or nobody, says word i after p,
// whatever the word's own times say.
func (s *scene) chances(i int, p path, out []float64) {
	word, nobody := s.block[i], len(s.voices)
	var begins float64 // that anybody else begins a turn
	for who, b := range s.begins[i] {
		if who != p.now {
			begins += b
		}
	}
	for who := range out {
		c := s.lost[i] * s.prior[who]
		if who == p.now {
			c += 1 - s.lost[i]
		}
		c *= 1 - min(1, begins)
		if who != p.now {
			c += s.begins[i][who] / max(1, begins)
		}
		out[who] = c
	}
	if p.before != none {
		last := s.block[i-1-p.back]
		r := resumes(last, word, s.marks)
		for who := range out {
			out[who] *= 1 - r
		}
		out[p.before] = (out[p.before] + r) * together(last, word)
	}
	if p.now != nobody {
		out[p.now] *= together(s.block[i-1], word)
	}
}
