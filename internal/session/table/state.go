package table

// State is the positions of a table's devices, without their sound. A table can be restored from
// it, because the recorders send the sound again that was not heard.
type State struct {
	// At is the end of the sound that was heard.
	At int64 `json:"at"`
	// Several says whether there was ever more than one device.
	Several bool `json:"several,omitempty"`
	// Devices are the devices that have not ended.
	Devices []Place `json:"devices,omitempty"`
}

// Place is the position of a device.
type Place struct {
	// Shift is the table's time minus the device's time.
	Shift int64 `json:"shift,omitempty"`
	// End is the end of the sound that the device need not send again, in the device's time.
	End int64 `json:"end,omitempty"`
	// Gain is the gain of the device's sound, in decibels.
	Gain float64 `json:"gain,omitempty"`
	// Began says whether any sound of the device came. Found says whether its delay to the others
	// is known. Chosen says whether it is the device that was used last.
	Began  bool `json:"began,omitempty"`
	Found  bool `json:"found,omitempty"`
	Chosen bool `json:"chosen,omitempty"`
}

// Several reports whether there was ever more than one device.
func (t *Table) Several() bool { return t.several }

// Place returns the position of a device.
func (t *Table) Place(d *Device) Place {
	return Place{Shift: d.shift, End: d.end, Gain: d.gain, Began: d.began, Found: d.found, Chosen: d == t.chosen}
}

// Restore returns a table in a state, and its devices in the order of the state. Sound before
// State.At is not heard again.
func Restore(tell func(*Device, string), s State) (*Table, []*Device) {
	t := New(tell)
	t.at, t.looked, t.several = s.At, s.At, s.Several || len(s.Devices) > 1
	for _, p := range s.Devices {
		d := &Device{shift: p.Shift, end: p.End, gain: p.Gain, began: p.Began, found: p.Found}
		t.devices = append(t.devices, d)
		if t.chosen == nil || p.Chosen {
			t.chosen = d
		}
	}
	return t, t.devices
}
