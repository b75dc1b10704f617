//go:build race

package capture

// raceDetector makes everything some ten times as slow.
const raceDetector = true
