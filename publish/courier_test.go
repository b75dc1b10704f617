package publish

import (
	"context"
	"errors"
	"sync"
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/seed-7adb9000/diarizer/publish/natsd"
)

// TestCourierStopsAtOnce stops couriers right after their first message, many at the same time, so
// that goroutines have to wait before they run. The check at the end of this package's tests finds
// goroutines that are left.
func TestCourierStopsAtOnce(t *testing.T) {
	nc := dial(t, serve(t, natsd.Options{}).URL())
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var wg sync.WaitGroup
	for range 200 {
		wg.Go(func() {
			c, err := newCourier(nc, StreamOptions{}, func(error) {})
			if err != nil {
				t.Error(err)
				return
			}
			_, err = c.sender.publish(ctx, nats.NewMsg("nobody.listens"))
			if !errors.Is(err, context.Canceled) && !errors.Is(err, nats.ErrNoResponders) && !errors.Is(err, jetstream.ErrNoStreamResponse) {
				t.Errorf("published with an ended context: %v", err)
			}
			c.stop()
		})
	}
	wg.Wait()
}
