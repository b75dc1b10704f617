package serve

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"
)

// TestDrainIsBounded holds that a worker with an owner that hangs hands over its other streams,
// and logs the stream of that owner.
func TestDrainIsBounded(t *testing.T) {
	w := &Worker{opts: Options{Log: slog.New(slog.DiscardHandler)}, owned: map[string]*owned{}}
	var released, cancelled sync.Map
	for _, stream := range []string{"well", "slow", "hangs"} {
		o := &owned{owner: &owner{stream: stream}, done: make(chan struct{})}
		o.release = func(error) {
			released.Store(stream, true)
			if stream == "well" {
				close(o.done)
			}
		}
		o.cancel = func(error) {
			cancelled.Store(stream, true)
			if stream == "slow" {
				close(o.done)
			}
		}
		w.owned[stream] = o
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if stuck := w.handOver(ctx, 10*time.Millisecond); !slices.Equal(stuck, []string{"hangs"}) {
		t.Errorf("streams that do not stop: %v, expected the one that hangs", stuck)
	}
	for _, stream := range []string{"well", "slow", "hangs"} {
		_, asked := released.Load(stream)
		_, told := cancelled.Load(stream)
		if !asked || !told && stream != "well" {
			t.Errorf("stream %s: asked to hand over %v, told to stop %v", stream, asked, told)
		}
	}
	var wg sync.WaitGroup
	goOn := make(chan struct{})
	wg.Go(func() { <-goOn })
	if finished(&wg, time.Millisecond) {
		t.Error("what goes on is taken for over")
	}
	close(goOn)
	if !finished(&wg, time.Minute) {
		t.Error("what is over is taken to go on")
	}
}
