package checkpoint

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/nats-io/nats.go/jetstream"
	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"github.com/seed-7adb9000/diarizer/internal/testkit/natstest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// newStore returns a Store of a server of its own.
func newStore(t *testing.T) *Store {
	t.Helper()
	nc := natstest.New(t)
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := js.CreateKeyValue(t.Context(), jetstream.KeyValueConfig{Bucket: "states"}); err != nil {
		t.Fatal(err)
	}
	s, err := NewStore(t.Context(), js, "states")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func random(seed uint64, n int) []byte {
	r := rand.New(rand.NewPCG(seed, 1))
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

// TestSplit holds that the joined pieces are the value, that their sizes are within bounds, and
// that equal parts of two values are equal pieces.
func TestSplit(t *testing.T) {
	g := newGear()
	rapid.Check(t, func(t *rapid.T) {
		b := random(rapid.Uint64().Draw(t, "seed"), rapid.IntRange(0, 1<<20).Draw(t, "size"))
		if rapid.Bool().Draw(t, "zeros") {
			clear(b)
		}
		pieces := g.split(b)
		if !bytes.Equal(bytes.Join(pieces, nil), b) {
			t.Fatal("the pieces are not the value")
		}
		for i, p := range pieces {
			if len(p) > maxPiece || len(p) < minPiece && i < len(pieces)-1 {
				t.Fatalf("piece %d of %d has %d bytes", i, len(pieces), len(p))
			}
		}
	})
	a := random(1, 1<<20)
	known := map[string]bool{}
	for _, p := range g.split(a) {
		known[string(p)] = true
	}
	fresh := 0
	for _, p := range g.split(append(random(2, 1000), a[5000:]...)) {
		if !known[string(p)] {
			fresh += len(p)
		}
	}
	if fresh > 2*maxPiece {
		t.Errorf("%d new bytes after a change at the beginning, expected at most two pieces", fresh)
	}
}

// TestKeepers saves, takes over and saves on.
func TestKeepers(t *testing.T) {
	ctx, s := context.Background(), newStore(t)
	if _, err := s.Peek(ctx, "a"); !errors.Is(err, ErrNone) {
		t.Errorf("nothing is kept: %v", err)
	}
	first, got, err := s.Open(ctx, "a", 1)
	if err != nil || got != nil {
		t.Fatalf("%d bytes, %v", len(got), err)
	}
	v := random(3, 1<<20)
	if _, err := first.Save(ctx, v); err != nil {
		t.Fatal(err)
	}
	v = append(v, random(4, 10000)...)
	sent, err := first.Save(ctx, v)
	if err != nil || sent > 2*maxPiece {
		t.Errorf("%d bytes sent for 10000 new ones, %v", sent, err)
	}
	if got, err := s.Peek(ctx, "a"); err != nil || !bytes.Equal(got, v) {
		t.Errorf("%d bytes, %v, expected those that were saved", len(got), err)
	}
	second, got, err := s.Open(ctx, "a", 2)
	if err != nil || !bytes.Equal(got, v) {
		t.Fatalf("%d bytes, %v, expected those that were saved", len(got), err)
	}
	// The first one wakes up and knows nothing of the second.
	if _, err := first.Save(ctx, random(5, 1<<20)); !errors.Is(err, ErrTaken) {
		t.Errorf("a keeper that was replaced: %v", err)
	}
	if got, err := s.Peek(ctx, "a"); err != nil || !bytes.Equal(got, v) {
		t.Errorf("%d bytes, %v: the replaced keeper has changed what is kept", len(got), err)
	}
	for i := range 20 {
		v = append(v[20000:], random(uint64(i), 20000)...)
		if _, err := second.Save(ctx, v); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := s.Peek(ctx, "a"); err != nil || !bytes.Equal(got, v) {
		t.Errorf("%d bytes, %v", len(got), err)
	}
	if third, _, err := s.Open(ctx, "a", 3); err != nil {
		t.Error(err)
	} else if err := third.Clear(ctx); err != nil {
		t.Error(err)
	}
	if _, err := s.Peek(ctx, "a"); !errors.Is(err, ErrNone) {
		t.Errorf("after Clear: %v", err)
	}
	info, err := s.stream.Info(ctx)
	if err != nil || info.State.Msgs > 1 {
		t.Errorf("%d messages left after Clear, %v, expected the manifest", info.State.Msgs, err)
	}
}

// TestForget removes everything under a name and nothing else, even while a Keeper of the name
// is in use.
func TestForget(t *testing.T) {
	ctx, s := context.Background(), newStore(t)
	keepers := map[string]*Keeper{}
	for i, name := range []string{"b", "a", "ab"} {
		k, _, err := s.Open(ctx, name, 1)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := k.Save(ctx, random(uint64(i), 200<<10)); err != nil {
			t.Fatal(err)
		}
		keepers[name] = k
	}
	if names, err := s.Names(ctx); err != nil || !slices.Equal(names, []string{"a", "ab", "b"}) {
		t.Errorf("names %v, %v", names, err)
	}
	if err := s.Forget(ctx, "a"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Peek(ctx, "a"); !errors.Is(err, ErrNone) {
		t.Errorf("after it was forgotten: %v", err)
	}
	for _, name := range []string{"ab", "b"} {
		if got, err := s.Peek(ctx, name); err != nil || len(got) != 200<<10 {
			t.Errorf("%s: %d bytes, %v", name, len(got), err)
		}
	}
	if _, err := keepers["a"].Save(ctx, random(9, 200<<10)); !errors.Is(err, ErrTaken) {
		t.Errorf("a keeper of what was forgotten saves: %v", err)
	}
	for _, name := range []string{"a", "b", "ab"} {
		if err := s.Forget(ctx, name); err != nil {
			t.Fatal(err)
		}
	}
	// The next keeper of a removes the pieces that this one had put before it got the error.
	if info, err := s.stream.Info(ctx); err != nil || info.State.Msgs != 0 {
		t.Errorf("%d messages are left, %v", info.State.Msgs, err)
	}
}

// TestSpace holds that a checkpoint takes the space of four values at most, no matter how often
// it is saved.
func TestSpace(t *testing.T) {
	ctx, s := context.Background(), newStore(t)
	k, _, err := s.Open(ctx, "a", 1)
	if err != nil {
		t.Fatal(err)
	}
	const size = 300 << 10
	for i := range 30 {
		if i == 15 {
			if k, _, err = s.Open(ctx, "a", 2); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := k.Save(ctx, random(uint64(i), size)); err != nil {
			t.Fatal(err)
		}
	}
	info, err := s.stream.Info(ctx)
	if err != nil || info.State.Bytes > 4*size {
		t.Errorf("%d bytes kept, %v, expected at most four times %d", info.State.Bytes, err, size)
	}
}

// TestDamage holds that damage is noticed: a changed byte, a missing piece, a manifest of
// nonsense.
func TestDamage(t *testing.T) {
	ctx, s := context.Background(), newStore(t)
	for name, harm := range map[string]func(k *Keeper) error{
		"byte": func(k *Keeper) error {
			b := random(6, k.current.Pieces[1].Size)
			_, err := s.kv.Put(ctx, k.current.Pieces[1].Slot, b)
			return err
		},
		"cut": func(k *Keeper) error {
			_, err := s.kv.Put(ctx, k.current.Pieces[1].Slot, nil)
			return err
		},
		"gone":     func(k *Keeper) error { return s.kv.Delete(ctx, k.current.Pieces[0].Slot) },
		"manifest": func(k *Keeper) error { _, err := s.kv.Put(ctx, manifestKey(k.name), []byte("{")); return err },
		"newer": func(k *Keeper) error {
			_, err := s.kv.Put(ctx, manifestKey(k.name), []byte(`{"version":99}`))
			return err
		},
	} {
		k, _, err := s.Open(ctx, name, 1)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := k.Save(ctx, random(7, 300<<10)); err != nil {
			t.Fatal(err)
		}
		if err := harm(k); err != nil {
			t.Fatal(err)
		}
		k, got, err := s.Open(ctx, name, 2)
		if !errors.Is(err, ErrDamaged) || got != nil || k == nil {
			t.Fatalf("%s: %d bytes, %v", name, len(got), err)
		}
		v := random(8, 200<<10)
		if _, err := k.Save(ctx, v); err != nil {
			t.Errorf("%s: saving after damage: %v", name, err)
		}
		if got, err := s.Peek(ctx, name); err != nil || !bytes.Equal(got, v) {
			t.Errorf("%s: %d bytes, %v", name, len(got), err)
		}
	}
}

// lossy is a bucket that loses the next update or its answer.
type lossy struct {
	jetstream.KeyValue
	request, answer bool
}

func (l *lossy) Update(ctx context.Context, key string, value []byte, last uint64) (revision uint64, err error) {
	lost := l.request || l.answer
	if !l.request {
		revision, err = l.KeyValue.Update(ctx, key, value, last)
	}
	l.request, l.answer = false, false
	if lost {
		return 0, context.DeadlineExceeded
	}
	return revision, err
}

// TestLost holds that a Keeper goes on after lost requests and answers. The checkpoint is always
// a whole value: the one that was saved last, or one whose Save returned an error.
func TestLost(t *testing.T) {
	ctx, s := context.Background(), newStore(t)
	bucket := &lossy{KeyValue: s.kv}
	s.kv = bucket
	run := uint64(0)
	rapid.Check(t, func(t *rapid.T) {
		run++
		name := fmt.Sprint("run-", run)
		k, _, err := s.Open(ctx, name, 1)
		if err != nil {
			t.Fatal(err)
		}
		v := random(run, 100<<10)
		var may [][]byte // values that the checkpoint may have
		sure := 0        // saves known to have succeeded
		for i := range rapid.IntRange(1, 8).Draw(t, "saves") {
			v = append(v[10<<10:len(v):len(v)], random(run<<8+uint64(i), 10<<10)...)
			fate := rapid.IntRange(0, 2).Draw(t, "fate")
			bucket.request, bucket.answer = fate == 1, fate == 2
			if _, err := k.Save(ctx, v); (err != nil) != (fate > 0) {
				t.Fatalf("save %d of fate %d: %v", i, fate, err)
			}
			switch fate {
			case 0:
				may, sure = [][]byte{v}, sure+1
			case 2:
				may = append(may, v)
			}
			got, err := s.Peek(ctx, name)
			if errors.Is(err, ErrNone) && sure == 0 {
				continue
			}
			same := func(w []byte) bool { return bytes.Equal(got, w) }
			if err != nil || !slices.ContainsFunc(may, same) {
				t.Fatalf("after save %d of fate %d: %d bytes, %v", i, fate, len(got), err)
			}
		}
	})
}
