package flac_test

import (
	"bytes"
	"fmt"

	"github.com/seed-7adb9000/diarizer/capture/flac"
	"github.com/seed-7adb9000/diarizer/capture/internal/sound"
)

func Example() {
	file := sound.FLAC(44100, 2, 16, make([]float32, 2*44100), true)
	r, err := flac.NewReader(bytes.NewReader(file))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(r.Format())
	frames, buf := 0, make([]float32, 4096)
	for err == nil {
		var n int
		n, err = r.Read(buf)
		frames += n
	}
	fmt.Println(frames, "frames, then", err)
	// Output:
	// FLAC, 16 bit, stereo, 44100 Hz
	// 44100 frames, then EOF
}
