package mic

import (
	"context"
	"fmt"
	"time"

	"github.com/seed-7adb9000/diarizer/capture"
)

const (
	// StallAfter is how long a device may deliver not a single sample before it counts as
	// stalled.
	StallAfter = 1500 * time.Millisecond
	// FirstWithin is how long a newly opened device may take to deliver sound. Sound
	// servers take up to two seconds.
	FirstWithin = 5 * time.Second
	// MaxBackOff is the longest pause between attempts to open a device again.
	// The first is a quarter of a second, and each is twice the one before.
	MaxBackOff = 5 * time.Second

	poll     = 5 * time.Millisecond
	maxCount = 50 * time.Millisecond // of one poll towards a stall
	maxRead  = 4096                  // frames
)

// owner is the one goroutine that calls the sound system.
type owner struct {
	host   Host
	opts   Options
	clock  capture.Clock
	line   *line
	notify func(Notice)

	device   Device
	stream   Stream
	channels int
	buf      []float32
	arrived  bool      // anything, on this connection
	latest   time.Time // arrival
}

// run opens the device and calls ready once, with nil when the first sound has arrived. Then it keeps the
// capture going until ctx is done.
func (o *owner) run(ctx context.Context, ready func(error)) {
	defer o.close()
	err := o.first(ctx)
	ready(err)
	if err != nil {
		return
	}
	for {
		cause := o.listen(ctx, false)
		o.close()
		if ctx.Err() != nil {
			return
		}
		away := o.latest
		o.line.lost(o.clock.Now())
		o.notify(Notice{Kind: Lost, Device: o.device.Name, Err: cause})
		if !o.again(ctx) {
			return
		}
		o.notify(Notice{Kind: Back, Device: o.device.Name, Away: o.latest.Sub(away)})
	}
}

// first opens the device that the user asked for.
func (o *owner) first(ctx context.Context) error {
	devices, err := o.host.Devices()
	if err != nil {
		return fmt.Errorf("list the microphones: %w", err)
	}
	d, err := Find(devices, o.opts.Device)
	if err != nil {
		return err
	}
	if err := o.open(d); err != nil {
		return err
	}
	return o.listen(ctx, true)
}

// again opens the device again, with as many attempts as it needs. It returns false when ctx is done.
func (o *owner) again(ctx context.Context) bool {
	wait := MaxBackOff / 20
	for attempt := 1; ; attempt++ {
		if o.clock.Sleep(ctx, wait) != nil {
			return false
		}
		err := o.reopen(ctx)
		if err == nil {
			return true
		}
		o.close()
		if ctx.Err() != nil {
			return false
		}
		wait = min(2*wait, MaxBackOff)
		o.notify(Notice{Kind: Failed, Device: o.device.Name, Err: err, Attempt: attempt, Next: wait})
	}
}

func (o *owner) reopen(ctx context.Context) error {
	devices, err := o.host.Devices()
	if err != nil {
		return err
	}
	d, err := again(devices, o.device)
	if err != nil {
		return err
	}
	if err := o.open(d); err != nil {
		return err
	}
	return o.listen(ctx, true)
}

// open starts a capture.
func (o *owner) open(d Device) error {
	rate := o.opts.rate(d)
	channels, err := o.opts.channels(d)
	if err != nil {
		return err
	}
	s, err := o.host.Open(d, rate, channels)
	if err != nil {
		return fmt.Errorf("microphone %q at %d Hz: %w", d.Name, rate, err)
	}
	o.device, o.stream, o.channels, o.arrived = d, s, channels, false
	if err := o.line.connect(rate, channels); err != nil {
		return fmt.Errorf("microphone %q: %w", d.Name, err)
	}
	o.buf = make([]float32, maxRead*channels)
	return nil
}

// listen takes the sound of the device until the device fails or stalls or ctx is done. With untilSound, it
// returns nil when the first sound has arrived.
func (o *owner) listen(ctx context.Context, untilSound bool) error {
	limit := StallAfter
	if untilSound {
		limit = FirstWithin
	}
	var idle time.Duration
	before := o.clock.Now()
	for idle < limit {
		some, err := o.sweep()
		switch {
		case err != nil:
			return gone(err)
		case some && untilSound:
			return nil
		case some:
			idle = 0
		}
		if err := o.clock.Sleep(ctx, poll); err != nil {
			return err
		}
		// Only the time in which the device was polled counts. If this program was
		// stopped for a while, the device has not stalled.
		now := o.clock.Now()
		idle += min(now.Sub(before), maxCount)
		before = now
	}
	return fmt.Errorf("%w for %v", ErrNoSound, limit)
}

// sweep takes all available sound.
func (o *owner) sweep() (some bool, err error) {
	for {
		n, err := o.stream.Available()
		if err != nil || n <= 0 {
			return some, err
		}
		n = min(n, maxRead)
		now := o.clock.Now()
		b := o.buf[:n*o.channels]
		if err := o.stream.Read(b); err != nil {
			return some, err
		}
		o.line.take(now, b)
		o.latest, some = now, true
	}
}

// close closes the device.
func (o *owner) close() {
	if o.stream != nil {
		_ = o.stream.Close() // an error of a device that has gone does not matter
		o.stream = nil
		o.line.disconnect()
	}
}
