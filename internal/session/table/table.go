// Package table makes one sound of what several devices around a table hear. Their
// clocks differ, they join late, leave, drop out and come back; whatever is said is heard
// by all of them and has to be heard once. So the devices are laid beside each other by
// what they hear, and of each moment the sound of the one device is taken that hears it most
// clearly.
//
// The time of a table is that of the first device, and then of the device that is taken:
// no sound is stretched. A table has no goroutine and no clock.
package table

import (
	"errors"
	"slices"
	"time"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/internal/session/picture"
)

const (
	// Most is how many devices there may be at once.
	Most = 8
	// Held is how far a device may be ahead of what was taken, in samples, before it
	// has to wait.
	Held = 10 * capture.Rate

	step    = 5 * picture.Hop   // between two choices, in samples
	ahead   = 30 * picture.Hop  // that a choice looks back and ahead
	jump    = 2 * capture.Rate  // the longest gap after which two devices are still beside each other
	history = 4 * capture.Rate  // that is kept of what was taken
	fade    = capture.Rate / 50 // from one device to another
	checked = capture.Rate      // between two looks at how devices lie beside each other
)

// ErrFull is returned for a device that there is no place for.
var ErrFull = errors.New("as many devices record this stream as one takes")

// Table is what lies on a table. Make it with [New].
type Table struct {
	tell    func(*Device, string)
	devices []*Device
	several bool  // whether there was ever more than one
	at      int64 // the end of what was taken
	chosen  *Device
	looked  int64
	pushes  uint64        // so far
	idle    time.Duration // since the last one
}

// New returns a table without devices. What a device's owner should know is told to
// tell, during a call of the table's other methods.
func New(tell func(*Device, string)) *Table { return &Table{tell: tell} }

// Join lays a device on the table. The error is ErrFull.
func (t *Table) Join() (*Device, error) {
	t.devices = slices.DeleteFunc(t.devices, func(d *Device) bool { return d.ended && d != t.chosen && d.until() <= t.at })
	if len(t.devices) >= Most {
		return nil, ErrFull
	}
	d := &Device{found: len(t.devices) == 0}
	t.devices = append(t.devices, d)
	if len(t.devices) > 1 && !t.several {
		t.several = true
		for _, b := range t.devices[0].blocks {
			t.devices[0].paint(b)
		}
	}
	if t.chosen == nil {
		t.chosen = d
	}
	return d, nil
}

// Push takes what a device has heard, whose blocks are in order.
func (t *Table) Push(d *Device, b capture.Block) {
	if d.ended || len(b.Samples) == 0 {
		return
	}
	newest := t.newest(d, false)
	switch {
	case !d.began && d.found && t.at == 0: // the table's time is its own
	case !d.began && newest > never && !d.found: // what both have heard last was at the same time, or nearly
		d.shift = newest - b.End()
	case !d.began && t.at > 0:
		d.shift = t.at - b.Start
	case d.began && t.several && b.Start-d.end > jump:
		// Where nobody has heard anything for a while, all may be as much later.
		slept := int64(t.idle.Seconds() * capture.Rate)
		if newest > never && b.Start+d.shift > newest+slept+level {
			d.shift = newest - b.End()
		}
		t.lose(d)
	}
	d.began = true
	t.idle = 0
	if t.several {
		d.paint(b)
	} else if had := t.at - d.shift - b.Start; had > 0 { // it comes a second time, to a table that was restored
		had = min(had, int64(len(b.Samples)))
		b.Start, b.Samples = b.Start+had, b.Samples[had:]
		if d.end = max(d.end, b.Start); len(b.Samples) == 0 {
			return
		}
	}
	d.blocks, d.end = append(d.blocks, b), b.End()
	if !t.several {
		return
	}
	if d.away && d.until() <= t.at {
		d.missed += int64(len(b.Samples))
	}
	t.pushes++
	d.pushed = t.pushes
	if d.until() >= t.newest(d, true)-level {
		d.waited = 0
	}
	if d.away && d.until() >= t.newest(d, true)-level/2 {
		d.away, d.waited = false, 0
		if d.missed > 0 {
			t.tell(d, lateText(d.missed))
		}
		d.missed = 0
	}
	d.trim(t.at - history)
}

// End says that nothing more comes of a device.
func (t *Table) End(d *Device) { d.ended = true }

// Ahead is how far a device is ahead of what was taken, in samples.
func (t *Table) Ahead(d *Device) int64 {
	if t.several {
		return max(0, d.until()-t.at)
	}
	n := 0
	for _, b := range d.blocks {
		n += len(b.Samples)
	}
	return int64(n)
}

// Next returns the next piece of sound that is certain. Where there is none yet, ok is false.
// With one device it is what the device has heard, as it came.
func (t *Table) Next() (b capture.Block, ok bool) {
	if !t.several {
		if len(t.devices) == 0 || len(t.devices[0].blocks) == 0 {
			return b, false
		}
		d := t.devices[0]
		b, d.blocks[0], d.blocks = d.blocks[0], capture.Block{}, d.blocks[1:]
		b.Start += d.shift
		t.at = b.End()
		return b, true
	}
	for {
		limit, last := t.limit()
		n := min(step, limit-t.at)
		if n <= 0 || n < step && !last {
			return b, false
		}
		d := t.choose()
		if d == nil { // nobody has heard anything: a gap
			next := limit
			for _, d := range t.devices {
				if d.found {
					next = min(next, d.next(t.at))
				}
			}
			t.at = next
			continue
		}
		b = capture.Block{Start: t.at, Samples: make([]float32, min(n, d.cover(t.at)))}
		t.take(d, b)
		t.at = b.End()
		for _, d := range t.devices {
			d.trim(t.at - history)
		}
		if t.at-t.looked >= checked {
			t.looked = t.at
			t.look()
		}
		return b, true
	}
}

// At is the end of what was taken.
func (t *Table) At() int64 { return t.at }

// Over reports whether all devices have ended and all that they have heard was taken.
func (t *Table) Over() bool {
	for _, d := range t.devices {
		if !d.ended || (d.found || !t.several) && len(d.blocks) > 0 && d.until() > t.at {
			return false
		}
	}
	return true
}
