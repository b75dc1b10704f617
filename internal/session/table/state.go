package table

// State is where a table's devices lie, and nothing of their sound: what a table is
// restored by when those who record send again what was not heard.
type State struct {
	// At is the end of what was heard.
	At int64 `json:"at"`
	// Several says whether there was ever more than one device.
	Several bool `json:"several,omitempty"`
	// Devices are those that have not ended.
	Devices []Place `json:"devices,omitempty"`
}

// Place is where a device lies.
type Place struct {
	// Shift is what the table's time is more than the device's.
	Shift int64 `json:"shift,omitempty"`
	// End is the end of what the device need not send again, in its own time.
	End int64 `json:"end,omitempty"`
	// Gain is by how many decibels its sound is made louder.
	Gain float64 `json:"gain,omitempty"`
	// Began says whether it was ever heard of, Found whether it is known how it lies
	// beside the others, and Chosen whether it is the one that was heard last.
	Began  bool `json:"began,omitempty"`
	Found  bool `json:"found,omitempty"`
	Chosen bool `json:"chosen,omitempty"`
}

// Several reports whether there was ever more than one device.
func (t *Table) Several() bool { return t.several }

// Place returns where a device lies.
func (t *Table) Place(d *Device) Place {
	return Place{Shift: d.shift, End: d.end, Gain: d.gain, Began: d.began, Found: d.found, Chosen: d == t.chosen}
}

// Restore returns a table in a state, and its devices, in the order of the state's. What
// lies before State.At is not heard again.
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
