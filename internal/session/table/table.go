// Package table makes one sound of what several devices around a table hear. The clocks of
// the devices differ; devices join late, leave, drop out and come back. All of them hear
// everything that is said, and the result must have it once. So a table aligns the devices
// by their sound, and at each moment it uses the one device that hears most clearly.
//
// The time of a table is the time of the first device, and later of the chosen device: no
// sound is stretched. A table has no goroutine and no clock.
package table

import (
	"fmt"
	"slices"
	"time"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/internal/session/picture"
)

const (
	// Most is the greatest number of devices at once.
	Most = 8
	// Held is how far a device may be ahead of the table, in samples, before the sender
	// has to wait.
	Held = 10 * capture.Rate

	step    = 5 * picture.Hop   // samples from one choice to the next
	ahead   = 30 * picture.Hop  // samples before and after a moment that a choice looks at
	jump    = 2 * capture.Rate  // samples: the longest gap after which a device's shift still holds
	history = 4 * capture.Rate  // samples of a device that are kept from before the table's At
	fade    = capture.Rate / 50 // samples of a cross-fade
	checked = capture.Rate      // samples from one look at the shifts to the next
)

// ErrFull is the refusal of one device more than [Most].
var ErrFull = fmt.Errorf("%d devices record this stream already: expected no more", Most)

// Table is the devices on a table. Make it with [New].
type Table struct {
	tell    func(*Device, string)
	devices []*Device
	several bool  // whether there was ever more than one device
	at      int64 // see At
	chosen  *Device
	looked  int64
	pushes  uint64        // how many pushes of all devices there were
	idle    time.Duration // since the last push
}

// New returns a table without devices. During calls of the table's methods, tell is called
// with messages for the owner of a device.
func New(tell func(*Device, string)) *Table { return &Table{tell: tell} }

// Join adds a device to the table. The error is ErrFull.
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

// Push takes the next block of a device. The blocks of a device come in order.
func (t *Table) Push(d *Device, b capture.Block) {
	if d.ended || len(b.Samples) == 0 {
		return
	}
	newest := t.newest(d, false)
	switch {
	case !d.began && d.found && t.at == 0: // the first device: its time is the table's
	case !d.began && newest > never && !d.found: // the latest sound of both is of nearly the same time
		d.shift = newest - b.End()
	case !d.began && t.at > 0:
		d.shift = t.at - b.Start
	case d.began && t.several && b.Start-d.end > jump:
		// If no device has heard anything for a while, all of them may be that much later.
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
	} else if had := t.at - d.shift - b.Start; had > 0 { // a restored table gets this sound a second time
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

// End says that no more sound comes from a device.
func (t *Table) End(d *Device) { d.ended = true }

// Ahead is how far a device is ahead of the table, in samples.
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

// Next returns the next piece of sound that is certain. ok is false if there is none yet.
// With one device, Next returns the device's blocks as they came.
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
		if d == nil { // no device has sound: a gap
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
		t.fill(d, b)
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

// At is the end of the sound that Next has returned, in the table's time.
func (t *Table) At() int64 { return t.at }

// Over reports whether all devices have ended and Next has returned all their sound.
func (t *Table) Over() bool {
	for _, d := range t.devices {
		if !d.ended || (d.found || !t.several) && len(d.blocks) > 0 && d.until() > t.at || t.unheard(d) {
			return false
		}
	}
	return true
}
