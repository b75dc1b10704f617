package mic

import (
	"errors"
	"fmt"
)

// Host is a sound system. A [Mic] calls it from one goroutine that stays on its
// operating system thread.
type Host interface {
	// Devices lists the present inputs.
	Devices() ([]Device, error)
	// Open starts the capture of a number of channels at a sample rate in hertz.
	Open(d Device, rate, channels int) (Stream, error)
}

// Stream is a device that captures. None of its methods waits for sound. An
// error of Available or Read means that the device has to be opened again.
type Stream interface {
	// Available is the number of frames that can be read without waiting. Lost sound does
	// not count, and a Stream need not report it.
	Available() (frames int, err error)
	// Read fills dst with interleaved samples in [-1, 1]. dst must not be longer than what
	// is available.
	Read(dst []float32) error
	// Close ends the capture and releases the device.
	Close() error
}

var (
	// ErrNotBuilt is returned by [System] in a program that was built without
	// PortAudio.
	ErrNotBuilt = errors.New("this program was built without microphone support")
	// ErrNoDevice is wrapped by the error for a device that does not exist.
	ErrNoDevice = errors.New("no such input device")
	// ErrNoSound is wrapped by the error for a device that was opened and delivers nothing.
	ErrNoSound = errors.New("delivers no sound")
	// ErrGone is wrapped by the error for a device whose connection failed during use.
	ErrGone = errors.New("is gone")
	// ErrStuck is returned by [Mic.Close] if the sound system does not return from a call.
	// The thread of that call is left behind.
	ErrStuck = errors.New("the sound system does not let go of the device")
)

// gone wraps the error of a device that failed, which may be nil.
func gone(err error) error {
	if err == nil || err.Error() == "" {
		return ErrGone
	}
	return fmt.Errorf("%w: %w", ErrGone, err)
}
