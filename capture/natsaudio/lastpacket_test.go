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

// stop publishes a message that ends a run. It names its session if that is not empty.
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
// that comes later hears the last session. More messages than the reader looks back over tell their session.
func TestStopped(t *testing.T) {
	for _, c := range []struct {
		others, stops int
		named         bool
	}{
		{0, 3, false}, {1, 3, false}, {2, 3, false}, {7, 3, false}, {100, 3, false}, {0, 32, false}, {0, 40, true},
	} {
		t.Run(fmt.Sprint(c), func(t *testing.T) {
			t.Parallel()
			_, nc := serve(t, natsd.Options{})
			keep(t, nc)
			aside := func() {
				for range c.others {
					if err := nc.Publish(natsaudio.Prefix+".room2", nil); err != nil {
						t.Fatal(err)
					}
				}
			}
			var session string
			for _, n := range []int{1000, 16000} {
				aside()
				out := sender(t, nc)
				send(t, out, tone(n))
				closeSender(t, out)
				if c.named {
					session = out.Session()
				}
			}
			for range c.stops {
				aside()
				stop(t, nc, session)
			}
			if c.named {
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

// TestOnlyStopKept: where all that is kept are messages about a session, the next session is heard.
func TestOnlyStopKept(t *testing.T) {
	for _, c := range []struct {
		session string
		stops   int
	}{{"", 1}, {"gone", 1}, {"gone", 40}} {
		_, nc := serve(t, natsd.Options{})
		keep(t, nc)
		for range c.stops {
			stop(t, nc, c.session)
		}
		if err := nc.Flush(); err != nil {
			t.Fatal(err)
		}
		in := source(t, nc, natsaudio.Options{Idle: 30 * time.Second})
		out := sender(t, nc)
		send(t, out, tone(1000))
		closeSender(t, out)
		if got := read(t, in); !slices.Equal(got, tone(1000)) {
			t.Errorf("behind %d stops of %q: %d samples, expected 1000", c.stops, c.session, len(got))
		}
	}
}
