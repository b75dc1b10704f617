// Package fault holds the tests that kill things: publishers, subscribers and
// NATS servers, each a process of its own. It counts what was lost, stored
// twice or stored out of order, which must be nothing.
package fault
