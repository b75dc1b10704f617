// Package pcm has what the decoders of all recording formats share: the format of a recording, the reading of its samples,
// and its errors.
package pcm

import (
	"errors"
	"fmt"
	"math"
)

// Format is the format of a recording.
type Format struct {
	// Container and Encoding name the format to a person: "WAV", "PCM 16 bit".
	Container, Encoding string
	// Rate is in hertz, Channels at least 1.
	Rate, Channels int
	// Frames is the number of samples of each channel, or -1 if the recording does not tell
	// (a pipe, a recorder that was cut off).
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
	// Format is known from the start. Its rate and channels are those of the frames that
	// the latest Read returned. They change in a recording that consists of several.
	Format() Format
	// Read decodes the next frames (a sample of every channel, interleaved) into dst and
	// returns their number: at most len(dst)/Channels, and at least one unless it returns an
	// error. It does not wait for more than one frame. The frames have one format and no gap
	// between them. The error is io.EOF after the last frame, and wraps [ErrDamaged] if the
	// rest cannot be decoded. A dst of MaxChannels is long enough for every recording.
	Read(dst []float32) (frames int, err error)
	// Warning is an error of a recording that can be used nevertheless, such as
	// [ErrTruncated]. It is nil if there is none so far, and complete once Read has returned
	// io.EOF.
	Warning() error
}

var (
	// ErrUnsupported is wrapped by the error for a format or encoding that is recognised and
	// not decoded.
	ErrUnsupported = errors.New("unsupported")
	// ErrDamaged is wrapped by the error for a recording whose bytes contradict its format.
	ErrDamaged = errors.New("damaged")
	// ErrTruncated is wrapped by the error for a recording that ends earlier than it states.
	ErrTruncated = errors.New("truncated")
	// ErrEmpty is wrapped by the error for a recording without a single sample.
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

// Join joins the warnings that are not nil in one line. The result wraps all of them. It is nil if there are none.
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
