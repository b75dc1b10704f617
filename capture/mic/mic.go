package mic

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/seed-7adb9000/diarizer/capture"
)

// Options are the settings of a Mic. The zero value is the default device at its own rate, with all its
// channels mixed.
type Options struct {
	// Device names the device for [Find].
	Device string
	// Rate is the rate at which the device captures, in hertz. The default is the device's
	// own rate, or 48000 for a sound server, which always claims 44100. Blocks are always at
	// [capture.Rate].
	Rate int
	// Channel is the channel to hear, or capture.Mix. A device that claims more than eight
	// channels is no real one, and Mix is its first two channels.
	Channel capture.Channel
	// Buffer is how much sound waits for a slow caller of Next before some is dropped. The
	// default is DefaultBuffer.
	Buffer time.Duration
	// Clock defaults to the system's.
	Clock capture.Clock
}

// DefaultBuffer is a minute, 4 MB.
const DefaultBuffer = time.Minute

// maxReal is the largest number of channels that a real device of PortAudio has. Devices there that stand for
// a sound server claim 32 and more. A sound server's own list tells true numbers.
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

// channels is how many channels to open d with. A sound server mixes the channels of a device down to those
// that are opened, so a real device is opened with all it has, whichever is heard. Another device that claims
// more than maxReal channels stands for one that most likely has two.
func (o Options) channels(d Device) (int, error) {
	real := d.HostAPI == pulseAPI || d.Channels <= maxReal
	switch {
	case int(o.Channel) > d.Channels:
		return 0, fmt.Errorf("microphone %q has no channel %d, only %d", d.Name, o.Channel, d.Channels)
	case real:
		return max(1, d.Channels), nil
	case o.Channel == capture.Mix:
		return 2, nil
	}
	return max(2, int(o.Channel)), nil
}

// Mic is an open microphone. Make it with [Open].
type Mic struct {
	device  Device
	origin  time.Time
	ring    *ring
	line    *line // belongs to the owner's goroutine, except for the count of replaced samples
	notices chan Notice
	stop    context.CancelFunc
	done    chan struct{}

	mu   sync.Mutex
	left bool // notices is closed

	buf  [capture.DefaultBlockSize]float32
	slab []float32
}

var _ capture.Source = (*Mic)(nil)

// Open starts the capture and returns when the first sound has arrived, which may take some seconds, or with
// an error. ctx ends only that wait. The Mic must be closed.
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
	o.line.onMix = func(notes []string) {
		m.notify(Notice{Kind: Mixed, Device: o.device.Name, Err: errors.New(strings.Join(notes, "; "))})
	}
	m.line = o.line
	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	m.stop = stop
	opened := make(chan outcome, 1)
	go func() {
		// Sound systems keep state by thread.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		defer close(m.done)
		defer m.leave()
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

// outcome is the result of opening a device.
type outcome struct {
	device Device
	origin time.Time
	err    error
}

// notify passes on a notice. It drops the notice if the sixteen before it are still waiting.
func (m *Mic) notify(n Notice) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.left {
		return
	}
	select {
	case m.notices <- n:
	default:
	}
}

// leave ends the sound and the notices for those who read them. A sound system that hangs may do so for ever, and
// nobody waits for it.
func (m *Mic) leave() {
	m.ring.close()
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.left {
		m.left = true
		close(m.notices)
	}
}

// Device is the device that is heard.
func (m *Mic) Device() Device { return m.device }

// Origin is the moment at which the first sample began to arrive. The sound was spoken earlier, by the
// unknown latency of the sound system.
func (m *Mic) Origin() time.Time { return m.origin }

// Notices tells about changes of the device. Notices that are not received in time are dropped. The channel
// is closed with the device, and by Close where the sound system hangs.
func (m *Mic) Notices() <-chan Notice { return m.notices }

// Overflow is how many samples at 16 kHz were dropped because Next was not called
// often enough.
func (m *Mic) Overflow() int64 { return m.ring.overflowed() }

// Replaced is how many samples of the device were replaced by silence because they were no sound: not
// numbers, infinite or far beyond full scale, as a broken driver makes them.
func (m *Mic) Replaced() int64 { return m.line.replaced.Load() }

// Next returns the next block, of at most [capture.DefaultBlockSize] samples. A block without samples says
// that there was no sound up to its Start, because the device has gone. After Close, Next returns the rest of
// the sound and then [os.ErrClosed].
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

// keep copies samples into memory that the receiver may keep, with one allocation a second.
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

// Close stops the capture and releases the device. It returns [ErrStuck] after three seconds if the sound
// system hangs. It may be called at any time and more than once.
func (m *Mic) Close() error {
	m.stop()
	t := time.NewTimer(closeWithin)
	defer t.Stop()
	select {
	case <-m.done:
		return nil
	case <-t.C:
		m.leave()
		return fmt.Errorf("microphone %q: %w", m.device.Name, ErrStuck)
	}
}
