package training

import (
	"context"
	"runtime"
	"sync"
)

// parallel calls work(worker, i) for i = 0 … n−1 on as many workers as there
// are processors. What each i computes must not depend on the others; where
// results are summed, the sum must go in the order of i, so that the machine
// does not change it. The first error, or ctx's, ends it.
func parallel(ctx context.Context, n int, work func(worker, i int) error) error {
	var (
		wg    sync.WaitGroup
		mu    sync.Mutex
		next  int
		first error
	)
	take := func() (int, bool) {
		mu.Lock()
		defer mu.Unlock()
		if first == nil {
			first = ctx.Err()
		}
		if first != nil || next == n {
			return 0, false
		}
		next++
		return next - 1, true
	}
	for w := range workers() {
		wg.Go(func() {
			for i, ok := take(); ok; i, ok = take() {
				if err := work(w, i); err != nil {
					mu.Lock()
					if first == nil {
						first = err
					}
					mu.Unlock()
				}
			}
		})
	}
	wg.Wait()
	return first
}

// workers is the number of workers that parallel uses.
func workers() int { return runtime.GOMAXPROCS(0) }

// shards is into how many parts data is divided whose results are summed: a
// fixed number, so that sums are the same on every machine.
const shards = 16

// shard returns the bounds of part s of n items.
func shard(s, n int) (from, to int) { return s * n / shards, (s + 1) * n / shards }
