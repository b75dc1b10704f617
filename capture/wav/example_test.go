package wav_test

import (
	"fmt"
	"io"
	"strings"

	"github.com/seed-7adb9000/diarizer/capture/wav"
)

func Example() {
	// Three µ-law samples as a pipe has them: the size is not known yet.
	stream := "RIFF\xff\xff\xff\xffWAVEfmt \x10\x00\x00\x00\x07\x00\x01\x00\x40\x1f\x00\x00\x40\x1f\x00\x00\x01\x00\x08\x00" +
		"data\xff\xff\xff\xff\x80\xff\x00"
	r, err := wav.NewReader(strings.NewReader(stream), -1)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(r.Format())
	buf := make([]float32, 16)
	for {
		n, err := r.Read(buf)
		if err == io.EOF {
			break
		}
		fmt.Printf("%.3f\n", buf[:n])
	}
	// Output:
	// WAV, µ-law, mono, 8000 Hz
	// [0.980 0.000 -0.980]
}
