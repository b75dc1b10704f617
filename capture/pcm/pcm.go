// Package pcm is what the decoders of all recording formats have in common:
// what a recording says of itself, how its samples are read, and how it fails.
package pcm

import (
	"errors"
	"fmt"
	"math"
)

// Format says what a recording holds.
type Format struct {
	// Container and Encoding name the format to a person: "WAV", "PCM 16 bit".
	Container, Encoding string
	// Rate is in hertz, Channels at least 1.
	Rate, Channels int
	// Frames is the number of samples of each channel, or -1 where the
	// recording does not tell (a pipe, a recorder that was cut off).
	Frames int64
}

// String is the format in one line: "WAV, PCM 16 bit, 2 channels, 44100 Hz".
func (f Format) String() string {
	channels := fmt.Sprint(f.Channels, " channels")
	switch f.Channels {
	case 1:
		channels = "mono"
	case 2:
		channels = "stereo"
	}
	return fmt.Sprintf("%s, %s, %s, %d Hz", f.Container, f.Encoding, channels, f.Rate)
}

// Reader decodes one recording from its beginning to its end.
type Reader interface {
	// Format is known from the start. Its rate and channels are those of the
	// frames that the latest Read returned: a recording made of several, one
	// after the other, may change.
	Format() Format
	// Read decodes the next frames (a sample of every channel, interleaved)
	// into dst and returns how many frames these are: at least one, unless it
	// returns an error; at most len(dst)/Channels. It does not wait for more
	// than one frame, and returns frames of one format only, with no gap
	// between them. The error is io.EOF after the last frame, and wraps
	// [ErrDamaged] where what follows cannot be decoded. A dst of MaxChannels
	// is long enough for every recording.
	Read(dst []float32) (frames int, err error)
	// Warning tells of what is wrong with the recording although it can be
	// used, such as [ErrTruncated]; nil if nothing is known so far. It is
	// complete once Read has returned io.EOF.
	Warning() error
}

var (
	// ErrUnsupported marks a format or encoding that is recognised and not decoded.
	ErrUnsupported = errors.New("unsupported")
	// ErrDamaged marks a recording whose bytes contradict its format.
	ErrDamaged = errors.New("damaged")
	// ErrTruncated marks a recording that ends before it says it does.
	ErrTruncated = errors.New("truncated")
	// ErrEmpty marks a recording without a single sample.
	ErrEmpty = errors.New("no sound in it")
)

// MaxChannels is the greatest number of channels that the readers accept.
const MaxChannels = 256

// CheckShape returns an error that wraps ErrUnsupported unless the number of
// channels is in [1, MaxChannels] and the rate is positive.
func CheckShape(rate int64, channels int) error {
	if channels < 1 || channels > MaxChannels {
		return fmt.Errorf("%w: %d channels, expected 1 to %d", ErrUnsupported, channels, MaxChannels)
	}
	if rate < 1 || rate > math.MaxInt32 {
		return fmt.Errorf("%w: sample rate %d Hz, expected a positive rate", ErrUnsupported, rate)
	}
	return nil
}

// Join makes one line of the warnings that are not nil. The result wraps all of
// them, and is nil if there are none.
func Join(warnings ...error) (all error) {
	for _, w := range warnings {
		switch {
		case w == nil:
		case all == nil:
			all = w
		default:
			all = fmt.Errorf("%w; %w", all, w)
		}
	}
	return all
}
