package trial

import (
	"context"
	"math/rand/v2"
	"slices"

	"github.com/seed-7adb9000/diarizer/event/rttm"
	"github.com/seed-7adb9000/diarizer/internal/lab/dataset"
	"github.com/seed-7adb9000/diarizer/internal/lab/experiment"
	"github.com/seed-7adb9000/diarizer/internal/lab/simulate"
	"github.com/seed-7adb9000/diarizer/online/model"
)

// Recording is what a model makes of somebody in a recording.
type Recording struct {
	Speaker int
	Parts   []model.Stats // of its utterances
}

// line is what a voice comes through.
type line int

const (
	near line = iota
	telephone
	room
	table
	lines
)

// The length of a recording in seconds.
const (
	longestVoice  = 8
	shortestVoice = 2
)

// Voices records everybody through every kind of line, from another recording or
// another part of the only one each time, as far as there are any. They are the same
// for the same utterances and seed.
func Voices(ctx context.Context, utts []dataset.Utterance, ac simulate.Acoustics, m model.Model, seed uint64, progress func(done, all int)) ([]Recording, error) {
	var people [][]dataset.Utterance
	at := map[string]int{}
	for _, u := range utts {
		i, ok := at[u.SpeakerID()]
		if !ok {
			i = len(people)
			at[u.SpeakerID()] = i
			people = append(people, nil)
		}
		people[i] = append(people[i], u)
	}
	each := make([][]Recording, len(people))
	var jobs []func() error
	for i := range people {
		jobs = append(jobs, func() error {
			var sounds [][]float32
			for _, u := range people[i] {
				x, err := dataset.Load(u.Path)
				if err != nil {
					return err
				}
				sounds = append(sounds, x)
			}
			rng := rand.New(rand.NewPCG(seed, uint64(i)))
			for k := range lines {
				x := excerpt(sounds, int(k))
				if len(x) < shortestVoice*dataset.Rate {
					continue
				}
				parts, err := pairs(record(rng, x, k, ac), m)
				if err != nil {
					return err
				}
				each[i] = append(each[i], Recording{i, parts})
			}
			return nil
		})
	}
	if err := parallel(ctx, jobs, progress); err != nil {
		return nil, err
	}
	return slices.Concat(each...), nil
}

// excerpt is what somebody says in recording k of theirs: from the k-th sound on, or
// the k-th part of the only one. Parts overlap where there is little.
func excerpt(sounds [][]float32, k int) []float32 {
	const want = longestVoice * dataset.Rate
	if len(sounds) == 1 {
		x := sounds[0]
		from := max(0, len(x)-want) * k / int(lines-1)
		return x[from:min(len(x), from+want)]
	}
	var x []float32
	for i := range sounds {
		if x = append(x, sounds[(k+i)%len(sounds)]...); len(x) >= want/2 {
			break
		}
	}
	return x[:min(len(x), want)]
}

// record returns a copy of x as a line of a kind delivers it.
func record(rng *rand.Rand, x []float32, kind line, ac simulate.Acoustics) []float32 {
	y := append([]float32(nil), x...)
	simulate.Scale(y, 0.05/max(1e-6, rms(y)))
	simulate.Equalise(rng, y, 6)
	noise := simulate.Coloured(rng, 5*dataset.Rate, rng.Float64())
	if k := rng.IntN(2 * (len(ac.Noises) + 1)); k < len(ac.Noises) {
		noise = ac.Noises[k]
	}
	switch kind {
	case near:
		simulate.AddNoise(rng, y, noise, 10+30*rng.Float64())
	case telephone:
		simulate.AddNoise(rng, y, noise, 10+25*rng.Float64())
		y = simulate.PhoneLine(y)
	case room:
		r := simulate.Room(rng, 0.15+0.5*rng.Float64(), -2+12*rng.Float64())
		if k := rng.IntN(3 * (len(ac.Rooms) + 1)); k < len(ac.Rooms) {
			r = simulate.Unit(ac.Rooms[k])
		}
		y = simulate.Convolve(y, r)
		simulate.AddNoise(rng, y, noise, 5+20*rng.Float64())
	case table:
		y = simulate.Convolve(y, simulate.NewTable(rng).Seat(rng))
		simulate.AddNoise(rng, y, noise, 10+20*rng.Float64())
	}
	return y
}

// pairs are those of the utterances of one voice, its recording cut into equal parts.
func pairs(x []float32, m model.Model) ([]model.Stats, error) {
	whole := []rttm.Segment{{Start: 0, End: float64(len(x)) / dataset.Rate, Speaker: "s1"}}
	rec, err := experiment.NewRecording("voice", "voice", x, whole, m.Front())
	if err != nil {
		return nil, err
	}
	return rec.Pairs(m), nil
}
