package training

import (
	"context"
	"math/rand/v2"

	"github.com/seed-7adb9000/diarizer/features"
	"github.com/seed-7adb9000/diarizer/internal/lab/dataset"
	"github.com/seed-7adb9000/diarizer/internal/lab/simulate"
)

// augmented are recordings, each with copies of it through other channels.
type augmented struct {
	utts      []dataset.Utterance
	acoustics simulate.Acoustics
	copies    int // of each, the recording itself included
	seed      uint64
	front     features.Config
}

// copyOf is one copy of an utterance, copy 0 the recording itself.
type copyOf struct {
	utterance, number int
	frames            []float32
	rng               *rand.Rand // of the utterance
	worker            int        // who calls, below workers()
}

// each computes the features of all copies and hands them on, the copies of an utterance in
// order, the utterances side by side.
func (a *augmented) each(ctx context.Context, p Progress, stage string, use func(copyOf) error) error {
	done := p.Start(stage, len(a.utts))
	return parallel(ctx, len(a.utts), func(worker, i int) error {
		defer done(1)
		sound, err := dataset.Load(a.utts[i].Path)
		if err != nil {
			return err
		}
		rng := rand.New(rand.NewPCG(a.seed, uint64(i)))
		for k := range a.copies {
			x := sound
			if k > 0 {
				x = distort(rng, sound, a.acoustics, k)
			}
			frames, err := Features(a.front, x)
			if err != nil {
				return err
			}
			if err := use(copyOf{utterance: i, number: k, frames: frames, rng: rng, worker: worker}); err != nil {
				return err
			}
		}
		return nil
	})
}

// numbered counts what utterances have, from 0 in order of first appearance.
func numbered(utts []dataset.Utterance, of func(dataset.Utterance) string) map[string]int {
	numbers := map[string]int{}
	for _, u := range utts {
		if _, ok := numbers[of(u)]; !ok {
			numbers[of(u)] = len(numbers)
		}
	}
	return numbers
}
