package experiment

import (
	"fmt"
	"iter"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"sort"
	"strings"

	"github.com/seed-7adb9000/diarizer/event/rttm"
	"github.com/seed-7adb9000/diarizer/internal/lab/dataset"
	"github.com/seed-7adb9000/diarizer/internal/lab/simulate"
)

// Sound is a recording with its reference, before features.
type Sound struct {
	Name, Group string
	Samples     []float32
	Reference   []rttm.Segment
}

// Dev reads every FLAC recording of a directory that has an RTTM file beside
// it. The group is the name up to the first underscore.
func Dev(dir string) ([]Sound, error) {
	names, err := filepath.Glob(filepath.Join(dir, "*.flac"))
	if err != nil {
		return nil, err
	}
	var out []Sound
	for _, name := range names {
		base := strings.TrimSuffix(name, ".flac")
		ref, err := Reference(base + ".rttm")
		if err != nil {
			return nil, err
		}
		samples, err := dataset.Load(name)
		if err != nil {
			return nil, err
		}
		group, _, _ := strings.Cut(filepath.Base(base), "_")
		out = append(out, Sound{Name: filepath.Base(base), Group: group, Samples: samples, Reference: ref})
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("%s: no FLAC recordings, expected some with RTTM beside them", dir)
	}
	return out, nil
}

// Acoustics reads the rooms and noises of a data directory.
func Acoustics(dir string) (simulate.Acoustics, error) {
	var ac simulate.Acoustics
	for sub, dst := range map[string]*[][]float32{"rir": &ac.Rooms, "noise": &ac.Noises} {
		names, err := filepath.Glob(filepath.Join(dir, sub, "*.flac"))
		if err != nil {
			return ac, err
		}
		sort.Strings(names)
		for _, n := range names {
			x, err := dataset.Load(n)
			if err != nil {
				return ac, err
			}
			*dst = append(*dst, x)
		}
	}
	return ac, nil
}

// Cast reads the utterances' sound, speaker by speaker, grouped by corpus.
func Cast(utts []dataset.Utterance) (map[string][]simulate.Speaker, error) {
	out := map[string][]simulate.Speaker{}
	at := map[string]int{}
	for _, u := range utts {
		x, err := dataset.Load(u.Path)
		if err != nil {
			return nil, err
		}
		i, ok := at[u.SpeakerID()]
		if !ok {
			i = len(out[u.Corpus])
			at[u.SpeakerID()] = i
			out[u.Corpus] = append(out[u.Corpus], simulate.Speaker{Name: u.Speaker})
		}
		s := &out[u.Corpus][i]
		s.Recordings = append(s.Recordings, x)
	}
	return out, nil
}

// TelephoneCorpus is the one recorded over telephone lines, several calls a speaker.
const TelephoneCorpus = "wuw2"

// OneLine returns the cast with everybody of the telephone corpus as heard in one
// call.
func OneLine(cast map[string][]simulate.Speaker) map[string][]simulate.Speaker {
	out := maps.Clone(cast)
	if speakers := slices.Clone(cast[TelephoneCorpus]); len(speakers) > 0 {
		for i := range speakers {
			speakers[i] = speakers[i].OneLine()
		}
		out[TelephoneCorpus] = speakers
	}
	return out
}

// talkative returns the speakers with enough material for a conversation, or
// all where they are too few.
func talkative(all []simulate.Speaker) []simulate.Speaker {
	const enough = 20 * dataset.Rate
	var out []simulate.Speaker
	for _, s := range all {
		n := 0
		for _, r := range s.Recordings {
			n += len(r)
		}
		if n >= enough {
			out = append(out, s)
		}
	}
	if len(out) < mostSpeakers {
		return all
	}
	return out
}

// lasting returns the speakers of the named corpora, each in their longest recording,
// for conversations in which everybody speaks for minutes: those with half a minute
// or more, or all where they are too few. What is said again in another recording,
// over another microphone, would be another voice.
func lasting(cast map[string][]simulate.Speaker, corpora []string) []simulate.Speaker {
	const enough = 30 * dataset.Rate
	var all, long []simulate.Speaker
	for _, c := range corpora {
		for _, s := range cast[c] {
			s = s.OneLine()
			all = append(all, s)
			if len(s.Recordings[0]) >= enough {
				long = append(long, s)
			}
		}
	}
	if len(long) < mostSpeakers {
		return all
	}
	return long
}

// mostSpeakers is how many a conversation may have.
const mostSpeakers = 8

// Plan says which conversations are composed: Count of each condition, up to Seconds
// long, drawn by Seed.
type Plan struct {
	Conditions []simulate.Condition
	Count      int
	Seconds    float64
	Seed       uint64
}

// EveryCondition is what conversations can be recorded through, in the order of tables.
func EveryCondition() []simulate.Condition {
	return []simulate.Condition{simulate.Clean, simulate.Telephone, simulate.Rooms, simulate.Meeting}
}

// Conversations composes the conversations of a plan, one at a time: clean, telephone (of
// telephone speech where there is any), rooms with noise and television, of 2 to 7
// speakers, more than half of them 2; and far-field meetings of 4 to 8, who say what
// they have again until the time is up.
func Conversations(cast map[string][]simulate.Speaker, ac simulate.Acoustics, plan Plan) (iter.Seq[Sound], error) {
	var wide, narrow []string
	for corpus, s := range cast {
		switch {
		case len(s) < mostSpeakers:
		case corpus == TelephoneCorpus:
			narrow = append(narrow, corpus)
		default:
			wide = append(wide, corpus)
		}
	}
	sort.Strings(wide)
	if len(narrow) == 0 {
		narrow = wide
	}
	if len(wide) == 0 {
		return nil, fmt.Errorf("no corpus has %d speakers to make conversations of", mostSpeakers)
	}
	lasting := lasting(cast, wide)
	compose := func(cond simulate.Condition, i int) Sound {
		rng := rand.New(rand.NewPCG(plan.Seed, uint64(cond)<<32|uint64(i)))
		speakers := 2
		if i%9 >= 5 {
			speakers = 3 + rng.IntN(5)
		}
		if cond == simulate.Meeting {
			speakers = 4 + rng.IntN(5)
		}
		pool := talkative(cast[wide[i%len(wide)]])
		switch cond {
		case simulate.Telephone:
			pool = talkative(cast[narrow[i%len(narrow)]])
		case simulate.Meeting:
			pool = lasting
		}
		var voices []simulate.Speaker
		for _, k := range rng.Perm(len(pool))[:speakers] {
			voices = append(voices, pool[k])
		}
		name := fmt.Sprintf("sim-%s-%02d", cond, i)
		c := simulate.Talk(rng, voices, ac, simulate.Options{Name: name, Condition: cond, Seconds: plan.Seconds, Repeat: cond == simulate.Meeting})
		return Sound{Name: name, Group: "sim-" + cond.String(), Samples: c.Samples, Reference: c.Reference}
	}
	return func(yield func(Sound) bool) {
		for _, cond := range plan.Conditions {
			for i := range plan.Count {
				if !yield(compose(cond, i)) {
					return
				}
			}
		}
	}, nil
}
