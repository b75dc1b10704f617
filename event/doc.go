// Package event is what this program tells other programs: an [Event] for
// every change in who spoke when. It needs the standard library and nothing else.
//
// An [Encoder] numbers the events of a run without holes. A [Timeline]
// applies them: it ends up with the same turns as the program that published
// them, whether its owner listened from the start, joined late or reads a week
// later. A [Live] holds what had been told in time. [Timeline.Segments] are the
// turns as RTTM files have them, which package rttm reads and writes.
// Package publish carries events over NATS. docs/events.md is the contract in
// prose, schema/event.schema.json for machines.
//
// Growth is compatible only: fields and kinds may be added, so a reader skips
// those it does not know; nothing is renamed or removed within "v1".
package event
