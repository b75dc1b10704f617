//go:build !linux && !freebsd

package mic

import "errors"

// pulse is a sound server that speaks PulseAudio's protocol; here there is none.
type pulse struct{}

const pulseAPI = "PulseAudio"

var errNoServer = errors.New("no sound server of this kind here")

func (pulse) Devices() ([]Device, error)            { return nil, errNoServer }
func (pulse) Open(Device, int, int) (Stream, error) { return nil, errNoServer }
