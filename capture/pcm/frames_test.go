package pcm

import (
	"bytes"
	"errors"
	"io"
	"testing"
)

// TestFramesGoOn: behind the announced bytes others are read on request, as sound
// that goes on or as other sound, and only what is missing of those announced is a
// truncation.
func TestFramesGoOn(t *testing.T) {
	all := []byte{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}
	read := func(f *Frames) (n int) {
		buf := make([]float32, 100)
		for {
			k, err := f.Read(buf)
			n += k
			if err != nil {
				return n
			}
		}
	}
	for name, c := range map[string]struct {
		next   func(f *Frames)
		frames int
		ended  bool
		warned bool
	}{
		"the frame is completed":        {func(f *Frames) { f.Continue(7) }, 6, true, false},
		"it is left out":                {func(f *Frames) { f.Restart(8) }, 6, true, true},
		"to the end":                    {func(f *Frames) { f.Continue(-1) }, 6, false, true},
		"fewer than may follow":         {func(f *Frames) { f.Continue(100) }, 6, false, true},
		"fewer than have to follow":     {func(f *Frames) { f.Restart(100) }, 6, false, true},
		"none that follow":              {func(f *Frames) { f.Restart(0) }, 2, true, true},
		"as many as complete the frame": {func(f *Frames) { f.Continue(1) }, 3, true, false},
	} {
		f := NewFrames(bytes.NewReader(all), U8(), 2, 5) // in the middle of a frame
		n := read(f)
		if n != 2 || !f.Ended() || f.Warning() == nil {
			t.Fatalf("%s: %d frames first, ended %v, %v", name, n, f.Ended(), f.Warning())
		}
		c.next(f)
		n += read(f)
		if n != c.frames || f.Ended() != c.ended || errors.Is(f.Warning(), ErrTruncated) != c.warned {
			t.Errorf("%s: %d frames, ended %v, %v", name, n, f.Ended(), f.Warning())
		}
	}
	f := NewFrames(io.MultiReader(bytes.NewReader(all[:4]), bytes.NewReader(nil)), U8(), 2, 12)
	if n := read(f); n != 2 || f.Ended() || !errors.Is(f.Warning(), ErrTruncated) {
		t.Errorf("cut off: %d frames, ended %v, %v", n, f.Ended(), f.Warning())
	}
}

func TestJoin(t *testing.T) {
	a, b := errors.New("a"), errors.New("b")
	if err := Join(nil, nil); err != nil {
		t.Error(err)
	}
	if err := Join(nil, a, nil, b); err.Error() != "a; b" || !errors.Is(err, a) || !errors.Is(err, b) {
		t.Error(err)
	}
}
