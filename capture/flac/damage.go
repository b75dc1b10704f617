package flac

import (
	"bytes"
	"fmt"

	"github.com/mewkiz/flac/frame"

	"github.com/seed-7adb9000/diarizer/capture/pcm"
)

// damage counts the parts of a recording that could not be decoded.
type damage struct {
	cause error // why the bytes that are skipped now are no frame
	why   error // the first cause

	places  int
	at      float64 // of the first damage, in seconds
	lost    float64 // seconds
	unknown int     // places where the length of the loss is not known

	skipped int64 // bytes
	tried   int64 // bytes and samples that were decoded without finding a frame
}

// add records the end of a damaged place. gap samples were lost there, if sure is true.
func (d *damage) add(at, gap int64, sure bool, rate int) {
	if d.places == 0 {
		d.why, d.at = d.cause, float64(at)/float64(rate)
	}
	d.places++
	if d.lost += float64(gap) / float64(rate); !sure {
		d.unknown++
	}
	d.cause = nil
}

// warning is the error about the damage, nil if there is none.
func (d *damage) warning() error {
	if d.places == 0 {
		return nil
	}
	unknown, why := "", ""
	if d.unknown > 0 {
		unknown = fmt.Sprintf(" and more at %d of them that cannot be told", d.unknown)
	}
	if d.why != nil {
		why = fmt.Sprintf(" (%v)", d.why)
	}
	return fmt.Errorf("%w: there are no FLAC frames at %d places, the first after %.1f s%s: %.2f s are lost%s, silence taken for them",
		pcm.ErrDamaged, d.places, d.at, why, d.lost, unknown)
}

// Bytes that are no frame can look like the beginning of one many times, and are decoded each time. That
// work is bounded by the work for real frames and by a multiple of the bytes that are skipped.
const (
	vainly     = 16
	vainlyOnce = longestFrame
)

// seek moves to where the next frame may begin behind the mark. cause is why there is none at the mark.
func (f *Reader) seek(cause error) error {
	d := &f.damage
	if d.cause == nil {
		d.cause = cause
	}
	if h, ok := parseHead(f.w.marked()); ok {
		d.tried += h.block * int64(h.channels) // memory that decoding needs
	}
	d.tried += int64(f.w.back(1))
	d.skipped++
	f.w.free()
	if d.tried > f.decoded+vainly*d.skipped+vainlyOnce {
		return fmt.Errorf("%w: FLAC frame at %.1f s: %w", pcm.ErrDamaged, float64(f.got)/float64(f.format.Rate), d.cause)
	}
	for {
		b, err := f.w.Peek(windowStep)
		at, found := f.find(b)
		if !found && err == nil {
			at = len(b) - longestHead // a header may be cut in two
		}
		d.skipped += int64(at)
		_, _ = f.w.Discard(at)
		if found || err != nil {
			return nil // the next read returns the error
		}
	}
}

// find is where in b a frame of this recording, or another recording, may begin.
func (f *Reader) find(b []byte) (at int, found bool) {
	for {
		k := bytes.IndexByte(b[at:], 0xFF)
		before := b[at:]
		if k >= 0 {
			before = before[:k]
		}
		switch other := bytes.Index(before, []byte(magic)); {
		case other >= 0:
			return at + other, true
		case k < 0:
			return len(b), false
		}
		if at += k; f.begins(b[at:]) {
			return at, true
		}
		at++
	}
}

// begins reports whether b may begin with a frame of this recording.
func (f *Reader) begins(b []byte) bool {
	h, ok := parseHead(b[:min(len(b), longestHead)])
	return ok && h.channels == f.format.Channels && h.block <= max(f.place.largest, f.place.block) &&
		(h.rate == 0 || h.rate == int64(f.format.Rate)) && (h.bits == 0 || h.bits == f.bits)
}

// place finds the positions of frames from their numbers.
type place struct {
	block   int64 // samples in a frame, if all but the last are of one length
	largest int64 // samples in a frame so far
	total   int64 // samples of the recording, 0 if it does not tell
	began   bool
	sure    bool  // whether the number of the frame before was right
	offset  int64 // stated positions less the positions here
}

// gap is how many samples are missing before a frame, after before samples.
func (p *place) gap(gaps *pcm.Gaps, h frame.Header, before int64, lost bool, rate int) int64 {
	p.largest = max(p.largest, int64(h.BlockSize))
	pos := int64(min(h.Num, 1<<40))
	if h.HasFixedBlockSize {
		if p.block == 0 {
			p.block = int64(h.BlockSize)
		}
		pos *= p.block
	}
	if !p.began {
		p.began, p.sure = true, true
		if !lost {
			p.offset = pos // cut out of a longer one
		}
	}
	ahead := pos - p.offset - before
	if ahead == 0 {
		p.sure = true
		return 0
	}
	if ahead > 0 && p.sure && (p.total == 0 || before+ahead < p.total) {
		if gap := gaps.Add(ahead, rate); gap > 0 {
			return gap
		}
	}
	p.offset += ahead
	p.sure = false
	return 0
}
