package capture

import (
	"context"
	"io"
	"runtime"
	"testing"

	"github.com/seed-7adb9000/diarizer/capture/internal/sound"
	"github.com/seed-7adb9000/diarizer/internal/testkit/raced"
)

// endless is a WAV file of the given number of seconds of 48 kHz stereo that is
// made as it is read.
type endless struct {
	head []byte
	left int64
}

func newEndless(seconds int64) (*endless, int64) {
	size := uint32(seconds * 48000 * 4)
	head := sound.WAV{Rate: 48000, Channels: 2, DataSize: &size}.Bytes()
	return &endless{head, int64(size)}, int64(len(head)) + int64(size)
}

func (e *endless) Read(b []byte) (int, error) {
	if len(e.head) > 0 {
		n := copy(b, e.head)
		e.head = e.head[n:]
		return n, nil
	}
	if e.left == 0 {
		return 0, io.EOF
	}
	n := int(min(int64(len(b)), e.left))
	for i := range b[:n] {
		b[i] = byte(int64(i) + e.left)
	}
	e.left -= int64(n)
	return n, nil
}

// TestFourHours: memory does not grow with the length of the sound, from a file, through a pipe, and split into
// channels.
func TestFourHours(t *testing.T) {
	seconds := int64(4 * 3600)
	if testing.Short() || raced.Enabled {
		seconds = 240
	}
	heap := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	ctx := context.Background()
	for _, how := range []string{"file", "pipe"} {
		if how == "pipe" {
			seconds /= 8 // the same code behind a goroutine
		}
		src, size := newEndless(seconds)
		in := input{name: how, r: src, size: size}
		if how == "pipe" {
			in.size = -1
		}
		rec, err := open(ctx, in, Options{})
		if err != nil {
			t.Fatal(err)
		}
		var pos int64
		var early uint64
		for {
			b, err := rec.Next(ctx)
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			pos = b.End()
			if early == 0 && pos > 20*Rate {
				early = heap()
			}
		}
		late := heap()
		rec.Close()
		t.Logf("%s: heap %d KiB after 20 s, %d KiB after %d s", how, early>>10, late>>10, pos/Rate)
		if pos != seconds*Rate {
			t.Errorf("%s: %d samples, want %d", how, pos, seconds*Rate)
		}
		if late > early+256<<10 {
			t.Errorf("%s: the heap grew from %d to %d KiB", how, early>>10, late>>10)
		}
	}
}
