package bus_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"

	"github.com/seed-7adb9000/diarizer/internal/bus"
	"github.com/seed-7adb9000/diarizer/internal/testkit/natstest"
)

// TestForbidden holds that a connection knows on which subject it may not publish, that the error is
// told once for subjects of one use, and that a new connection tries again.
func TestForbidden(t *testing.T) {
	url := natstest.Start(t, &server.Options{Users: []*server.User{{Username: "box", Password: "b",
		Permissions: &server.Permissions{Publish: &server.SubjectPermission{Deny: []string{"diarizer.meter.v1.>"}}}}}})
	said := make(chan error, 10)
	line := bus.NewLine()
	again := make(chan struct{})
	nc, err := nats.Connect(url, nats.UserInfo("box", "b"), nats.ReconnectWait(time.Millisecond),
		nats.ReconnectHandler(func(nc *nats.Conn) { bus.Reconnected(nc); close(again) }),
		nats.ErrorHandler(func(nc *nats.Conn, _ *nats.Subscription, err error) { said <- bus.Hear(nc, err) }), line.Option())
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	publish := func(subject string) {
		t.Helper()
		if !bus.MayPublish(nc, subject) {
			t.Errorf("%s is forbidden before it was tried", subject)
		}
		if err := errors.Join(nc.Publish(subject, nil), nc.Flush()); err != nil {
			t.Fatal(err)
		}
	}
	publish("diarizer.meter.v1.a")
	if err := <-said; !errors.Is(err, nats.ErrPermissionViolation) {
		t.Errorf("said %v", err)
	}
	publish("diarizer.meter.v1.b")
	if err := <-said; err != nil {
		t.Errorf("said again: %v", err)
	}
	publish("diarizer.v1.a.status")
	for subject, want := range map[string]bool{"diarizer.meter.v1.a": false, "diarizer.meter.v1.b": false, "diarizer.meter.v1.c": true, "diarizer.v1.a.status": true} {
		if got := bus.MayPublish(nc, subject); got != want {
			t.Errorf("%s may be published on: %v", subject, got)
		}
	}
	if err := nc.ForceReconnect(); err != nil {
		t.Fatal(err)
	}
	<-again
	publish("diarizer.meter.v1.a")
	if err := <-said; err != nil || bus.MayPublish(nc, "diarizer.meter.v1.a") {
		t.Errorf("after a reconnection: said %v", err)
	}
}

// TestHearPassesOn holds that other errors are passed on unchanged.
func TestHearPassesOn(t *testing.T) {
	nc, err := nats.Connect(natstest.Start(t, &server.Options{}), bus.NewLine().Option())
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	for _, err := range []error{nats.ErrSlowConsumer, fmt.Errorf("%w: of another form", nats.ErrPermissionViolation)} {
		for range 2 {
			if got := bus.Hear(nc, err); got != err {
				t.Errorf("%v became %v", err, got)
			}
		}
	}
}
