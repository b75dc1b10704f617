//go:build !portaudio || !cgo

package mic

import "fmt"

// System returns the sound system of the machine: without PortAudio that is a sound
// server that speaks PulseAudio's protocol, if one answers.
func System() (Host, error) {
	if _, err := (pulse{}).Devices(); err == nil {
		return pulse{}, nil
	}
	return nil, fmt.Errorf("%w; start the sound server, or build it with PortAudio: make build", ErrNotBuilt)
}
