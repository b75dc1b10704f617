//go:build portaudio && cgo

package mic

// both lists the devices of a sound system and then those of a sound server. The default is that of the
// sound system, if it has one.
type both struct {
	system, server Host
}

func (b both) Devices() ([]Device, error) {
	devices, err := b.system.Devices()
	more, failed := b.server.Devices()
	if failed != nil {
		return devices, err // no server is no error
	}
	next, standard := 0, false
	for _, d := range devices {
		next, standard = max(next, d.Index+1), standard || d.Default
	}
	for _, d := range more {
		d.Index += next
		d.Default = d.Default && !standard
		devices = append(devices, d)
	}
	return devices, nil
}

func (b both) Open(d Device, rate, channels int) (Stream, error) {
	if d.HostAPI == pulseAPI {
		return b.server.Open(d, rate, channels)
	}
	return b.system.Open(d, rate, channels)
}
