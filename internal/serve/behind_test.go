package serve

import (
	"errors"
	"testing"
	"time"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/capture/natsaudio"
	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/pipeline"
	"github.com/seed-7adb9000/diarizer/internal/testkit/natstest"
	"github.com/seed-7adb9000/diarizer/publish"
)

// TestBehind holds that a lag is the time between the storing of two messages, and
// that the newest is asked for at most once a second.
func TestBehind(t *testing.T) {
	at := func(seconds float64) time.Time {
		return time.Unix(1000, 0).Add(time.Duration(seconds * float64(time.Second)))
	}
	now, newest, asked := time.Now(), at(30), 0
	var failed error
	b := behind{now: func() time.Time { return now }, run: func(f func()) { f() },
		ask: func() (time.Time, error) { asked++; return newest, failed }}
	for i, c := range []struct {
		stored  float64
		pending uint64
		after   time.Duration // since the step before
		newest  float64
		failed  error
		want    time.Duration
		asked   int
	}{
		{0, 0, 0, 0, nil, 0, 0},
		{10, 5, 0, 30, nil, 20 * time.Second, 1},
		{11, 4, 100 * time.Millisecond, 40, nil, 19 * time.Second, 1},
		{12, 4, time.Second, 40, nil, 28 * time.Second, 2},
		{13, 4, time.Second, 99, errors.New("no answer"), 27 * time.Second, 3},
		{40, 0, time.Second, 99, nil, 0, 3},
		{7200, 3, time.Second, 7200, nil, 0, 4},       // the server's clock was set,
		{50, 2, time.Second, 51, nil, time.Second, 5}, // and set back
		{51, 0, time.Second, 51, nil, 0, 5},
		{40, 1, time.Second, 39, nil, 0, 6},
	} {
		now, newest, failed = now.Add(c.after), at(c.newest), c.failed
		if got := b.lag(at(c.stored), c.pending); got != c.want || asked != c.asked {
			t.Errorf("%d: a lag of %v after %d questions, expected %v after %d", i, got, asked, c.want, c.asked)
		}
	}
}

// TestLagIsOfTime has a stream with a gap of five minutes, and one that skips silence, as
// encoders do. The lag of their waiting messages is the time in which these came, and no share
// of the stream's length.
func TestLagIsOfTime(t *testing.T) {
	cfg := pipeline.Config{Model: anyModel()}
	nc := natstest.New(t)
	began := time.Now()
	// No worker listens until all sound is there.
	if _, err := openShared(t.Context(), nc, StoreOptions{}); err != nil {
		t.Fatal(err)
	}
	ps := packetsOf("a", speech(3, 60))
	for i := range ps {
		if i >= 20 {
			ps[i].Position += 300 * capture.Rate
		}
	}
	sparse := packetsOf("b", speech(50, 60))
	for i := range sparse { // a word every few seconds
		sparse[i].Position += int64(i/10) * 3 * capture.Rate
	}
	for stream, ps := range map[string][]natsaudio.Packet{"gap": ps, "dtx": sparse} {
		if err := feed(t.Context(), nc, stream, ps, 1e6); err != nil {
			t.Fatal(err)
		}
	}
	startWorker(t, nc, testOptions(cfg))
	most := 0.0
	for _, stream := range []string{"gap", "dtx"} {
		for m, err := range publish.Subscribe(t.Context(), nc, publish.SubscribeOptions{Streams: []string{stream}}) {
			if err != nil {
				t.Fatal(err)
			}
			if m.Status != nil {
				most = max(most, m.Status.Lag)
			}
			if m.Kind == event.StreamEnded {
				break
			}
		}
	}
	if took := time.Since(began).Seconds(); most > took {
		t.Errorf("%.0f s behind, of sound that came within %.1f s", most, took)
	}
}
