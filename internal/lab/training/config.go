// Package training makes models: features of many speakers' recordings, a UBM
// by EM, eigenvoices and eigenchannels by principal components and then EM,
// and the scale and threshold of the scores from simulated conversations.
package training

import (
	"errors"
	"fmt"

	"github.com/seed-7adb9000/diarizer/features"
)

// ErrConfig is wrapped by errors about settings that cannot work.
var ErrConfig = errors.New("training: unusable settings")

// Config are the settings of a training run. Together with the data they
// determine the model to the bit.
type Config struct {
	// Seed starts every random choice.
	Seed uint64
	// Features is the front end.
	Features features.Config
	// Gaussians is M, Eigenvoices ν and Eigenchannels μ.
	Gaussians, Eigenvoices, Eigenchannels int
	// UseChannels says that the model is to integrate channels out. Otherwise
	// the eigenchannels are in it for who wants to compare.
	UseChannels bool
	// Soft divides frames among Gaussians, at training and at run time.
	Soft bool
	// Sessions makes every recording, and every copy of one, a voice of its
	// own. In a conversation a speaker keeps their microphone or line, which
	// then helps to tell them from the others; otherwise all recordings of a
	// speaker are one voice, whatever they came through.
	Sessions bool
	// Augment is how many copies of each recording, through rooms, noise,
	// microphones and telephone lines, join the recording itself.
	Augment int
	// OwnMean is how much of a recording's own mean is taken off its frames;
	// the rest is the mean of its corpus and copy. A recording holds one
	// speaker, a conversation several, so that 1 takes off too much.
	OwnMean float64
	// Chunk is the length of the utterances, in seconds, that eigenchannels
	// are trained on.
	Chunk float64
	// TrainPhi scales frame counts in the training of V and U, Phi at run time.
	TrainPhi, Phi float64
	// TrainOffsetVariance is to the training of V and U what OffsetVariance is at run
	// time; see eigenvoice.Model.
	TrainOffsetVariance float64
	// OffsetVariance, WithinSpeakerVariance and LengthExponent shape the scores; see
	// eigenvoice.Model.
	OffsetVariance, WithinSpeakerVariance, LengthExponent float64
	// UBMIterations and Iterations are the rounds of EM of the UBM at full
	// size and of V and U.
	UBMIterations, Iterations int
}

// DefaultConfig returns the settings of the published model.
func DefaultConfig() Config {
	return Config{
		Seed: 1, Features: features.Default(),
		Gaussians: 256, Eigenvoices: 64, Eigenchannels: 30, Soft: true, Sessions: true, Augment: 2,
		OwnMean: 0.5, Chunk: 3, TrainPhi: 0.3, Phi: 0.15, OffsetVariance: 0.667, WithinSpeakerVariance: 0.02, LengthExponent: 0.7,
		UBMIterations: 8, Iterations: 6,
	}
}

// Validate reports the first setting that cannot work, as an error that wraps
// [ErrConfig] or features.ErrConfig.
func (c Config) Validate() error {
	if err := c.Features.Validate(); err != nil {
		return err
	}
	return checkSettings([]setting{
		{"Gaussians", float64(c.Gaussians), 1, 4096},
		{"eigenvoices", float64(c.Eigenvoices), 1, 400},
		{"eigenchannels", float64(c.Eigenchannels), 0, 400},
		{"copies", float64(c.Augment), 0, 20},
		{"own mean", c.OwnMean, 0, 1},
		{"chunk", c.Chunk, 0.5, 60},
		{"training phi", c.TrainPhi, 1e-3, 1},
		{"phi", c.Phi, 1e-3, 1},
		{"token", c.OffsetVariance, 0, 100},
		{"training token", c.TrainOffsetVariance, 0, 100},
		{"slack", c.WithinSpeakerVariance, 0, 10},
		{"length", c.LengthExponent, 0, 2},
		{"UBM iterations", float64(c.UBMIterations), 1, 1000},
		{"iterations", float64(c.Iterations), 1, 1000},
	})
}

// setting is a setting with its bounds.
type setting struct {
	name     string
	found    float64
	min, max float64
}

// checkSettings reports the first setting that is out of its bounds, as an error
// that wraps [ErrConfig].
func checkSettings(all []setting) error {
	for _, s := range all {
		if !(s.found >= s.min && s.found <= s.max) {
			return fmt.Errorf("%w: %s is %v, expected %v to %v", ErrConfig, s.name, s.found, s.min, s.max)
		}
	}
	return nil
}
