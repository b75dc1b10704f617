// Package publish is what this program tells other programs: an [Event] for
// every change in who spoke when, as JSON on NATS JetStream.
//
// An [Encoder] turns what package online decides into events, each with a
// sequence number without holes. A [Publisher] hands them to a NATS server, in
// order and each once, and never makes its caller wait. [Subscribe] iterates
// over the events of a stream, live or from the beginning. A [Timeline]
// applies them: it ends up with the same turns as the program that published
// them, whether its owner listened from the start, joined late or reads a week
// later. docs/events.md is the contract in prose, schema/event.schema.json for
// machines.
//
// Growth is compatible only: fields and kinds may be added, so a reader skips
// those it does not know; nothing is renamed or removed within "v1".
package publish
