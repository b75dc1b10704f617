package table

import (
	"math"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/internal/session/picture"
)

// How a device is chosen. A device at the far end of the table may be turned up louder than
// the device in front of the speaker. So the level does not decide, but how far the sound is
// above the device's floor. Another device is chosen only if it is clearly better, because
// every change of device changes the sound of a voice.
const (
	better = 3.0  // decibels by which another device has to be clearer
	spoken = 3.0  // decibels above the floor from which somebody may be speaking
	deaf   = -10  // decibels: the clarity of a device that is off or covered
	widely = 20.0 // decibels: the most that a device is made louder or softer
)

// clarity is by how many decibels a device's sound around a moment of the table is above
// the device's floor; 0 while the floor is unknown.
func (d *Device) clarity(at int64) float64 {
	v := &d.view
	base, ok := v.floor.level()
	if !ok {
		return 0
	}
	middle := (at - d.shift - v.from) / picture.Hop
	from, to := max(0, middle-ahead/picture.Hop), min(int64(len(v.levels)), middle+ahead/picture.Hop)
	if from >= to {
		return math.Inf(-1)
	}
	sum := 0.0
	for _, x := range v.levels[from:to] {
		sum += float64(x)
	}
	return sum/float64(to-from) - base
}

// choose returns the device to use now, nil if no device has sound at this moment.
func (t *Table) choose() *Device {
	here := func(d *Device) bool { return d.found && d.cover(t.at) > 0 }
	var best *Device
	most, now := math.Inf(-1), math.Inf(-1)
	for _, d := range t.devices {
		if !here(d) {
			continue
		}
		c := d.clarity(t.at)
		if d == t.chosen {
			now = c
		}
		if best == nil || c > most {
			best, most = d, c
		}
	}
	if here(t.chosen) && (most < now+better || most < spoken && now > deaf) {
		return t.chosen
	}
	return best
}

// fill fills b with the sound of d. A change of device is a cross-fade, and d is amplified
// so that its floor is as loud as the floor of the device before.
func (t *Table) fill(d *Device, b capture.Block) {
	before := t.chosen
	if d == before {
		d.add(b.Samples, b.Start, amplitude(d.gain), amplitude(d.gain))
	} else {
		d.gain = before.gain
		if old, ok := before.view.floor.level(); ok {
			if floor, ok := d.view.floor.level(); ok {
				d.gain = max(-widely, min(widely, old+before.gain-floor))
			}
		}
		n := min(fade, len(b.Samples), int(before.cover(b.Start)))
		if n > 0 {
			before.add(b.Samples[:n], b.Start, amplitude(before.gain), 0)
			d.add(b.Samples[:n], b.Start, 0, amplitude(d.gain))
		}
		d.add(b.Samples[n:], b.Start+int64(n), amplitude(d.gain), amplitude(d.gain))
		t.chosen = d
	}
	for i, x := range b.Samples {
		b.Samples[i] = max(-1, min(1, x))
	}
}

// amplitude is the factor of so many decibels. 0 dB is exactly 1.
func amplitude(decibels float64) float32 { return float32(math.Pow(10, decibels/20)) }
