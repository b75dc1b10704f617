package mp3_test

import (
	"errors"
	"fmt"
	"strings"

	"github.com/seed-7adb9000/diarizer/capture/mp3"
	"github.com/seed-7adb9000/diarizer/capture/pcm"
)

func Example() {
	// An MPEG-1 layer II frame, which looks much like an MP3 frame.
	_, err := mp3.NewReader(strings.NewReader("\xff\xfd\x80\x00" + strings.Repeat("\x00", 500)))
	fmt.Println(err)
	fmt.Println(errors.Is(err, pcm.ErrUnsupported))
	// Output:
	// unsupported: MPEG-1 layer II, expected MPEG-1 or 2 layer III of a fixed or variable bit rate
	// true
}
