//go:build !portaudio || !cgo

package mic

import "fmt"

// System returns the sound system of the machine.
func System() (Host, error) {
	return nil, fmt.Errorf("%w; build it with: make build", ErrNotBuilt)
}
