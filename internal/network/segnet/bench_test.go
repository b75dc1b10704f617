package segnet

import (
	"testing"

	"github.com/seed-7adb9000/diarizer/internal/network/simd"
)

// BenchmarkRun is a window of 10 s by path.
func BenchmarkRun(b *testing.B) {
	net, sound := load(b), talk(10*Rate)
	frames := make([]Frame, Frames(len(sound)))
	for _, path := range simd.Paths() {
		b.Run(path.String(), func(b *testing.B) {
			r := NewRunner(net, path)
			for b.Loop() {
				r.Run(frames, sound)
			}
			b.ReportMetric(10*float64(b.N)/b.Elapsed().Seconds(), "x-real-time")
		})
	}
}

func BenchmarkDefault(b *testing.B) {
	for b.Loop() {
		load(b)
	}
}

// BenchmarkStream is the work of a stream per second of sound by path.
func BenchmarkStream(b *testing.B) {
	net, sound := load(b), talk(4*118*Step)
	for _, path := range simd.Paths() {
		b.Run(path.String(), func(b *testing.B) {
			s := NewStreamOn(NewRunners(net, path))
			emit := func(int64, *Frame) {}
			s.Push(talk(10*Rate), emit)
			for b.Loop() {
				s.Push(sound, emit) // 4 windows
			}
			b.ReportMetric(float64(len(sound))/Rate*float64(b.N)/b.Elapsed().Seconds(), "x-real-time")
		})
	}
}
