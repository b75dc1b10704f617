// Package diarizer says who spoke when, while they speak: it takes sound, 16 kHz
// mono, and tells what it finds, and every correction of it, as events of package
// event.
//
// [Run] diarizes a source of package capture: a microphone, a recording, a pipe. A
// [Pipeline] is the same without goroutines, for a program that has the samples:
//
//	var meeting event.Timeline
//	p, err := diarizer.New(diarizer.Config{})
//	err = p.Hear(ctx, capture.Block{Samples: samples}, meeting.Apply)
//	err = p.Flush(meeting.Apply)
//	for _, turn := range meeting.Turns() { … }
//
// The same samples lead to the same events, in whatever blocks they come. The memory
// and the work per second of sound are bounded for a stream that never ends; a
// [event.Timeline] keeps every turn unless it is bounded. examples/library is a whole
// program in a module of its own.
package diarizer
