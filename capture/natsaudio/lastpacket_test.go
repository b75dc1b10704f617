package natsaudio_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/seed-7adb9000/diarizer/capture/natsaudio"
	"github.com/seed-7adb9000/diarizer/publish/natsd"
)

// stop publishes a message that ends a run, which names no session.
func stop(t *testing.T, nc *nats.Conn, session string) {
	t.Helper()
	msg := nats.NewMsg(subject)
	msg.Header.Set(natsaudio.HeaderControl+"Stop", "the last words are waited for no longer")
	if session != "" {
		msg.Header.Set(natsaudio.HeaderSession, session)
	}
	if err := nc.PublishMsg(msg); err != nil {
		t.Fatal(err)
	}
}

// TestStopped: behind a run that a worker has stopped, and whatever was published on other subjects since, a reader
// that comes later hears the last session.
func TestStopped(t *testing.T) {
	for _, others := range []int{0, 1, 2, 7, 100} {
		t.Run(fmt.Sprint(others), func(t *testing.T) {
			t.Parallel()
			_, nc := serve(t, natsd.Options{})
			keep(t, nc)
			aside := func() {
				for range others {
					if err := nc.Publish(natsaudio.Prefix+".room2", nil); err != nil {
						t.Fatal(err)
					}
				}
			}
			for _, n := range []int{1000, 16000} {
				aside()
				out := sender(t, nc)
				send(t, out, tone(n))
				closeSender(t, out)
			}
			for range 3 {
				aside()
				stop(t, nc, "")
			}
			if err := nc.Flush(); err != nil {
				t.Fatal(err)
			}
			if got := read(t, source(t, nc, natsaudio.Options{})); !slices.Equal(got, tone(16000)) {
				t.Errorf("%d samples, expected 16000", len(got))
			}
		})
	}
}

// TestOnlyStopKept: where all that is kept is a message about a session, the next session is heard.
func TestOnlyStopKept(t *testing.T) {
	for _, session := range []string{"", "gone"} {
		_, nc := serve(t, natsd.Options{})
		keep(t, nc)
		stop(t, nc, session)
		if err := nc.Flush(); err != nil {
			t.Fatal(err)
		}
		in := source(t, nc, natsaudio.Options{Idle: 30 * time.Second})
		out := sender(t, nc)
		send(t, out, tone(1000))
		closeSender(t, out)
		if got := read(t, in); !slices.Equal(got, tone(1000)) {
			t.Errorf("behind a stop of %q: %d samples, expected 1000", session, len(got))
		}
	}
}
