package segnet

import (
	"errors"
	"fmt"
)

// Config holds the settings of a [Stream]. The zero value stands for the defaults.
type Config struct {
	// Hop is how many frames come out at a time. The more, the less work: the LSTMs run
	// over Hop + Ahead frames for each hop. Defaults to 15, 0.25 s.
	Hop int
	// Ahead is how many frames after a hop have been heard before it comes out, for the
	// LSTMs that run backward. Defaults to 30, 0.5 s; -1 means none.
	Ahead int
	// Memory is over how many frames, about, the norms estimate means and
	// variances. Defaults to 593, 10 s.
	Memory int
}

// The defaults of Config.
const (
	DefaultHop    = 15
	DefaultAhead  = 30
	DefaultMemory = 593
)

// longest bounds Hop and Ahead, in frames: 10 s. It bounds the memory of a stream.
const longest = 600

// ErrConfig is what errors about a Config match.
var ErrConfig = errors.New("segnet: invalid configuration")

func (c Config) withDefaults() (Config, error) {
	if c.Hop == 0 {
		c.Hop = DefaultHop
	}
	switch c.Ahead {
	case 0:
		c.Ahead = DefaultAhead
	case -1:
		c.Ahead = 0
	}
	if c.Memory == 0 {
		c.Memory = DefaultMemory
	}
	switch {
	case c.Hop < 1 || c.Hop > longest:
		return c, fmt.Errorf("%w: hop of %d frames, want 1 to %d, or 0 for the default", ErrConfig, c.Hop, longest)
	case c.Ahead < 0 || c.Ahead > longest:
		return c, fmt.Errorf("%w: %d frames ahead, want 1 to %d, 0 for the default or -1 for none", ErrConfig, c.Ahead, longest)
	case c.Memory < c.Hop:
		return c, fmt.Errorf("%w: memory of %d frames, want at least the hop of %d, or 0 for the default", ErrConfig, c.Memory, c.Hop)
	}
	return c, nil
}
