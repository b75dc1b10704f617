package capture

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"time"
)

// Clock is the time by which a Replay paces its blocks.
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

// Speed is how many seconds of sound pass in a second: 1 is real time. Zero is MaxSpeed.
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

// A Pacer knows when the sound of a position would have been heard. Make it with
// [NewPacer].
type Pacer struct {
	speed  Speed
	clock  Clock
	began  bool
	origin time.Time // when position 0 was
}

// NewPacer returns a pacer by clock, or by the system's clock where clock is nil.
func NewPacer(speed Speed, clock Clock) *Pacer {
	if clock == nil {
		clock = SystemClock{}
	}
	return &Pacer{speed: speed, clock: clock}
}

// begin records the moment of position 0 at its first call.
func (p *Pacer) begin() {
	if !p.began && p.speed > 0 {
		p.began, p.origin = true, p.clock.Now()
	}
}

// Wait returns nil when the sound up to a position in samples has been heard, or
// ctx.Err() when ctx is done first. Position 0 is the moment of the first call.
func (p *Pacer) Wait(ctx context.Context, end int64) error {
	if p.speed <= 0 {
		return ctx.Err()
	}
	p.begin()
	if wait := p.origin.Add(p.scaled(end)).Sub(p.clock.Now()); wait > 0 {
		return p.clock.Sleep(ctx, wait)
	}
	return nil
}

// scaled is how long n samples take at the pacer's speed.
func (p *Pacer) scaled(n int64) time.Duration {
	if p.speed == 1 {
		return Duration(n)
	}
	return time.Duration(min(float64(Duration(n))/float64(p.speed), 1<<62))
}

// Replay is a Source that returns the blocks of another source when a device would: each
// block when its last sample would have been heard. The moments count from the first
// call of Next, so that inexact waiting does not add up. A receiver that falls behind
// gets the blocks that it missed at once.
type Replay struct {
	src  Source
	pace *Pacer

	read  bool
	first int64 // position of the first block
}

var _ Source = (*Replay)(nil)

// NewReplay paces src by clock, or by the system's where clock is nil.
func NewReplay(src Source, speed Speed, clock Clock) *Replay {
	return &Replay{src: src, pace: NewPacer(speed, clock)}
}

// Next returns the source's next block when its time has come.
func (r *Replay) Next(ctx context.Context) (Block, error) {
	r.pace.begin()
	b, err := r.src.Next(ctx)
	if err != nil || r.pace.speed <= 0 {
		return b, err
	}
	if !r.read {
		r.read, r.first = true, b.Start
	}
	if err := r.pace.Wait(ctx, b.End()-r.first); err != nil {
		return Block{}, err
	}
	return b, nil
}

// Close closes the source.
func (r *Replay) Close() error { return r.src.Close() }
