//go:build !portaudio || !cgo

package mic

import "fmt"

// System returns the sound system of the machine. Without PortAudio, that is a sound server with
// PulseAudio's protocol, if one answers.
func System() (Host, error) {
	if _, err := (pulse{}).Devices(); err == nil {
		return pulse{}, nil
	}
	return nil, fmt.Errorf("%w; start the sound server, or build it with PortAudio: make build", ErrNotBuilt)
}
