package mic

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"time"

	"github.com/seed-7adb9000/diarizer/capture"
)

// Options say what is listened to. The zero value is the default device at its
// own rate, all its channels mixed.
type Options struct {
	// Device is a device as [Find] has it.
	Device string
	// Rate is the rate at which the device is asked to capture, in hertz.
	// Defaults to the device's own, and to 48000 for a sound server, which says
	// 44100 whatever it has. The blocks are at [capture.Rate] always.
	Rate int
	// Channel is the channel listened to, or capture.Mix. Of a device that
	// claims more than eight channels, which is no real one, Mix is the first two.
	Channel capture.Channel
	// Buffer is how much sound waits for a listener that is too slow before some
	// is dropped. Defaults to DefaultBuffer.
	Buffer time.Duration
	// Clock defaults to the system's.
	Clock capture.Clock
}

// DefaultBuffer is a minute, 4 MB.
const DefaultBuffer = time.Minute

// maxReal is the greatest number of channels that is believed of a device. Those
// of a sound server say 32 and more.
const maxReal = 8

// rate is the rate to open d with.
func (o Options) rate(d Device) int {
	switch {
	case o.Rate > 0:
		return o.Rate
	case d.Channels > maxReal:
		return 48000
	}
	return d.Rate
}

// channels is how many channels to open d with.
func (o Options) channels(d Device) (int, error) {
	switch {
	case o.Channel == capture.Mix && d.Channels > maxReal:
		return 2, nil
	case o.Channel == capture.Mix:
		return max(1, d.Channels), nil
	case int(o.Channel) > d.Channels:
		return 0, fmt.Errorf("microphone %q has no channel %d, only %d", d.Name, o.Channel, d.Channels)
	}
	return int(o.Channel), nil
}

// Mic is a microphone that is being listened to. Make it with [Open].
type Mic struct {
	device  Device
	origin  time.Time
	ring    *ring
	line    *line // of its owner; only the count of replaced samples is for others
	notices chan Notice
	stop    context.CancelFunc
	done    chan struct{}

	buf  [capture.DefaultBlockSize]float32
	slab []float32
}

var _ capture.Source = (*Mic)(nil)

// Open begins to listen and returns when the first sound has arrived, which may
// take some seconds, or fails; ctx ends only that wait. The Mic must be closed.
func Open(ctx context.Context, host Host, opts Options) (*Mic, error) {
	if opts.Channel < 0 {
		return nil, fmt.Errorf("channel %v: expected mix, or a channel from 1 on", opts.Channel)
	}
	if opts.Clock == nil {
		opts.Clock = capture.SystemClock{}
	}
	if opts.Buffer <= 0 {
		opts.Buffer = DefaultBuffer
	}
	m := &Mic{
		ring:    newRing(int(opts.Buffer / capture.Duration(capture.DefaultBlockSize))),
		notices: make(chan Notice, 16),
		done:    make(chan struct{}),
	}
	o := &owner{host: host, opts: opts, clock: opts.Clock, notify: m.notify}
	o.line = newLine(opts.Channel, func(start int64, samples []float32) {
		if m.ring.push(start, samples) {
			m.notify(Notice{Kind: Overflowed, Device: o.device.Name})
		}
	})
	m.line = o.line
	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	m.stop = stop
	opened := make(chan outcome, 1)
	go func() {
		// Sound systems keep state by thread.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		defer close(m.done)
		defer close(m.notices)
		defer m.ring.close()
		o.run(running, func(err error) {
			opened <- outcome{o.device, o.line.keeper.origin, err}
		})
	}()
	var is outcome
	select {
	case is = <-opened:
	case <-ctx.Done():
		is.err = ctx.Err()
	}
	m.device, m.origin = is.device, is.origin
	if is.err != nil {
		m.Close()
		return nil, is.err
	}
	return m, nil
}

// outcome is what became of opening a device.
type outcome struct {
	device Device
	origin time.Time
	err    error
}

// notify passes a notice on unless nobody has taken the sixteen before it.
func (m *Mic) notify(n Notice) {
	select {
	case m.notices <- n:
	default:
	}
}

// Device is what is listened to.
func (m *Mic) Device() Device { return m.device }

// Origin is when the first sample arrived, less its length. It was spoken before
// that by the latency of the sound system, which nobody knows.
func (m *Mic) Origin() time.Time { return m.origin }

// Notices tell what becomes of the device. Those that are not taken in time are
// dropped. The channel is closed when the device is.
func (m *Mic) Notices() <-chan Notice { return m.notices }

// Overflow is how many samples at 16 kHz were dropped because Next was not called
// often enough.
func (m *Mic) Overflow() int64 { return m.ring.overflowed() }

// Replaced is how many samples of the device were no sound: not numbers, infinite or
// far beyond full scale, as a broken driver makes them. Silence was taken for them.
func (m *Mic) Replaced() int64 { return m.line.replaced.Load() }

// Next returns the next block, of at most [capture.DefaultBlockSize] samples. A
// block without samples says that there was no sound up to its Start: the device
// has gone. After Close it returns what is left and then [os.ErrClosed].
func (m *Mic) Next(ctx context.Context) (capture.Block, error) {
	for {
		if err := ctx.Err(); err != nil {
			return capture.Block{}, err
		}
		start, n, ok, closed := m.ring.pop(m.buf[:])
		if ok {
			return capture.Block{Start: start, Samples: m.keep(m.buf[:n])}, nil
		}
		if closed {
			return capture.Block{}, fmt.Errorf("microphone %q: %w", m.device.Name, os.ErrClosed)
		}
		select {
		case <-m.ring.ready:
		case <-ctx.Done():
		}
	}
}

// keep copies samples into memory that the receiver may keep. Blocks share one
// allocation a second.
func (m *Mic) keep(samples []float32) []float32 {
	n := len(samples)
	if len(m.slab) < n {
		m.slab = make([]float32, capture.Rate)
	}
	s := m.slab[:n:n]
	m.slab = m.slab[n:]
	copy(s, samples)
	return s
}

// closeWithin is how long Close waits for the sound system.
const closeWithin = 3 * time.Second

// Close stops listening and releases the device. It does not wait for a sound
// system that hangs: then it returns [ErrStuck]. It may be called at any time and
// more than once.
func (m *Mic) Close() error {
	m.stop()
	t := time.NewTimer(closeWithin)
	defer t.Stop()
	select {
	case <-m.done:
		return nil
	case <-t.C:
		m.ring.close()
		return fmt.Errorf("microphone %q: %w", m.device.Name, ErrStuck)
	}
}
