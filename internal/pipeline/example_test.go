package pipeline_test

import (
	"context"
	"fmt"
	"log"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/internal/cli/demo"
	"github.com/seed-7adb9000/diarizer/internal/network/modelfile"
	"github.com/seed-7adb9000/diarizer/internal/pipeline"
	"github.com/seed-7adb9000/diarizer/online"
)

// The demo is diarized, as fast as it goes.
func ExampleRun() {
	ctx := context.Background()
	m, err := modelfile.Eigenvoices()
	if err != nil {
		log.Fatal(err)
	}
	src, err := capture.OpenReader(ctx, demo.Recording(), demo.Name, capture.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer src.Close()
	speakers := 0
	err = pipeline.Run(ctx, src, pipeline.Config{Model: m}, func(o pipeline.Output) error {
		for _, e := range o.Events {
			switch e.Kind {
			case online.SpeakerAdded:
				speakers++
			case online.SpeakerMerged:
				speakers--
			}
		}
		if o.End {
			fmt.Printf("%v of sound, %d speakers\n", capture.Duration(o.At), speakers)
		}
		return nil
	})
	if err != nil {
		log.Fatal(err)
	}
	// Output:
	// 1m10.44s of sound, 4 speakers
}
