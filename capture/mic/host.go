package mic

import (
	"errors"
	"fmt"
)

// Host is a sound system. A [Mic] calls it from one goroutine that stays on its
// operating system thread.
type Host interface {
	// Devices lists the inputs that there are now.
	Devices() ([]Device, error)
	// Open starts the capture of so many channels at a sample rate in hertz.
	Open(d Device, rate, channels int) (Stream, error)
}

// Stream is a device that captures. None of its methods waits for sound. An
// error of Available or Read means that the device has to be opened again.
type Stream interface {
	// Available is the number of frames that can be read at once. Sound that
	// was lost on the way is not in it, and need not be reported in any way.
	Available() (frames int, err error)
	// Read fills dst with interleaved samples in [-1, 1], not more than are
	// available.
	Read(dst []float32) error
	// Close ends the capture and releases the device.
	Close() error
}

var (
	// ErrNotBuilt is returned by [System] in a program that was built without
	// PortAudio.
	ErrNotBuilt = errors.New("this program was built without microphone support")
	// ErrNoDevice marks a device that is not there.
	ErrNoDevice = errors.New("no such input device")
	// ErrNoSound marks a device that was opened and delivers nothing.
	ErrNoSound = errors.New("delivers no sound")
	// ErrGone marks a device whose connection failed while it was in use.
	ErrGone = errors.New("is gone")
	// ErrStuck is returned by [Mic.Close] where the sound system does not return
	// from a call. The thread that waits in it is left behind.
	ErrStuck = errors.New("the sound system does not let go of the device")
)

// gone wraps what a sound system said of a device that failed, which may be
// nothing at all.
func gone(err error) error {
	if err == nil || err.Error() == "" {
		return ErrGone
	}
	return fmt.Errorf("%w: %w", ErrGone, err)
}
