package serve

import (
	"strconv"
	"testing"
	"time"

	"github.com/seed-7adb9000/diarizer/capture/natsaudio"
	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/pipeline"
)

// TestFarPosition holds that a packet whose position is out of bounds, or would overflow at
// another rate, is ignored, and that a gap of a day costs little work. The run goes on, and ends
// where its sound ends.
func TestFarPosition(t *testing.T) {
	for name, c := range map[string]struct {
		rate int
		at   int64 // of the third packet
		want time.Duration
	}{
		"2^55 at 11,025 Hz":  {11025, 1 << 55, time.Second},
		"2^50 at 44,101 Hz":  {44101, 1 << 50, time.Second},
		"the largest number": {16000, 1<<63 - 1, time.Second},
		"two days on":        {16000, 48 * 3600 * 16000, time.Second},
		"a day on":           {16000, 23*3600*16000 + 8000, 23*time.Hour + time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			rec := &recorder{}
			f, err := newFollower("room", pipeline.Config{Model: anyModel()}, rec)
			if err != nil {
				t.Fatal(err)
			}
			half := make([]byte, 2*(c.rate/2))
			packet := func(seq, at int64, data []byte) {
				h := map[string][]string{
					natsaudio.HeaderEncoding: {"s16le"}, natsaudio.HeaderRate: {strconv.Itoa(c.rate)}, natsaudio.HeaderChannels: {"1"},
					natsaudio.HeaderSession: {"s"}, natsaudio.HeaderSeq: {strconv.FormatInt(seq, 10)},
					natsaudio.HeaderPosition: {strconv.FormatInt(at, 10)},
				}
				if data == nil {
					h[natsaudio.HeaderEnd] = []string{"true"}
				}
				if err := f.push(t.Context(), message{number: uint64(seq), stored: time.Unix(0, 0), header: h, data: data}); err != nil {
					t.Fatal(err)
				}
			}
			packet(1, 0, half)
			packet(2, c.at, half)
			at := int64(c.rate / 2)
			if c.want > time.Hour {
				at = c.at + int64(c.rate/2)
			} else {
				packet(3, at, half)
				at += int64(c.rate / 2)
			}
			packet(4, at, nil)
			// A number is missing in all of them.
			if err := f.finish(t.Context(), event.Finished, ""); err != nil {
				t.Fatal(err)
			}
			last := decode(t, rec.text[len(rec.text)-1])
			if got := last.At.Duration(); last.Kind != event.StreamEnded || got < c.want-time.Millisecond || got > c.want+time.Millisecond {
				t.Errorf("the last event is %s at %v, expected the end at %v", last.Kind, got, c.want)
			}
			if c.want > time.Hour && len(rec.text) > 20 {
				t.Errorf("%d events for a gap of a day", len(rec.text))
			}
		})
	}
}
