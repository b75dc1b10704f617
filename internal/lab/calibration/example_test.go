package calibration_test

import (
	"fmt"

	"github.com/seed-7adb9000/diarizer/internal/lab/calibration"
)

func Example() {
	claims := []calibration.Claim{
		{Confidence: 0.9, Right: true, Weight: 1},
		{Confidence: 0.9, Right: true, Weight: 1},
		{Confidence: 0.6, Right: false, Weight: 1},
		{Confidence: 0.6, Right: true, Weight: 1},
	}
	fmt.Printf("Brier score %.3f\n", calibration.Brier(claims))
	fmt.Printf("expected calibration error %.2f\n", calibration.ExpectedError(calibration.Bins(claims, calibration.DefaultBins)))
	// Output:
	// Brier score 0.135
	// expected calibration error 0.10
}
