package pcm

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// hear gives blocks of 960 frames at the stated positions to a clock and returns
// where each lies.
func hear(c *Clock, stated []int64) (at []int64) {
	var next int64
	for _, pos := range stated {
		next += c.At(pos, 48000)
		at = append(at, next)
		next += 960
		c.Heard(960)
	}
	return at
}

func TestClock(t *testing.T) {
	const second = 48000
	for name, c := range map[string]struct {
		stated, want []int64
	}{
		"continuous":              {[]int64{0, 960, 1920}, []int64{0, 960, 1920}},
		"late start":              {[]int64{5 * second, 5*second + 960}, []int64{5 * second, 5*second + 960}},
		"hole":                    {[]int64{0, 960 + 20*second}, []int64{0, 960 + 20*second}},
		"rounded to milliseconds": {[]int64{0, 1008, 1872, 2880}, []int64{0, 960, 1920, 2880}},
		"lost packets add up":     {[]int64{0, 1920, 3840, 5760}, []int64{0, 960, 1920, 5760}},
		"starts before 0":         {[]int64{-600, 360, 20 * second}, []int64{0, 960, 20 * second}},
		"hole after an overlap":   {[]int64{0, 500, 1460, 10 * second}, []int64{0, 960, 1920, 10 * second}},
		"clock set back":          {[]int64{0, 960, -100 * second, -100*second + 960, -90 * second}, []int64{0, 960, 1920, 2880, 1920 + 10*second}},
		"a jump of a year":        {[]int64{0, 365 * 86400 * second, 365*86400*second + 960, 365*86400*second + 10*second}, []int64{0, 960, 1920, 960 + 10*second}},
		"a jump and back":         {[]int64{0, 365 * 86400 * second, 1920, 10 * second}, []int64{0, 960, 1920, 10 * second}},
		"least and greatest":      {[]int64{math.MinInt64, math.MaxInt64, math.MinInt64, 0}, []int64{0, 960, 1920, 2880}},
	} {
		got := hear(&Clock{}, c.stated)
		for i := range got {
			if got[i] != c.want[i] {
				t.Errorf("%s: blocks at %d, want %d", name, got, c.want)
				break
			}
		}
	}
}

// TestClockJitter: times that are wrong by up to some amount never make gaps of
// more than that in all, however long the recording is.
func TestClockJitter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		most := rapid.Int64Range(0, 20000).Draw(t, "jitter")
		var stated []int64
		for i := range int64(rapid.IntRange(1, 300).Draw(t, "blocks")) {
			stated = append(stated, i*960+rapid.Int64Range(-most, most).Draw(t, "error"))
		}
		at := hear(&Clock{}, stated)
		for i, got := range at {
			if late := got - int64(i)*960; late < 0 || late > most {
				t.Fatalf("block %d is %d late with times within ±%d", i, late, most)
			}
		}
	})
}

// TestClockAnything: no stated times make positions go back, or give more gaps than are accepted.
func TestClockAnything(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var c Clock
		at := hear(&c, rapid.SliceOf(rapid.Int64()).Draw(t, "stated"))
		for i, got := range at {
			if i > 0 && got < at[i-1]+960 || got < 0 || got > int64(i)*960+int64(MaxGap.Seconds())*48000 {
				t.Fatalf("blocks at %d", at)
			}
		}
	})
}
