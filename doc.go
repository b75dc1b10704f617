// Package diarizer says who spoke when, while people speak. It takes sound of one channel
// at 16 kHz. It reports each turn, and each correction of a turn, as an event of package
// event.
//
// [Run] diarizes a source of package capture: a microphone, a recording, a pipe. A
// [Pipeline] does the same without goroutines, for a program that has the samples:
//
//	var meeting event.Timeline
//	p, err := diarizer.New(diarizer.Config{})
//	err = p.Hear(ctx, capture.Block{Samples: samples}, meeting.Apply)
//	err = p.Flush(meeting.Apply)
//	for _, turn := range meeting.Turns() { … }
//
// The same samples lead to the same events, whatever the sizes of the blocks. Memory, and
// work per second of sound, are bounded for a stream that never ends. An [event.Timeline]
// keeps every turn unless it is bounded. The directory examples/library is a whole program
// in a module of its own.
package diarizer
