package enroll

import (
	"context"
	"errors"
	"io"
	"testing"

	"pgregory.net/rapid"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/event"
)

// counting yields its positions as samples, in blocks of these lengths.
type counting struct {
	at     int64
	blocks []int
}

func (c *counting) Next(context.Context) (capture.Block, error) {
	if len(c.blocks) == 0 {
		return capture.Block{}, io.EOF
	}
	b := capture.Block{Start: c.at, Samples: make([]float32, c.blocks[0])}
	for i := range b.Samples {
		b.Samples[i] = float32(c.at + int64(i))
	}
	c.at, c.blocks = b.End(), c.blocks[1:]
	return b, nil
}

func (c *counting) Close() error { return nil }

// Of a recording is heard, sample by sample, what is somebody's and nobody else's, with
// half a second around it, however it is cut into blocks.
func TestAloneAndOnly(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const length = 40000
		var turns []event.Turn
		for range rapid.IntRange(0, 8).Draw(t, "turns") {
			start := rapid.IntRange(0, length).Draw(t, "start")
			turns = append(turns, event.Turn{Speaker: event.Speaker(rapid.IntRange(0, 2).Draw(t, "who")),
				Start: event.Time(start), End: event.Time(start + rapid.IntRange(0, 6000).Draw(t, "length"))})
		}
		src := &counting{}
		for left := length; left > 0; {
			n := min(left, rapid.IntRange(1, 9000).Draw(t, "block"))
			src.blocks = append(src.blocks, n)
			left -= n
		}
		var got []float32
		o := Only(src, Alone(turns, 1))
		for {
			b, err := o.Next(t.Context())
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil || b.Start != int64(len(got)) || len(b.Samples) == 0 {
				t.Fatalf("%v: block at %d of %d, want it at %d", err, b.Start, len(b.Samples), len(got))
			}
			got = append(got, b.Samples...)
		}
		n := 0
		for at := event.Time(0); at < length; at++ {
			own, others := false, false
			for _, turn := range turns {
				if turn.Speaker == 1 {
					own = own || turn.Start-around <= at && at < turn.End+around
				} else {
					others = others || turn.Start <= at && at < turn.End
				}
			}
			if own && !others {
				if n >= len(got) || got[n] != float32(at) {
					t.Fatalf("sample %d is not heard", at)
				}
				n++
			}
		}
		if n != len(got) {
			t.Fatalf("%d samples are heard, want %d", len(got), n)
		}
	})
}
