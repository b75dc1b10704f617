package table

import (
	"slices"
	"time"

	"github.com/seed-7adb9000/diarizer/capture"
)

// Patience is how long the others wait for a device that is behind.
const Patience = time.Second

const (
	level = 2 * capture.Rate // samples by which a device may be behind the newest without being late
	never = int64(-1) << 62  // before all times
)

// limit is how far the sound is certain. last reports that the devices with a known shift
// have all ended there, so that a piece of sound may be shorter than a step.
func (t *Table) limit() (limit int64, last bool) {
	here, rest := 0, never
	limit = 1 << 62
	for _, d := range t.devices {
		switch {
		case !d.found || d.away && !d.ended:
		case d.ended:
			rest = max(rest, d.until())
		default:
			here++
			limit = min(limit, d.until())
		}
	}
	switch {
	case here > 1:
		return limit - ahead, false
	case here == 1:
		return limit, false
	case rest > t.at:
		return rest, true
	}
	// No device with a known shift is left: another device goes on.
	next := slices.IndexFunc(t.devices, func(d *Device) bool { return d.began && !d.ended && !d.away })
	if next < 0 {
		next = slices.IndexFunc(t.devices, func(d *Device) bool { return d.began && !d.ended })
	}
	if next < 0 { // all have ended
		next = slices.IndexFunc(t.devices, t.unheard)
	}
	if next < 0 {
		return t.at, false
	}
	for i, d := range t.devices {
		d.found = i == next
	}
	d := t.devices[next] // sound that the others have heard before is not heard again
	d.away, d.waited = false, 0
	return d.until(), false
}

// unheard reports whether a device whose shift is not known has ended with sound that goes
// on after the table's At. A device may be late by level, so less than that is no reason.
func (t *Table) unheard(d *Device) bool {
	return d.ended && !d.found && len(d.blocks) > 0 && d.until() > t.at+level
}

// newest is the end of what any device but one has heard. Devices that have ended or are
// not waited for do not count, nor, with found, devices whose shift is unknown.
func (t *Table) newest(but *Device, found bool) int64 {
	end := never
	for _, d := range t.devices {
		if d != but && d.began && !d.ended && !d.away && (d.found || !found) {
			end = max(end, d.until())
		}
	}
	return end
}

// lose says that the shift of a device is unknown again.
func (t *Table) lose(d *Device) {
	d.forget()
	d.found = !slices.ContainsFunc(t.devices, func(o *Device) bool { return o != d && o.found && !o.ended })
}

// Wait says for how long nothing has come while Next had nothing to return. The table stops
// waiting for a device that has kept the others waiting for [Patience], until that device
// has caught up.
func (t *Table) Wait(elapsed time.Duration) {
	if !t.several {
		return
	}
	t.idle += elapsed
	need := t.at + step + ahead
	for _, d := range t.devices {
		if d.ended || d.away || !d.found || d.until() >= need {
			continue
		}
		others := t.newest(d, true)
		waits := others >= need
		if others == never { // the only device with a known shift: whether the others go on decides
			waits = slices.ContainsFunc(t.devices, func(o *Device) bool { return !o.ended && !o.away && o.pushed > d.pushed })
		}
		if !waits {
			continue
		}
		if d.waited += elapsed; d.waited >= Patience {
			d.away = true
		}
	}
}
