package table

import (
	"fmt"
	"time"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/internal/session/picture"
)

// Device is one device on a table. Times are the device's own, in samples, unless the comment
// says that they are the table's.
type Device struct {
	shift  int64           // the table's time less the device's time
	end    int64           // the end of what the device has heard
	blocks []capture.Block // what the device has heard, from some time before the table's At
	view   view
	gain   float64 // in decibels

	began, ended bool
	found        bool // whether shift is known, and not only estimated
	away         bool // whether the table does not wait for it
	waited       time.Duration
	pushed       uint64 // the number of its last push, counted over all devices
	missed       int64  // samples that came too late while the table did not wait for it
	search       search
}

// until is the end of what the device has heard, in the table's time.
func (d *Device) until() int64 { return d.end + d.shift }

// cover is how many samples the device has from a moment of the table on, up to its next
// gap.
func (d *Device) cover(at int64) int64 {
	at -= d.shift
	end := at
	for _, b := range d.blocks {
		if b.Start > end {
			break
		}
		end = max(end, b.End())
	}
	return end - at
}

// next is the first moment of the table, from at on, at which the device has sound.
func (d *Device) next(at int64) int64 {
	for _, b := range d.blocks {
		if b.End()+d.shift > at {
			return max(at, b.Start+d.shift)
		}
	}
	return 1 << 62
}

// add adds the device's sound from a moment of the table on to dst. The factor changes
// evenly between from, at the start of dst, and to, at its end.
func (d *Device) add(dst []float32, at int64, from, to float32) {
	at -= d.shift
	slope := (to - from) / float32(len(dst))
	for _, b := range d.blocks {
		first, last := max(at, b.Start), min(at+int64(len(dst)), b.End())
		for i := first; i < last; i++ {
			k := i - at
			dst[k] += (from + slope*float32(k)) * b.Samples[i-b.Start]
		}
	}
}

// trim drops the blocks that lie before a moment of the table.
func (d *Device) trim(before int64) {
	n := 0
	for n < len(d.blocks) && d.blocks[n].End()+d.shift <= before {
		d.blocks[n] = capture.Block{}
		n++
	}
	d.blocks = d.blocks[n:]
}

// paint adds a block to the device's picture.
func (d *Device) paint(b capture.Block) {
	v := &d.view
	if v.painter == nil || b.Start-v.end > jump {
		*v = view{painter: picture.NewPainter(), from: b.Start, end: b.Start, floor: v.floor}
	}
	n := len(v.frames)
	if lost := b.Start - v.end; lost > 0 {
		v.frames = v.painter.Skip(v.frames, lost)
	}
	v.frames = v.painter.Push(v.frames, b.Samples)
	v.end = b.End()
	for _, f := range v.frames[n:] {
		x := f.Level()
		v.levels = append(v.levels, float32(x))
		v.floor.add(x)
	}
	if n := len(v.frames) - keep; n > keep/4 {
		v.frames = append(v.frames[:0], v.frames[n:]...)
		v.levels = append(v.levels[:0], v.levels[n:]...)
		v.from += int64(n) * picture.Hop
	}
}

// forget starts the search for the device's shift again.
func (d *Device) forget() { d.search = search{} }

// keep is how many frames of a picture are kept: the frames that two devices are compared
// by, and the error of the first estimate on both sides.
const keep = widest + 2*reach

// view is the picture of a device's sound.
type view struct {
	painter *picture.Painter
	from    int64 // the time at which frames[0] begins
	end     int64
	frames  []picture.Frame
	levels  []float32 // of the frames
	floor   floor
}

// lateText is the message that sound came too late.
func lateText(missed int64) string {
	return fmt.Sprintf("%.1f s of this device's sound came too late and were left out: the other devices were heard", capture.Duration(missed).Seconds())
}

// Ended reports whether no more sound comes from the device.
func (d *Device) Ended() bool { return d.ended }
