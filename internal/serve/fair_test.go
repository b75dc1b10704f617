package serve

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/seed-7adb9000/diarizer/capture/natsaudio"
	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/pipeline"
	"github.com/seed-7adb9000/diarizer/internal/testkit/natstest"
	"github.com/seed-7adb9000/diarizer/publish"
)

// begun are the streams of the first n runs, in the order of their beginnings.
func begun(t *testing.T, nc *nats.Conn, n int) (streams []string) {
	t.Helper()
	deadline := time.AfterFunc(time.Minute, nc.Close)
	defer deadline.Stop()
	for m, err := range publish.Subscribe(t.Context(), nc, publish.SubscribeOptions{}) {
		if err != nil {
			t.Fatal(err)
		}
		if m.Kind == event.StreamStarted {
			streams = append(streams, m.Stream)
		}
		if len(streams) == n {
			break
		}
	}
	return streams
}

// sendAll publishes a session of a stream at once.
func sendAll(t *testing.T, nc *nats.Conn, stream, session string, seconds int) {
	t.Helper()
	if err := feed(t.Context(), nc, stream, packetsOf(stream+"-"+session, speech(3, seconds)), 1e6); err != nil {
		t.Fatal(err)
	}
}

// TestOldestFirst has more streams than room. The stream whose sound has waited longest is taken
// first, under any name, both as a new stream and as one that was there before.
func TestOldestFirst(t *testing.T) {
	nc := natstest.New(t)
	if _, err := openShared(t.Context(), nc, StoreOptions{}); err != nil {
		t.Fatal(err)
	}
	names := []string{"z", "k", "a", "m", "b"}
	for _, stream := range names {
		sendAll(t, nc, stream, "first", 3)
	}
	opts := testOptions(pipeline.Config{Model: anyModel()})
	opts.Limit = 1
	w := startWorker(t, nc, opts)
	if got := begun(t, nc, 5); !slices.Equal(got, names) {
		t.Errorf("streams begin in the order %v, expected %v", got, names)
	}
	waitFor(t, func() bool {
		_, claims := w.roster.all()
		for _, stream := range names {
			if len(claims[stream].Past) != 1 {
				return false
			}
		}
		return len(w.all()) == 0
	})
	w.end(t)
	slices.Reverse(names)
	names[0], names[1] = names[1], names[0]
	for _, stream := range names {
		sendAll(t, nc, stream, "second", 3)
	}
	startWorker(t, nc, opts)
	if got := begun(t, nc, 10)[5:]; !slices.Equal(got, names) {
		t.Errorf("streams begin again in the order %v, expected %v", got, names)
	}
}

// TestNobodyStarves has a stream whose sessions follow each other without a pause, and another
// stream for which there is no room. The other stream is taken between two of the sessions.
func TestNobodyStarves(t *testing.T) {
	nc := natstest.New(t)
	if _, err := openShared(t.Context(), nc, StoreOptions{}); err != nil {
		t.Fatal(err)
	}
	const sessions = 6
	for i := range sessions {
		sendAll(t, nc, "a", fmt.Sprint("session-", i), 20)
		if i == 0 {
			sendAll(t, nc, "z", "only", 3)
		}
	}
	opts := testOptions(pipeline.Config{Model: anyModel()})
	opts.Limit = 1
	startWorker(t, nc, opts)
	if got := begun(t, nc, sessions+1); slices.Index(got, "z") > 2 {
		t.Errorf("streams begin in the order %v", got)
	}
}

// TestOneSenderHasItsShare has a sender that sends more than fits into the stream: in small
// packets while no worker listens, and in the largest while one does. The sound of other senders
// stays.
func TestOneSenderHasItsShare(t *testing.T) {
	nc := natstest.New(t)
	store := StoreOptions{AudioBytes: 8 << 20}
	s, err := openShared(t.Context(), nc, store)
	if err != nil {
		t.Fatal(err)
	}
	quiet := func() uint64 {
		info, err := s.audio.Info(t.Context(), jetstream.WithSubjectFilter(natsaudio.AllSubjects))
		if err != nil {
			t.Fatal(err)
		}
		return info.State.Subjects[natsaudio.Subject("quiet")]
	}
	if err := feed(t.Context(), nc, "quiet", packetsOf("s", speech(3, 5)), 1e6); err != nil {
		t.Fatal(err)
	}
	want := quiet()
	flood := func(session string, size, n int) {
		t.Helper()
		p := natsaudio.Packet{Session: session, Encoding: natsaudio.S16, Rate: 16000, Channels: 1, Samples: size / 2, Data: make([]byte, size)}
		for i := range n {
			p.Seq, p.Position = uint64(i+1), int64(i*size/2)
			msg, err := p.Message(natsaudio.Subject("loud"))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := s.js.PublishMsg(t.Context(), msg); err != nil {
				t.Fatal(err)
			}
		}
	}
	flood("small", 1920, 10_000)
	if got := quiet(); got != want {
		t.Errorf("%d of %d messages of the quiet stream are left", got, want)
	}
	opts := testOptions(pipeline.Config{Model: anyModel()})
	opts.Store = store
	w := startWorker(t, nc, opts)
	for i := range 30 { // as fast as a worker can look
		flood(fmt.Sprint("large-", i), 64<<10, 10)
		waitFor(t, func() bool {
			info, err := s.audio.Info(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			return info.State.Bytes < 6<<20
		})
	}
	if got := quiet(); got != want {
		t.Errorf("%d of %d messages of the quiet stream are left", got, want)
	}
	if metricOf(t, w.Worker, "diarizer_audio_trimmed_total") == 0 {
		t.Error("nothing tells that the loud stream was cut")
	}
}
