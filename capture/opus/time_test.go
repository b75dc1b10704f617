package opus

import (
	"bytes"
	"encoding/binary"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/seed-7adb9000/diarizer/capture/internal/pcmtest"
	"github.com/seed-7adb9000/diarizer/capture/pcm"
)

// edit changes the pages of a file and makes them valid again.
func edit(file []byte, change func(n int, page []byte)) []byte {
	b := slices.Clone(file)
	for at, n := 0, 0; at < len(b); n++ {
		length := pageHeaderLen + int(b[at+26])
		for _, s := range b[at+pageHeaderLen : at+length] {
			length += int(s)
		}
		change(n, b[at:at+length])
		at += length
	}
	repair(b)
	return b
}

// later moves the position of all pages of sound from the n-th page on.
func later(file []byte, from int, by int64) []byte {
	return edit(file, func(n int, page []byte) {
		if n >= max(2, from) {
			g := page[6:14]
			binary.LittleEndian.PutUint64(g, uint64(int64(binary.LittleEndian.Uint64(g))+by))
		}
	})
}

// TestPositions: a jump of the positions is a gap at its place.
func TestPositions(t *testing.T) {
	file := encode(t, 48000, 1, voice(48000, 48000*5/2), "--max-delay", "200", "--bitrate", "24")
	whole, err := pcmtest.ReadAll(open(t, file, false), 960)
	if err != nil {
		t.Fatal(err)
	}
	// The place of the last packet of the sixth page, of 20 ms.
	var sixth int64
	edit(file, func(n int, page []byte) {
		switch n {
		case 0:
			sixth -= int64(binary.LittleEndian.Uint16(page[pageHeaderLen+1+10:]))
		case 5:
			sixth += int64(binary.LittleEndian.Uint64(page[6:])) - 960
		}
	})
	silence := func(at int64, n int) []float32 {
		return slices.Concat(whole[:at], make([]float32, n), whole[at:])
	}
	const second, year = 48000, 365 * 86400 * 48000
	for name, c := range map[string]struct {
		file   []byte
		want   []float32
		warned bool
	}{
		"hole":                  {later(file, 5, 20*second), silence(sixth, 20*second), false},
		"rounded times":         {later(later(file, 5, 48), 9, -48), whole, false},
		"late start":            {later(file, 2, 5*second), silence(0, 5*second), false},
		"positions start again": {later(later(file, 2, 100*second), 5, -100*second), silence(0, 100*second), false},
		"a hole of a year":      {later(file, 5, year), whole, true},
		"starts after a year":   {later(file, 2, year), whole, true},
		"positions at the end":  {later(file, 5, 1<<59), whole, true},
	} {
		for _, whence := range []bool{true, false} {
			r := open(t, c.file, whence)
			got, err := pcmtest.ReadAll(r, 960)
			if err != nil || !slices.Equal(got, c.want) || errors.Is(r.Warning(), pcm.ErrDamaged) != c.warned {
				t.Errorf("%s: %d samples, want %d, %v, %v", name, len(got), len(c.want), err, r.Warning())
			}
			if f := r.Format().Frames; whence && !c.warned && name != "positions start again" && f != int64(len(c.want)) {
				t.Errorf("%s: %d frames foretold of %d", name, f, len(c.want))
			}
		}
		p, err := NewPacketReader(bytes.NewReader(c.file))
		if err != nil {
			t.Fatal(err)
		}
		if got, _ := decodePackets(t, p); len(got) != len(c.want) || pcmtest.SNR(got, c.want) < 20 {
			t.Errorf("%s: packets of %d samples, want %d", name, len(got), len(c.want))
		}
	}
}

// TestOneAfterTheOther: recordings in one file follow each other, however they end
// and whatever their numbers are.
func TestOneAfterTheOther(t *testing.T) {
	a := encode(t, 16000, 1, voice(16000, 16000), "--serial", "1", "--max-delay", "200")
	b := encode(t, 16000, 1, voice(16000, 24000), "--serial", "2", "--max-delay", "200")
	stereo := encode(t, 48000, 2, voice(48000, 2*48000), "--serial", "3")
	endless := edit(a, func(_ int, page []byte) { page[5] &^= 4 })
	sameNumber := edit(b, func(_ int, page []byte) { binary.LittleEndian.PutUint32(page[14:], 1) })
	heads := a[:bytes.Index(a[4:], []byte("OggS"))+4]
	tags := a[:len(heads)+bytes.Index(a[len(heads)+4:], []byte("OggS"))+4]
	for name, c := range map[string]struct {
		file []byte
		want int
	}{
		"no end page":           {slices.Concat(endless, b), 48000 + 72000},
		"the same number":       {slices.Concat(a, sameNumber), 48000 + 72000},
		"itself":                {slices.Concat(a, a, a), 3 * 48000},
		"neither":               {slices.Concat(endless, sameNumber), 48000 + 72000},
		"cut off before":        {slices.Concat(a[:len(a)-10], b), 48000 + 72000},
		"an empty one between":  {slices.Concat(a, bytes.Repeat(tags, 2000), b), 48000 + 72000},
		"mono, stereo and mono": {slices.Concat(a, stereo, b), 48000 + 48000 + 72000},
	} {
		r := open(t, c.file, false)
		frames := 0
		buf := make([]float32, 960*2)
		var err error
		for err == nil {
			var n int
			n, err = r.Read(buf)
			frames += n + int(r.Gap())
		}
		if frames < c.want-960 || frames > c.want+960 || r.err != err || r.Warning() != nil {
			t.Errorf("%s: %d samples, want %d, %v, %v", name, frames, c.want, err, r.Warning())
		}
	}
}

// TestUnreadIsSaid: a warning tells of sound that was not read because its stream has no beginning. Pictures beside the
// sound do not count.
func TestUnreadIsSaid(t *testing.T) {
	a := encode(t, 16000, 1, voice(16000, 16000), "--serial", "1", "--max-delay", "200")
	other := func(n int, page []byte) {
		if n >= 4 {
			binary.LittleEndian.PutUint32(page[14:], 99)
		}
	}
	r := open(t, edit(a, other), false)
	if _, err := pcmtest.ReadAll(r, 960); err != nil || !errors.Is(r.Warning(), pcm.ErrDamaged) || !strings.Contains(r.Warning().Error(), "not read") {
		t.Errorf("%v, %v", err, r.Warning())
	}
	t.Log(r.Warning())

	var beside []byte
	edit(a, func(n int, page []byte) {
		twin := slices.Clone(page)
		binary.LittleEndian.PutUint32(twin[14:], 99)
		if n == 0 {
			twin[pageHeaderLen+1] = 'P' // no Opus
		}
		beside = append(append(beside, page...), twin...)
	})
	repair(beside)
	r = open(t, beside, false)
	if got, err := pcmtest.ReadAll(r, 960); err != nil || len(got) != 48000 || r.Warning() != nil || r.Tracks() != 1 {
		t.Errorf("%d samples, %v, %v, %d tracks", len(got), err, r.Warning(), r.Tracks())
	}
	beside[bytes.Index(beside, []byte("PpusHead"))] = 'O' // no picture after all
	repair(beside)
	r = open(t, beside, false)
	if got, err := pcmtest.ReadAll(r, 960); err != nil || len(got) != 48000 || r.Warning() != nil || r.Tracks() != 2 {
		t.Errorf("%d samples, %v, %v, %d tracks", len(got), err, r.Warning(), r.Tracks())
	}
}
