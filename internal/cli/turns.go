package cli

import (
	"time"

	"github.com/spf13/pflag"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/online"
)

// The pauses that --join takes.
const (
	defaultJoin = 400 * time.Millisecond
	longestJoin = 5 * time.Second
)

// TurnFlags are the flags about the form of turns.
type TurnFlags struct {
	join      time.Duration
	exclusive bool
}

// Register adds the flags.
func (o *TurnFlags) Register(f *pflag.FlagSet) {
	f.DurationVar(&o.join, "join", defaultJoin, "the longest pause inside a turn, up to 5s")
	f.BoolVar(&o.exclusive, "exclusive", false, "tell of one speaker at a time, as captions want it")
}

// Check returns an error for values out of range.
func (o *TurnFlags) Check() error {
	if o.join < 0 || o.join > longestJoin {
		return Usage("--join %v: expected 0s to %v", o.join, longestJoin)
	}
	return nil
}

// Config returns the configuration of the clustering that the flags describe.
func (o *TurnFlags) Config() online.Config {
	return online.Config{JoinGap: max(1, int64(o.join.Seconds()*capture.Rate)), Exclusive: o.exclusive} // 0 stands for the default
}
