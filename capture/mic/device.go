package mic

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Device is an input of the machine.
type Device struct {
	// Index is the device's place in the list. It may be another after a device
	// was plugged in or out; the name stays.
	Index int `json:"index"`
	// Name and HostAPI say what it is and through which interface of the
	// operating system it is heard.
	Name    string `json:"name"`
	HostAPI string `json:"host_api"`
	// Channels is the most that it captures at once. Virtual devices claim 32
	// and more.
	Channels int `json:"channels"`
	// Rate is its own sample rate, in hertz.
	Rate int `json:"rate"`
	// Default marks the device that is used where none is named.
	Default bool `json:"default"`
}

// Find returns the device that a user means: the default one for "", one by its
// index, or one whose name is want or, in any case of letters, contains it. The
// error wraps [ErrNoDevice] and lists what there is.
func Find(devices []Device, want string) (Device, error) {
	if len(devices) == 0 {
		return Device{}, fmt.Errorf("%w: the machine has no input at all; plug in a microphone, or start the sound server", ErrNoDevice)
	}
	if want == "" {
		if i := slices.IndexFunc(devices, func(d Device) bool { return d.Default }); i >= 0 {
			return devices[i], nil
		}
		return devices[0], nil
	}
	if n, err := strconv.Atoi(want); err == nil {
		if i := slices.IndexFunc(devices, func(d Device) bool { return d.Index == n }); i >= 0 {
			return devices[i], nil
		}
	}
	for _, match := range []func(Device) bool{
		func(d Device) bool { return d.Name == want },
		func(d Device) bool { return strings.EqualFold(d.Name, want) },
		func(d Device) bool { return strings.Contains(strings.ToLower(d.Name), strings.ToLower(want)) },
	} {
		var found []Device
		for _, d := range devices {
			if match(d) {
				found = append(found, d)
			}
		}
		switch {
		case len(found) == 1, len(found) > 1 && sameName(found):
			// The same device through several interfaces: the first is the one
			// that the sound system prefers.
			return found[0], nil
		case len(found) > 1:
			return Device{}, fmt.Errorf("%w: %q may be any of %s; name one, or its number", ErrNoDevice, want, list(found))
		}
	}
	return Device{}, fmt.Errorf("%w: %q, expected one of %s", ErrNoDevice, want, list(devices))
}

func sameName(devices []Device) bool {
	return !slices.ContainsFunc(devices, func(d Device) bool { return d.Name != devices[0].Name })
}

// list names devices in one line.
func list(devices []Device) string {
	var names []string
	for _, d := range devices {
		names = append(names, fmt.Sprintf("%d %q", d.Index, d.Name))
	}
	return strings.Join(names, ", ")
}

// again finds a device that was used before: by name and interface, or by name.
func again(devices []Device, before Device) (Device, error) {
	var byName *Device
	for i, d := range devices {
		if d.Name != before.Name {
			continue
		}
		if d.HostAPI == before.HostAPI {
			return d, nil
		}
		if byName == nil {
			byName = &devices[i]
		}
	}
	if byName != nil {
		return *byName, nil
	}
	return Device{}, fmt.Errorf("%w: %q", ErrNoDevice, before.Name)
}
