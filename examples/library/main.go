// Library prints who speaks when: in a recording, and in samples from memory.
package main

import (
	"context"
	"fmt"
	"log"
	"os"

	"github.com/seed-7adb9000/diarizer"
	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/event"
)

func main() {
	recording, err := capture.Open(context.Background(), os.Args[1], capture.Options{})
	if err != nil {
		log.Fatal(err)
	}
	memory := capture.FromSamples(make([]float32, 16000)) // yours, 16 kHz; here a second of silence
	for _, source := range []capture.Source{recording, memory} {
		var turns event.Timeline
		if err := diarizer.Run(context.Background(), source, diarizer.Config{}, turns.Apply); err != nil {
			log.Fatal(err)
		}
		for _, t := range turns.Turns() {
			fmt.Printf("%.2f %.2f %v\n", t.Start.Seconds(), t.End.Seconds(), t.Speaker)
		}
	}
}
