package pcm_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/seed-7adb9000/diarizer/capture/pcm"
)

func ExampleFormat() {
	fmt.Println(pcm.Format{Container: "WAV", Encoding: "PCM 16 bit", Rate: 44100, Channels: 2})
	// Output: WAV, PCM 16 bit, stereo, 44100 Hz
}

func TestCheckShape(t *testing.T) {
	for _, c := range []struct {
		rate     int64
		channels int
		ok       bool
	}{{16000, 1, true}, {1, 256, true}, {0, 1, false}, {-5, 1, false}, {1 << 31, 1, false}, {16000, 0, false}, {16000, 257, false}} {
		err := pcm.CheckShape(c.rate, c.channels)
		if (err == nil) != c.ok || err != nil && !errors.Is(err, pcm.ErrUnsupported) {
			t.Errorf("%d Hz, %d channels: %v", c.rate, c.channels, err)
		}
	}
}
