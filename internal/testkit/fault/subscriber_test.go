package fault

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strconv"
	"testing"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/publish"
)

// subscriber says where every event after message after is stored and what its
// number in the run is, until the run ends.
func subscriber(url string, after uint64) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	nc, err := publish.Connect(ctx, url, publish.ConnectOptions{WaitFor: patience})
	if err != nil {
		return err
	}
	defer nc.Close()
	for m, err := range publish.Subscribe(ctx, nc, publish.SubscribeOptions{After: after}) {
		if err != nil {
			return err
		}
		fmt.Println(m.Number, m.Seq)
		if m.Kind == event.StreamEnded {
			return nil
		}
	}
	return ctx.Err()
}

func TestSubscriberKilledAndBack(t *testing.T) {
	t.Parallel()
	srv := newNode(t, freePorts(t, 1)[0], t.TempDir())
	// The publisher is at work while subscribers come and go.
	p := self(t, "publisher", srv.url, t.TempDir(), strconv.Itoa(events), strconv.Itoa(events))
	done := make(chan struct{})
	go func() {
		defer close(done)
		for p.out.Scan() {
		}
	}()
	r := rand.New(rand.NewPCG(3, 4))
	c := count{t: t}
	var after uint64
	for kills := 0; c.last < events; kills++ {
		s := self(t, "subscriber", srv.url, strconv.FormatUint(after, 10))
		lines := events
		if kills < 20 {
			lines = r.IntN(events / 15)
		}
		for ; lines > 0 && c.last < events && s.out.Scan(); lines-- {
			var number, seq uint64
			if _, err := fmt.Sscan(s.out.Text(), &number, &seq); err != nil {
				t.Fatal(err)
			}
			after = number
			c.event(seq)
		}
		s.kill()
		if kills > 100 {
			t.Fatalf("%d of %d events after %d subscribers", c.last, events, kills)
		}
	}
	<-done
	p.wait(t)
	c.check("received", events)
}
