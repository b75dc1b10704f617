package diarizer_test

import (
	"context"
	"fmt"
	"log"

	"github.com/seed-7adb9000/diarizer"
	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/cli/demo"
)

// A recording is diarized, as fast as it goes.
func Example() {
	ctx := context.Background()
	light, err := diarizer.LightModel()
	if err != nil {
		log.Fatal(err)
	}
	recording, err := capture.OpenReader(ctx, demo.Recording(), demo.Name, capture.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer recording.Close()
	var turns event.Timeline
	if err := diarizer.Run(ctx, recording, diarizer.Config{Model: light}, turns.Apply); err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%d speakers\n", turns.Speakers())
	for _, t := range turns.Turns()[:3] {
		fmt.Printf("%v from %.2f s to %.2f s\n", t.Speaker, t.Start.Seconds(), t.End.Seconds())
	}
	// Output:
	// 4 speakers
	// S1 from 0.58 s to 4.75 s
	// S4 from 4.96 s to 7.30 s
	// S1 from 7.30 s to 8.79 s
}

// A program that has the samples pushes them.
func ExamplePipeline() {
	ctx := context.Background()
	samples := make([]float32, 3*capture.Rate) // silence, in the place of talk
	light, err := diarizer.LightModel()
	if err != nil {
		log.Fatal(err)
	}
	p, err := diarizer.New(diarizer.Config{Model: light})
	if err != nil {
		log.Fatal(err)
	}
	show := func(e event.Event) error {
		fmt.Println(e.At.Seconds(), e.Kind)
		return nil
	}
	if err := p.Hear(ctx, capture.Block{Samples: samples}, show); err != nil {
		log.Fatal(err)
	}
	if err := p.Flush(show); err != nil {
		log.Fatal(err)
	}
	// Output:
	// 0 stream-started
	// 3 stream-ended
}
