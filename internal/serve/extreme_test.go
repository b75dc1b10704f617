package serve

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/capture/natsaudio"
	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/pipeline"
	"github.com/seed-7adb9000/diarizer/publish"
)

// TestExtremePositions sends a stream packets with every position that a header can have, at all
// kinds of rates. No packet ends or stops the stream. Its position never goes back nor beyond
// [capture.MaxPosition]. Its lag is the time between the storing of messages, whatever their
// headers say.
func TestExtremePositions(t *testing.T) {
	positions := []int64{0, 1, 800, math.MaxInt32, 23 * 3600 * 8000, 24 * 3600 * 192_000, 366 * 86_400 * 8000, 10 * 366 * 86_400 * 192_000,
		1 << 40, 1 << 46, 1 << 50, 1 << 55, 1 << 62, math.MaxInt64, math.MinInt64, -1}
	began := []string{"", "0000-01-01T00:00:00+23:59", "0001-01-01T00:00:01Z", "1677-01-01T00:00:00Z", "2262-05-01T00:00:00Z", "9999-12-31T23:59:59-23:59"}
	for _, rate := range []int{8000, 11_025, 16_000, 44_101, 192_000} {
		for k, when := range began {
			rec := &statuses{}
			f, err := newFollower("room", pipeline.Config{Model: anyModel()}, rec)
			if err != nil {
				t.Fatal(err)
			}
			now := time.Unix(0, 0)
			newest := now.Add(time.Hour)
			b := behind{now: func() time.Time { return now }, run: func(f func()) { f() }, ask: func() (time.Time, error) { return newest, nil }}
			var lag time.Duration
			f.lag = func() time.Duration { return lag }
			refused := 0
			f.refused = func(kind string, err error) {
				refused++
				if !slices.Contains(natsaudio.BadKinds(), kind) {
					t.Errorf("refused as %q, which is not among the kinds: %v", kind, err)
				}
			}
			at, n := int64(0), uint64(0)
			for _, step := range []int{1, 5, 7, 11} { // all orders of neighbours
				for i := range positions {
					n++
					now = now.Add(20 * time.Millisecond)
					m := message{number: n, stored: now, data: make([]byte, 2*800), header: map[string][]string{
						natsaudio.HeaderSession: {fmt.Sprintf("s%d", k)}, natsaudio.HeaderSeq: {strconv.FormatUint(n, 10)},
						natsaudio.HeaderPosition: {strconv.FormatInt(positions[i*step%len(positions)], 10)},
						natsaudio.HeaderEncoding: {"s16le"}, natsaudio.HeaderRate: {strconv.Itoa(rate)}, natsaudio.HeaderChannels: {"1"},
					}}
					if when != "" {
						m.header[natsaudio.HeaderBegan] = []string{when}
					}
					lag = b.lag(m.stored, 1)
					if err := f.push(context.Background(), m); err != nil {
						t.Fatalf("%d Hz, began %q, position %s: %v", rate, when, m.header[natsaudio.HeaderPosition], err)
					}
					if want := newest.Sub(m.stored); lag != want {
						t.Fatalf("%d Hz, position %s: lag %v, expected %v", rate, m.header[natsaudio.HeaderPosition], lag, want)
					}
					if f.stream.At() < at || f.stream.At() > capture.MaxPosition {
						t.Fatalf("%d Hz, position %s: the stream is at %d after %d", rate, m.header[natsaudio.HeaderPosition], f.stream.At(), at)
					}
					at = f.stream.At()
				}
			}
			if strings.HasSuffix(when, ":59") { // not a year in UTC
				if at != 0 || refused != int(n) {
					t.Errorf("%d Hz, began %q: %d of %d packets refused", rate, when, refused, n)
				}
				continue
			}
			if err := f.finish(context.Background(), event.Finished, ""); err != nil {
				t.Fatalf("%d Hz, began %q: %v", rate, when, err)
			}
			if refused == 0 || at < 24*3600*capture.Rate/4 {
				t.Errorf("%d Hz: %d packets refused, %v heard: expected some of them, and gaps", rate, refused, capture.Duration(at))
			}
			if len(rec.lags) == 0 {
				t.Errorf("%d Hz: no status", rate)
			}
			for _, l := range rec.lags {
				if l < 0 || l > time.Hour.Seconds() {
					t.Errorf("%d Hz: lag of %v s", rate, l)
				}
			}
		}
	}
}

// statuses collects the lags of status events. The events have to be valid.
type statuses struct{ lags []float64 }

func (s *statuses) put(_ context.Context, e event.Event) error {
	if _, err := publish.NewMessage(e); err != nil {
		return err
	}
	if e.Status != nil {
		s.lags = append(s.lags, e.Status.Lag)
	}
	return nil
}

// TestSamples counts the samples of any length of time.
func TestSamples(t *testing.T) {
	for d, want := range map[time.Duration]int64{
		0: 0, time.Second: capture.Rate, 62_500 * time.Nanosecond: 1, 10*time.Second + 62_500*time.Nanosecond: 10*capture.Rate + 1,
		30 * 24 * time.Hour: 30 * 24 * 3600 * capture.Rate, math.MaxInt64: math.MaxInt64 / 62_500,
	} {
		if got := samples(d); got != want {
			t.Errorf("%v are %d samples, expected %d", d, got, want)
		}
	}
}
