package capture

import (
	"context"
	"errors"
	"io"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// fakeClock goes forward only where it is slept on, and oversleeps.
type fakeClock struct {
	now   time.Time
	late  time.Duration
	slept int
}

func (c *fakeClock) Now() time.Time { return c.now }

func (c *fakeClock) Sleep(ctx context.Context, d time.Duration) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	c.slept++
	c.now = c.now.Add(d + c.late)
	return nil
}

// steps is a source of blocks with the given lengths.
type steps struct {
	pos     int64
	lengths []int
	closed  bool
}

func (s *steps) Next(context.Context) (Block, error) {
	if len(s.lengths) == 0 {
		return Block{}, io.EOF
	}
	b := Block{Start: s.pos, Samples: make([]float32, s.lengths[0])}
	s.lengths = s.lengths[1:]
	s.pos = b.End()
	return b, nil
}

func (s *steps) Close() error { s.closed = true; return nil }

// TestReplayKeepsTime: a block comes when its last sample is due, and never
// later by more than the clock's own lateness, however long the stream is.
func TestReplayKeepsTime(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		speed := Speed(rapid.SampledFrom([]float64{1, 2, 3, 50, 0.5}).Draw(t, "speed"))
		clock := &fakeClock{now: time.Unix(1e9, 0), late: time.Duration(rapid.IntRange(0, 3e6).Draw(t, "late"))}
		src := &steps{pos: 12345, lengths: rapid.SliceOfN(rapid.IntRange(1, 1000), 1, 200).Draw(t, "blocks")}
		start := clock.now
		r := NewReplay(src, speed, clock)
		for {
			b, err := r.Next(context.Background())
			if err == io.EOF {
				break
			}
			due := time.Duration(float64(Duration(b.End()-12345)) / float64(speed))
			if got := clock.now.Sub(start); got < due || got > due+clock.late {
				t.Fatalf("block due at %v came at %v", due, got)
			}
		}
	})
}

func TestReplayCatchesUp(t *testing.T) {
	clock := &fakeClock{now: time.Unix(1e9, 0)}
	r := NewReplay(&steps{lengths: []int{1600, 1600, 1600, 1600, 1600}}, 1, clock)
	start := clock.now
	next := func() time.Duration {
		if _, err := r.Next(context.Background()); err != nil {
			t.Fatal(err)
		}
		return clock.now.Sub(start)
	}
	next()
	clock.now = clock.now.Add(250 * time.Millisecond) // a slow receiver
	for i, want := range []time.Duration{350, 350, 400, 500} {
		if got := next(); got != want*time.Millisecond {
			t.Errorf("block %d after the delay at %v, want %v ms", i, got, want)
		}
	}
}

func TestReplayAtMaxSpeedNeverSleeps(t *testing.T) {
	clock := &fakeClock{}
	src := &steps{lengths: []int{320, 320}}
	r := NewReplay(src, MaxSpeed, clock)
	for range 2 {
		if _, err := r.Next(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := r.Next(context.Background()); err != io.EOF || clock.slept > 0 {
		t.Errorf("%v, slept %d times", err, clock.slept)
	}
	if r.Close(); !src.closed {
		t.Error("source not closed")
	}
}

func TestReplayCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	r := NewReplay(&steps{lengths: []int{1 << 40 >> 20}}, 1e-9, nil) // due in centuries
	cancel()
	if _, err := r.Next(ctx); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if err := (SystemClock{}).Sleep(context.Background(), time.Nanosecond); err != nil {
		t.Error(err)
	}
}

func TestParseSpeed(t *testing.T) {
	for s, want := range map[string]Speed{"max": MaxSpeed, "1": 1, "50": 50, "0.5": .5} {
		if got, err := ParseSpeed(s); err != nil || got != want || got.String() != s {
			t.Errorf("%q: %v (%v), %v", s, got, got.String(), err)
		}
	}
	for _, s := range []string{"", "0", "-1", "fast", "NaN", "Inf", "1x"} {
		if _, err := ParseSpeed(s); err == nil {
			t.Errorf("%q accepted", s)
		}
	}
}
