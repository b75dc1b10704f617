package training_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/seed-7adb9000/diarizer/vad/training"
)

// Settings that cannot work are refused before any recording is read.
func ExampleRun() {
	c := training.DefaultConfig()
	c.Seconds = 0
	_, err := training.Run(context.Background(), "data", c, "an example", nil)
	fmt.Println(errors.Is(err, training.ErrConfig))
	fmt.Println(err)
	// Output:
	// true
	// vad training: settings that cannot work: seconds of 0, want 4 to 600
}
