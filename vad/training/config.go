package training

import (
	"errors"
	"fmt"

	"github.com/seed-7adb9000/diarizer/vad/internal/front"
	"github.com/seed-7adb9000/diarizer/vad/internal/net"
	"github.com/seed-7adb9000/diarizer/vad/internal/train"
)

// Config holds the settings of a run. Start from DefaultConfig.
type Config struct {
	Clips   int // that are composed
	Seconds int // of each
	Epochs  int // over all of them
	Dense   int // rectified units
	State   int // recurrent units
	Delay   int // hops of 10 ms by which the network looks ahead
	Rate    float64
	Seed    uint64
	// Without lists kinds of noise, or noises by file name, not to train on.
	Without []string
}

// DefaultConfig returns the settings of the weights that come with the program.
func DefaultConfig() Config {
	return Config{Clips: 2000, Seconds: 20, Epochs: 9, Dense: 40, State: 40, Delay: 22, Rate: 4e-3, Seed: 1}
}

// ErrConfig is what errors about settings match.
var ErrConfig = errors.New("vad training: settings that cannot work")

func (c Config) validate() error {
	for _, f := range []struct {
		name          string
		v, low, large int
	}{
		{"clips", c.Clips, width, 1e6},
		{"seconds", c.Seconds, 4, 600},
		{"epochs", c.Epochs, 1, 1e4},
		{"dense units", c.Dense, 1, 1024},
		{"recurrent units", c.State, 1, 1024},
		{"delay", c.Delay, 0, 100},
	} {
		if f.v < f.low || f.v > f.large {
			return fmt.Errorf("%w: %s of %d, want %d to %d", ErrConfig, f.name, f.v, f.low, f.large)
		}
	}
	if !(c.Rate > 0 && c.Rate < 1) {
		return fmt.Errorf("%w: learning rate %v, want above 0 and below 1", ErrConfig, c.Rate)
	}
	return nil
}

// What a run does not vary: hops per input of the network, sequences side by side
// and steps that the gradient reaches back.
const (
	step  = 2
	width = 32
	reach = 50
)

func (c Config) fit() train.Config {
	return train.Config{Shape: net.Shape{In: front.Size, Dense: c.Dense, State: c.State, Out: 1},
		Epochs: c.Epochs, Width: width, Steps: reach, Rate: c.Rate, Seed: c.Seed}
}
