// Package natstest gives tests a NATS server of their own.
package natstest

import (
	"testing"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"

	"github.com/seed-7adb9000/diarizer/publish"
	"github.com/seed-7adb9000/diarizer/publish/natsd"
)

// New starts a server with JetStream and returns a connection to it. Both end
// with the test.
func New(t testing.TB) *nats.Conn {
	t.Helper()
	server, err := natsd.Start(t.Context(), natsd.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	return Connect(t, server.URL())
}

// Connect returns another connection, which ends with the test.
func Connect(t testing.TB, url string) *nats.Conn {
	t.Helper()
	nc, err := publish.Connect(t.Context(), url, publish.ConnectOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	return nc
}

// Start starts a server of other options, with JetStream, which ends with the
// test, and returns its URL.
func Start(t testing.TB, opts *server.Options) string { return start(t, opts).ClientURL() }
