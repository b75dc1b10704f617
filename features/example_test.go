package features_test

import (
	"fmt"

	"github.com/seed-7adb9000/diarizer/features"
)

func ExampleExtractor() {
	e, err := features.NewExtractor(features.Default())
	if err != nil {
		fmt.Println(err)
		return
	}
	normal := features.NewNormalizer(make([]float64, e.Dim()), 200)
	frames := 0
	emit := func(frame []float64) {
		normal.Update(frame)
		normal.Apply(frame, frame)
		frames++
	}
	e.Push(make([]float32, 16000), emit) // one second
	fmt.Println(frames, "frames of", e.Dim(), "features")
	e.Flush(emit)
	fmt.Println(frames, "frames at the end")
	// Output:
	// 96 frames of 36 features
	// 100 frames at the end
}
