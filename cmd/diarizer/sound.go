package main

import (
	"github.com/spf13/pflag"

	"github.com/seed-7adb9000/diarizer/capture"
)

// soundFlags are the flags of every command that reads recordings.
type soundFlags struct {
	speed, raw, channel string
	track               int
}

func (s *soundFlags) register(f *pflag.FlagSet) {
	f.StringVar(&s.speed, "speed", "1", "1 as it was spoken, N times as fast, or max")
	f.StringVar(&s.raw, "raw", "", "the files are samples without a header, such as s16le:16000:1 (encoding, rate, channels)")
	f.StringVar(&s.channel, "channel", "mix", "which channel: mix of all, a number from 1 on, or each as a stream of its own")
	f.IntVar(&s.track, "track", 0, "which sound track of a video or another container that has several, from 1 on; 0 is the first that does not begin with minutes of silence")
}

// parse checks the flags and returns the speed and the options that they describe.
func (s *soundFlags) parse() (capture.Speed, capture.Options, error) {
	var opts capture.Options
	speed, err := capture.ParseSpeed(s.speed)
	if err != nil {
		return 0, opts, usage("--speed: %w", err)
	}
	if opts.Channel, err = capture.ParseChannel(s.channel); err != nil {
		return 0, opts, usage("--channel: %w", err)
	}
	if opts.Track = s.track; s.track < 0 {
		return 0, opts, usage("--track %d: expected a number from 1 on, or 0", s.track)
	}
	if s.raw != "" {
		r, err := capture.ParseRaw(s.raw)
		if err != nil {
			return 0, opts, usage("--raw: %w", err)
		}
		opts.Raw = &r
	}
	return speed, opts, nil
}
