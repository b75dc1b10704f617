package enroll_test

import (
	"context"
	"fmt"
	"log"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/internal/cli/demo"
	"github.com/seed-7adb9000/diarizer/internal/network/modelfile"
	"github.com/seed-7adb9000/diarizer/internal/voices/enroll"
)

// A speaker is learnt from a recording, written, and read again.
func Example() {
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
	sample, err := enroll.Learn(ctx, m, src)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(sample.Check()) // four people
	data, err := enroll.Encode(enroll.Speaker{Name: "Ada Lovelace", Stats: sample.Stats}, m)
	if err != nil {
		log.Fatal(err)
	}
	ada, err := enroll.Decode(data, m)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(ada.Name, ada.Stats.N == sample.Stats.N)
	// Output:
	// several voices: 22.5 s of one and 21.8 s of another: give recordings of one person alone
	// Ada Lovelace true
}
