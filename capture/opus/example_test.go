package opus_test

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/seed-7adb9000/diarizer/capture/opus"
	"github.com/seed-7adb9000/diarizer/capture/pcm"
)

func Example() {
	// A recording that was cut off at once.
	_, err := opus.NewReader(bytes.NewReader([]byte("OggS\x00\x02")), nil, 0)
	fmt.Println(err)
	fmt.Println(errors.Is(err, pcm.ErrTruncated))
	// Output:
	// truncated: ends within the Ogg Opus headers
	// true
}
