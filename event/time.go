package event

import (
	"fmt"
	"math"
	"strconv"
	"time"
)

// Rate is the number of samples in a second of stream time, whatever the rate
// of the recording.
const Rate = 16000

// Time is a position in a stream, or a length of it, in samples. In JSON it is
// a number of seconds; samples at 16 kHz are exact decimals of at most seven
// places.
type Time int64

// maxTime is how far seconds in float64 surely lead back to the sample, with two bits
// to spare for the rounding of a division and a product: 2,200 years.
const maxTime = 1 << 50

// Seconds returns t in seconds.
func (t Time) Seconds() float64 { return float64(t) / Rate }

// Duration returns t as a wall-clock duration, exactly, or the longest there is
// (292 years) where t is longer.
func (t Time) Duration() time.Duration {
	const sample, longest = time.Second / Rate, Time(math.MaxInt64 / (time.Second / Rate))
	switch {
	case t > longest:
		return math.MaxInt64
	case t < -longest:
		return math.MinInt64
	}
	return time.Duration(t) * sample
}

// TimeOf returns the number of samples nearest to d.
func TimeOf(d time.Duration) Time {
	return Time(math.Round(d.Seconds() * Rate))
}

// MarshalJSON writes t in seconds.
func (t Time) MarshalJSON() ([]byte, error) {
	return strconv.AppendFloat(nil, t.Seconds(), 'f', -1, 64), nil
}

// UnmarshalJSON reads a number of seconds, to the nearest sample.
func (t *Time) UnmarshalJSON(data []byte) error {
	if string(data) == "null" {
		return nil
	}
	s, err := strconv.ParseFloat(string(data), 64)
	if err != nil || math.IsNaN(s) || math.Abs(s)*Rate > maxTime {
		return fmt.Errorf("time %s: expected a number of seconds", data)
	}
	*t = Time(math.Round(s * Rate))
	return nil
}
