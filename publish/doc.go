// Package publish carries the events of package event over NATS JetStream, as JSON.
//
// A [Publisher] hands the events to a NATS server, in order and each once. It never
// makes its caller wait. [Subscribe] iterates over the events of a stream, live or from
// the beginning.
package publish
