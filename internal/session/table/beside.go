package table

import (
	"math"

	"github.com/seed-7adb9000/diarizer/internal/session/picture"
)

// How devices are aligned: by the shift at which their pictures correlate best. When a
// device joins, the time at which its sound arrives gives a first estimate. Later the clocks
// drift by some milliseconds a minute.
const (
	reach  = 300 // frames: the greatest error of the first estimate
	near   = 8   // frames: the greatest drift since the last look
	drift  = 16  // samples: the greatest change of a shift at one look, 0.1 %, more than clocks drift
	widest = 900 // frames: the most that are compared
	least  = 400 // frames: the fewest that are compared
	piece  = 100 // frames in which mostly one person speaks

	alike    = 0.4  // least correlation of the same sound
	distinct = 0.15 // least lead over the correlation of any other shift
	about    = 4    // frames around the best shift that the exact shift may be off
	peak     = 25   // frames around the best shift that belong to it
	other    = 0.2  // greatest correlation of different sounds
	doubts   = 60   // looks in a row with different sounds after which the shift of a device is unknown again
	patient  = 30   // looks until a device is told that it hears something else
)

// search is the state of the search for a device's shift.
type search struct {
	shift  int64 // the shift at the last look
	once   bool  // whether the last look was sure of it
	looks  int
	doubts int
	told   bool
}

// look aligns all devices with the chosen one.
func (t *Table) look() {
	for _, d := range t.devices {
		switch {
		case d == t.chosen || d.ended || d.away || len(d.view.frames) < least || len(t.chosen.view.frames) < least:
		case d.found:
			t.follow(d)
		default:
			t.find(d)
		}
	}
}

// find searches for the shift of a device of which only the arrival of its sound is known.
// The shift is found when two looks agree.
func (t *Table) find(d *Device) {
	s := &d.search
	if s.looks++; s.looks > patient && s.looks%5 > 0 {
		return // the device may stay in another room
	}
	shift, r, second := beside(d, t.chosen, reach)
	sure := r >= alike && r-second >= distinct
	if sure && s.once && abs(shift-s.shift) < 3*picture.Hop {
		d.forget()
		d.shift, d.found = shift, true
		return
	}
	s.shift, s.once = shift, sure
	if s.looks > patient && !s.told && d.busy() {
		s.told = true
		t.tell(d, "this device does not hear what the others hear, and is left out until it does")
	}
}

// follow corrects the shift of a device as its clock drifts.
func (t *Table) follow(d *Device) {
	shift, r, _ := beside(d, t.chosen, near)
	switch {
	case r >= alike:
		d.shift += max(-drift, min(drift, shift-d.shift))
		d.search.doubts = 0
	case r < other && (d.busy() || t.chosen.busy()):
		if d.search.doubts++; d.search.doubts >= doubts {
			d.forget()
			d.found = false
		}
	}
}

// busy reports whether somebody has spoken lately.
func (d *Device) busy() bool {
	base, ok := d.view.floor.level()
	if !ok {
		return false
	}
	n := 0
	for _, x := range d.view.levels[max(0, len(d.view.levels)-widest):] {
		if float64(x) > base+10 {
			n++
		}
	}
	return n > least/8
}

// beside returns the shift of d, within so many frames, at which d hears the same as c, and
// the correlation r there. second is the greatest correlation of the shifts that are far
// from it.
func beside(d, c *Device, within int) (shift int64, r, second float64) {
	x, y := &d.view, &c.view
	exact := float64(d.shift+x.from-c.shift-y.from) / picture.Hop
	base := int(math.Round(exact))
	from := max(0, len(x.frames)-widest)
	all := make([]float64, 2*within+1)
	stride := 1
	if within > near {
		stride = 2 // frames overlap by half
	}
	at := func(s *picture.Scale, lag int) float64 {
		return s.Correlation(x.frames, y.frames, from, len(x.frames), lag-base, piece, least*3/4)
	}
	best := 0
	for i := range all {
		all[i] = -1
		if i%stride == 0 {
			all[i] = at(picture.Decibels, i-within)
		}
		if all[i] > all[best] {
			best = i
		}
	}
	second = -1
	for i, r := range all {
		if i < best-peak || i > best+peak {
			second = max(second, r)
		}
	}
	lag := best - within
	r = all[best]
	fine := math.Inf(-1)
	for l := lag - about; l <= lag+about; l++ {
		if c := at(picture.Amplitude, l); c > fine {
			fine, best = c, l
		}
	}
	lag = best
	// The top of the parabola through the best correlation and its neighbours.
	before, after := at(picture.Amplitude, lag-1), at(picture.Amplitude, lag+1)
	top := float64(lag)
	if bend := before - 2*fine + after; bend < 0 && before > -1 && after > -1 {
		top += max(-0.5, min(0.5, (before-after)/(2*bend)))
	}
	return d.shift - int64(math.Round((top+exact-float64(base))*picture.Hop)), r, second
}

func abs(x int64) int64 { return max(x, -x) }
