// Package event has what the diarizer tells other programs: an [Event] for every
// change in who spoke when. It needs the standard library alone.
//
// An [Encoder] numbers the events of a run without holes. A [Timeline] applies
// events and ends up with the same turns as the program that published them, whether
// the subscriber listened from the start, joined late or reads a week later. [Runs] tells
// which run of a stream is the latest. A [Live] holds what a listener had been told in
// time. [Timeline.Segments] returns the turns as RTTM files have them; package rttm reads
// and writes these files. Package publish carries events over NATS. The contract is
// docs/events.md in prose and schema/event.schema.json for machines.
//
// Within "v1" fields and kinds may be added, and none is renamed or removed. A reader
// skips the fields and kinds that it does not know.
package event
