package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/seed-7adb9000/diarizer/internal/voices/voicekey"
)

// longestKept is the longest time that a voice can be kept for: who means for ever leaves
// the flag away.
const longestKept = 100 * 365 * 24 * time.Hour

// within is how long a voice is kept, 0 for ever: days as 90d, or hours and less as 36h.
type within time.Duration

func (w *within) String() string {
	if *w == 0 {
		return ""
	}
	return time.Duration(*w).String()
}

func (*within) Type() string { return "time" }

func (w *within) Set(text string) error {
	d, err := time.ParseDuration(text)
	if days, ok := strings.CutSuffix(text, "d"); ok {
		var n int
		n, err = strconv.Atoi(days)
		d = time.Duration(min(n, 1<<20)) * 24 * time.Hour
	}
	if err != nil || d < time.Minute || d > longestKept {
		return fmt.Errorf("expected days such as 90d, or hours such as 36h")
	}
	*w = within(d)
	return nil
}

// from is when the time is over that begins now.
func (w within) from(now time.Time) time.Time {
	if w == 0 {
		return time.Time{}
	}
	return now.Add(time.Duration(w))
}

// expireFlag registers --voices-expire.
func expireFlag(f *pflag.FlagSet, value *within) {
	f.Var(value, "voices-expire", "erase the voices that --identify keeps after this time, 90d or 36h (default never)")
}

// keyFlag registers --voices-key.
func keyFlag(f *pflag.FlagSet, value *string) {
	f.StringVar(value, "voices-key", "", "encrypt the voices that are kept, in a file or on a server, with the key in this `file`, which diarizer enroll new-key makes")
}

// keyOf reads the key of --voices-key, nil where there is none.
func keyOf(path string) (*voicekey.Key, error) {
	if path == "" {
		return nil, nil
	}
	key, err := voicekey.Read(path)
	if err != nil {
		return nil, as(exitInput, fmt.Errorf("--voices-key: %w", err))
	}
	return key, nil
}
