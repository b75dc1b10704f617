// Package compare sets the methods of comparing utterances side by side, as
// Jeon, Ma and Macho do in table 1 of their paper: the same utterances, the same
// clustering, each method with the threshold that suited it best on other
// recordings.
package compare

import (
	"fmt"
	"math/rand/v2"
	"sort"

	"github.com/seed-7adb9000/diarizer/internal/lab/experiment"
	"github.com/seed-7adb9000/diarizer/internal/lab/simulate"
)

// Set is a group of recordings in two halves, each of which is judged with the
// thresholds that were best on the other.
type Set struct {
	Name   string
	Sounds []experiment.Sound
	// Half is 0 or 1 for each of the sounds.
	Half []int
}

// mostSpeakers is the largest number of speakers of a conversation.
const mostSpeakers = 7

// Telephone composes n telephone conversations as in the corpus of the paper: 2
// to 7 speakers, more than half of the conversations with 2, up to seconds long.
// The two halves have no speaker in common. The cast is by corpus; that of
// telephone recordings is used if it has the speakers for it, and the largest
// otherwise.
func Telephone(cast map[string][]simulate.Speaker, seed uint64, n int, seconds float64) (Set, error) {
	corpora := make([]string, 0, len(cast))
	for name := range cast {
		corpora = append(corpora, name)
	}
	sort.Slice(corpora, func(a, b int) bool {
		x, y := corpora[a], corpora[b]
		if x == experiment.TelephoneCorpus || y == experiment.TelephoneCorpus {
			return x == experiment.TelephoneCorpus
		}
		return len(cast[x]) > len(cast[y]) || len(cast[x]) == len(cast[y]) && x < y
	})
	for _, name := range corpora {
		if speakers := cast[name]; len(speakers) >= 2*mostSpeakers {
			return telephone(speakers, seed, n, seconds), nil
		}
	}
	return Set{}, fmt.Errorf("no corpus has %d speakers of split sim, %d for each half of the conversations", 2*mostSpeakers, mostSpeakers)
}

func telephone(speakers []simulate.Speaker, seed uint64, n int, seconds float64) Set {
	rng := rand.New(rand.NewPCG(seed, 1))
	var halves [2][]simulate.Speaker
	for i, k := range rng.Perm(len(speakers)) {
		halves[i%2] = append(halves[i%2], speakers[k])
	}
	set := Set{Name: "telephone"}
	for i := range n {
		rng := rand.New(rand.NewPCG(seed, 2+uint64(i)))
		half, of := i%2, 2
		if i/2%9 >= 5 { // four in nine have more
			of = 3 + rng.IntN(mostSpeakers-2)
		}
		var voices []simulate.Speaker
		for _, k := range rng.Perm(len(halves[half]))[:of] {
			voices = append(voices, halves[half][k])
		}
		name := fmt.Sprintf("telephone-%03d", i)
		c := simulate.Talk(rng, voices, simulate.Acoustics{}, simulate.Options{Name: name, Condition: simulate.Telephone, Seconds: seconds})
		set.Sounds = append(set.Sounds, experiment.Sound{Name: name, Group: set.Name, Samples: c.Samples, Reference: c.Reference})
		set.Half = append(set.Half, half)
	}
	return set
}

// Real makes a set of recordings, every second one in the same half.
func Real(name string, sounds []experiment.Sound) Set {
	set := Set{Name: name, Sounds: sounds}
	for i := range sounds {
		set.Half = append(set.Half, i%2)
	}
	return set
}
