package resample_test

import (
	"fmt"

	"github.com/seed-7adb9000/diarizer/capture/resample"
)

func Example() {
	r, err := resample.New(44100, 16000)
	if err != nil {
		fmt.Println(err)
		return
	}
	second := make([]float32, 44100)
	var out []float32
	for len(second) > 0 { // as a device would deliver it
		n := min(len(second), 441)
		out = r.Push(out, second[:n])
		second = second[n:]
	}
	fmt.Println(len(out), "samples, then", len(r.Flush(out))-len(out), "that waited for more")
	// Output: 15948 samples, then 52 that waited for more
}
