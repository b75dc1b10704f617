package mic

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Device is an input of the machine.
type Device struct {
	// Index is the device's place in the list. It can change when a device is plugged in or
	// out. The name stays.
	Index int `json:"index"`
	// Name is the name of the device. HostAPI is the interface of the operating system
	// through which it is heard.
	Name    string `json:"name"`
	HostAPI string `json:"host_api"`
	// Channels is how many channels it can capture. Virtual devices claim 32 and more.
	Channels int `json:"channels"`
	// Rate is the device's own sample rate, in hertz.
	Rate int `json:"rate"`
	// Default marks the device that is used if none is named.
	Default bool `json:"default"`

	// id stays when the name changes, because of other devices that are plugged in or out.
	// It is empty where the sound system has none.
	id string
}

// Find returns the device that want stands for: "" is the default device, a number an index, and other text
// a name or a part of one, regardless of case. The error wraps [ErrNoDevice] and lists the devices.
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
			// This is one device through several interfaces. The sound system lists its
			// preferred interface first.
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

// again finds a device that was used before: by interface and id, by name and interface, or by name.
func again(devices []Device, before Device) (Device, error) {
	for _, is := range []func(Device) bool{
		func(d Device) bool { return d.HostAPI == before.HostAPI && d.id == before.id && d.id != "" },
		func(d Device) bool { return d.HostAPI == before.HostAPI && d.Name == before.Name },
		func(d Device) bool { return d.Name == before.Name },
	} {
		if i := slices.IndexFunc(devices, is); i >= 0 {
			return devices[i], nil
		}
	}
	err := fmt.Errorf("%w: %q", ErrNoDevice, before.Name)
	others := slices.DeleteFunc(slices.Clone(devices), func(d Device) bool { return !alike(d.Name, before.Name) })
	if len(others) > 0 {
		err = fmt.Errorf("%w; there is another of its kind: %s", err, list(others))
	}
	return Device{}, err
}

// alike reports whether two names are of devices of one kind: a sound server adds something to the names of
// devices that are called the same, and ALSA ends them with numbers.
func alike(a, b string) bool {
	return plain(a) == plain(b) || strings.HasPrefix(a, b+" ") || strings.HasPrefix(b, a+" ")
}

// alsaNumbers are the numbers of the card and of the device, with which ALSA's names end in PortAudio. The
// number of a card changes when it is plugged in again.
var alsaNumbers = regexp.MustCompile(` \(hw:\d+,\d+\)$`)

// plain is a name without ALSA's numbers.
func plain(name string) string { return alsaNumbers.ReplaceAllString(name, "") }

// identify gives every device its plain name as its id, or the whole name where several have the same plain
// name, so that one of them is never taken for another.
func identify(devices []Device) {
	kind := func(d Device) Device { return Device{Name: plain(d.Name), HostAPI: d.HostAPI} }
	called := map[Device]int{}
	for _, d := range devices {
		called[kind(d)]++
	}
	for i, d := range devices {
		devices[i].id = d.Name
		if called[kind(d)] == 1 {
			devices[i].id = plain(d.Name)
		}
	}
}
