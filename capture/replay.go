package capture

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"time"
)

// Clock is the time that a [Replay] goes by.
type Clock interface {
	Now() time.Time
	// Sleep returns nil after d, or ctx.Err() when ctx is done first.
	Sleep(ctx context.Context, d time.Duration) error
}

// SystemClock is the real time.
type SystemClock struct{}

// Now is time.Now.
func (SystemClock) Now() time.Time { return time.Now() }

// Sleep waits for d or ctx.
func (SystemClock) Sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Speed is how many seconds of sound pass in a second: 1 as it was spoken. Zero
// is MaxSpeed.
type Speed float64

// MaxSpeed does not wait at all.
const MaxSpeed Speed = 0

// ParseSpeed reads "max" or a positive number.
func ParseSpeed(s string) (Speed, error) {
	if s == "max" {
		return MaxSpeed, nil
	}
	v, err := strconv.ParseFloat(s, 64)
	if err != nil || !(v > 0) || math.IsInf(v, 0) {
		return 0, fmt.Errorf("speed %q: expected max, or a positive number such as 1 or 50", s)
	}
	return Speed(v), nil
}

func (s Speed) String() string {
	if s <= 0 {
		return "max"
	}
	return strconv.FormatFloat(float64(s), 'g', -1, 64)
}

// Replay is a [Source] that yields another's blocks when a device would: each as
// soon as its last sample would have been heard. The moments are reckoned from
// the first call of Next, so that waiting inexactly does not add up; a receiver
// that falls behind gets the blocks it missed at once.
type Replay struct {
	src   Source
	speed Speed
	clock Clock

	began  bool
	origin time.Time // when sample first was heard
	first  int64
}

var _ Source = (*Replay)(nil)

// NewReplay paces src by clock, or by the system's where clock is nil.
func NewReplay(src Source, speed Speed, clock Clock) *Replay {
	if clock == nil {
		clock = SystemClock{}
	}
	return &Replay{src: src, speed: speed, clock: clock}
}

// Next returns the source's next block when its time has come.
func (r *Replay) Next(ctx context.Context) (Block, error) {
	if !r.began && r.speed > 0 {
		r.origin = r.clock.Now()
	}
	b, err := r.src.Next(ctx)
	if err != nil || r.speed <= 0 {
		return b, err
	}
	if !r.began {
		r.began, r.first = true, b.Start
	}
	due := r.origin.Add(r.scaled(b.End() - r.first))
	if wait := due.Sub(r.clock.Now()); wait > 0 {
		if err := r.clock.Sleep(ctx, wait); err != nil {
			return Block{}, err
		}
	}
	return b, nil
}

// scaled is how long n samples take at the replay's speed.
func (r *Replay) scaled(n int64) time.Duration {
	if r.speed == 1 {
		return Duration(n)
	}
	return time.Duration(min(float64(Duration(n))/float64(r.speed), 1<<62))
}

// Close closes the source.
func (r *Replay) Close() error { return r.src.Close() }
