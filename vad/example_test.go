package vad_test

import (
	"fmt"

	"github.com/seed-7adb9000/diarizer/vad"
)

// A second of silence, a second of vowels and another of silence, pushed in
// blocks of 20 ms.
func Example() {
	sound := make([]float32, 3*16000)
	vowel(sound[16000:32000], 120, 0.1)

	detector, err := vad.New(vad.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	var decisions []vad.Decision
	for ; len(sound) > 0; sound = sound[320:] {
		decisions = detector.Push(decisions, sound[:320])
	}
	decisions = detector.Flush(decisions)
	for _, s := range vad.Spans(nil, decisions, 0, 8000) {
		fmt.Printf("speech from %.1f to %.1f s\n", float64(s.Start)/16000, float64(s.End)/16000)
	}
	// Output: speech from 1.0 to 2.0 s
}
