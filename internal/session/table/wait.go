package table

import (
	"slices"
	"time"

	"github.com/seed-7adb9000/diarizer/capture"
)

// Patience is how long all others wait for a device that is behind.
const Patience = time.Second

const (
	level = 2 * capture.Rate // by which a device may be behind the newest, and is not late
	never = int64(-1) << 62
)

// limit is how far sound is certain, and whether that is all that ever comes up to there.
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
	// None is left of those that lie beside each other: another one goes on.
	next := slices.IndexFunc(t.devices, func(d *Device) bool { return d.began && !d.ended && !d.away })
	if next < 0 {
		next = slices.IndexFunc(t.devices, func(d *Device) bool { return d.began && !d.ended })
	}
	if next < 0 {
		return t.at, false
	}
	for i, d := range t.devices {
		d.found = i == next
	}
	d := t.devices[next] // what the others have heard before is not heard again
	d.away, d.waited = false, 0
	return d.until(), false
}

// newest is the end of what the others have heard that are here, or of those that lie
// beside each other.
func (t *Table) newest(but *Device, found bool) int64 {
	end := never
	for _, d := range t.devices {
		if d != but && d.began && !d.ended && !d.away && (d.found || !found) {
			end = max(end, d.until())
		}
	}
	return end
}

// lose says that it is not known any more how a device lies beside the others.
func (t *Table) lose(d *Device) {
	d.forget()
	d.found = !slices.ContainsFunc(t.devices, func(o *Device) bool { return o != d && o.found && !o.ended })
}

// Wait says how long nothing has come although Next had nothing. Those who keep the others
// waiting for too long are not waited for any more until they have caught up.
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
		if others == never { // by itself: it is not known how far ahead the others are, but that they go on
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
