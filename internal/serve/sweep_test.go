package serve

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/seed-7adb9000/diarizer/internal/pipeline"
	"github.com/seed-7adb9000/diarizer/internal/testkit/natstest"
)

// TestGoneStreamsLeaveNothing has thousands of streams whose sound is gone, and dead workers. Their
// keys are removed, in buckets whose server removes markers and in those of an older server or
// version. The rest is what the next worker reads at its start.
func TestGoneStreamsLeaveNothing(t *testing.T) {
	const gone, dead = 3000, 200
	for _, old := range []bool{false, true} {
		t.Run(fmt.Sprintf("old=%v", old), func(t *testing.T) {
			nc := natstest.New(t)
			js, err := jetstream.New(nc)
			if err != nil {
				t.Fatal(err)
			}
			ctx := t.Context()
			if old {
				for _, name := range []string{WorkerBucket, ClaimBucket, StateBucket, VoiceBucket} {
					if _, err := js.CreateKeyValue(ctx, jetstream.KeyValueConfig{Bucket: name}); err != nil {
						t.Fatal(err)
					}
				}
			}
			store := StoreOptions{markersStay: 2 * time.Second}
			s, err := openShared(ctx, nc, store)
			if err != nil {
				t.Fatal(err)
			}
			if s.expires[ClaimBucket] == old {
				t.Fatalf("markers vanish by themselves: %v", !old)
			}
			many(t, gone, func(i int) error {
				stream := fmt.Sprint("gone-", i)
				if i%2 == 0 { // without the claim, as an older version left them
					if _, err := s.write(ctx, stream, claim{Epoch: 1, From: 5, Past: []string{"s"}}, 0); err != nil {
						return err
					}
				} else if err := s.claims.Delete(ctx, stream); err != nil {
					return err
				}
				k, _, err := s.states.Open(ctx, stream, 1)
				if err == nil {
					err = k.Clear(ctx)
				}
				return err
			})
			many(t, dead, func(i int) error { return s.forget(ctx, s.workers, fmt.Sprint("dead-", i), 0) })
			if err := feed(ctx, nc, "here", packetsOf("s", speech(3, 3)), 1e6); err != nil {
				t.Fatal(err)
			}
			left := func(bucket string) uint64 {
				stream, err := js.Stream(ctx, "KV_"+bucket)
				if err != nil {
					t.Fatal(err)
				}
				return stream.CachedInfo().State.Msgs
			}
			if n := left(ClaimBucket) + left(StateBucket); n < 2*gone {
				t.Fatalf("%d messages at the beginning", n)
			}
			opts := testOptions(pipeline.Config{Model: anyModel()})
			opts.Store = store
			w := startWorker(t, nc, opts)
			// The stream with sound keeps its claim and its manifest, and the worker its heartbeat.
			// The server does not remove the markers of an older version.
			waitFor(t, func() bool {
				return left(ClaimBucket) == 1 && left(StateBucket) == 1 && left(WorkerBucket) == 1
			})
			if c, ok := w.roster.claim("here"); !ok || len(c.Past) != 1 {
				t.Errorf("claim of the stream that is there: %+v", c.claim)
			}
			w.mu.Lock()
			n := len(w.found) + len(w.waiting) + len(w.asleep) + len(w.newcomers)
			w.mu.Unlock()
			if n > 1 {
				t.Errorf("the worker remembers %d streams", n)
			}
		})
	}
}

// TestCameBackMeanwhile has a stream that comes back, is heard and is left again after a look has read
// which streams have sound. Its claim stays, with the sessions that were heard.
func TestCameBackMeanwhile(t *testing.T) {
	ctx := t.Context()
	s, err := openShared(ctx, natstest.New(t), StoreOptions{})
	if err != nil {
		t.Fatal(err)
	}
	w := &Worker{s: s, roster: newRoster()}
	write := func(stream string, c claim, revision uint64) uint64 {
		t.Helper()
		revision, err := s.write(ctx, stream, c, revision)
		if err != nil {
			t.Fatal(err)
		}
		e, err := s.claims.Get(ctx, stream)
		if err == nil {
			err = w.roster.putClaim(e)
		}
		if err != nil {
			t.Fatal(err)
		}
		return revision
	}
	write("gone", claim{Epoch: 1}, 0)
	revision := write("back", claim{Epoch: 1}, 0)
	_, before := w.roster.all()
	write("back", claim{Epoch: 2, From: 9, Past: []string{"s"}}, revision)
	write("new", claim{Epoch: 1, From: 20}, 0)
	w.forgetGone(ctx, nil, before)
	for stream, stays := range map[string]bool{"gone": false, "back": true, "new": true} {
		switch _, err := s.readClaim(ctx, stream); {
		case stays && err != nil:
			t.Errorf("the claim of a stream that came back meanwhile: %v", err)
		case !stays && !errors.Is(err, jetstream.ErrKeyNotFound):
			t.Errorf("the claim of a stream that is gone: %v, expected none", err)
		}
	}
}

// many calls do for each of n numbers, several at once.
func many(t *testing.T, n int, do func(i int) error) {
	t.Helper()
	var wg sync.WaitGroup
	for part := range 16 {
		wg.Go(func() {
			for i := part; i < n; i += 16 {
				if err := do(i); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
}

// TestWatchAfterALostConnection removes a key without a marker, as if the server had removed the marker
// already. A watcher that was cut off learns of the removal with the next connection.
func TestWatchAfterALostConnection(t *testing.T) {
	nc := natstest.New(t)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	s, err := openShared(ctx, nc, StoreOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, stream := range []string{"gone", "here"} {
		if _, err := s.write(ctx, stream, claim{Epoch: 1}, 0); err != nil {
			t.Fatal(err)
		}
	}
	r := newRoster()
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	if err := r.follow(ctx, s, &wg, func(err error) { t.Log(err) }); err != nil {
		t.Fatal(err)
	}
	if _, claims := r.all(); len(claims) != 2 {
		t.Fatalf("claims %v", claims)
	}
	bucket, err := s.js.Stream(ctx, "KV_"+ClaimBucket)
	if err != nil {
		t.Fatal(err)
	}
	if err := bucket.Purge(ctx, jetstream.WithPurgeSubject("$KV."+ClaimBucket+".gone")); err != nil {
		t.Fatal(err)
	}
	if err := nc.ForceReconnect(); err != nil {
		t.Fatal(err)
	}
	waitFor(t, func() bool {
		_, gone := r.claim("gone")
		_, here := r.claim("here")
		return here && !gone
	})
}
