package mic

import (
	"context"
	"errors"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/seed-7adb9000/diarizer/capture"
)

// paced is a fakeClock that waits for the test before each step, so that the
// goroutine of a Mic runs only as far as it is let.
type paced struct {
	*fakeClock
	steps chan struct{}
}

func (p paced) Sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-p.steps:
		return p.fakeClock.Sleep(ctx, d)
	case <-ctx.Done():
		return ctx.Err()
	}
}

// let lets n steps of poll pass, or fewer when the Mic has ended.
func (p paced) let(m *Mic, n int) {
	for range n {
		select {
		case p.steps <- struct{}{}:
		case <-m.done:
			return
		}
	}
}

// openFake opens a Mic on h, on which 5 ms pass with each step.
func openFake(t *testing.T, h *fakeHost, opts Options) (*Mic, paced) {
	t.Helper()
	newTrial(t, h)
	p := paced{h.clock, make(chan struct{})}
	opts.Clock = p
	opened := make(chan struct{})
	go func() {
		for {
			select {
			case p.steps <- struct{}{}:
			case <-opened:
				return
			}
		}
	}()
	m, err := Open(t.Context(), h, opts)
	opened <- struct{}{}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := m.Close(); err != nil {
			t.Error(err)
		}
		if h.open != 0 {
			t.Errorf("%d streams left open", h.open)
		}
	})
	return m, p
}

func TestMicDelivers(t *testing.T) {
	m, p := openFake(t, &fakeHost{rate: 48000}, Options{})
	if m.Device().Name != "Desk microphone" || m.Origin().IsZero() {
		t.Errorf("%+v, %v", m.Device(), m.Origin())
	}
	var wg sync.WaitGroup
	wg.Go(func() { p.let(m, 2000) }) // 10 s
	var blocks []capture.Block
	var at int64
	for at < 9*capture.Rate {
		b, err := m.Next(t.Context())
		if err != nil || b.Start != at || len(b.Samples) != capture.DefaultBlockSize || cap(b.Samples) != len(b.Samples) {
			t.Fatalf("%d samples at %d, want them at %d; %v", len(b.Samples), b.Start, at, err)
		}
		at = b.End()
		blocks = append(blocks, b)
	}
	wg.Wait()
	// What was returned stays as it was: the sound rises steadily.
	var before float32 = -1
	for _, b := range blocks[50:] { // after the end of a period
		for _, x := range b.Samples {
			if x < before-1e-3 {
				t.Fatalf("%g after %g", x, before)
			}
			before = x
		}
	}
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := m.Next(t.Context()); err != nil {
			if !errors.Is(err, os.ErrClosed) {
				t.Error(err)
			}
			break
		}
	}
}

// TestMicNeverWaits: a reader that does nothing does not hold up the device. The sound that it has missed is counted
// and is a gap.
func TestMicNeverWaits(t *testing.T) {
	m, p := openFake(t, &fakeHost{}, Options{Buffer: 2 * time.Second})
	p.let(m, 4000) // 20 s
	if n := <-m.Notices(); n.Kind != Overflowed || !strings.Contains(n.String(), "keep up") {
		t.Error(n)
	}
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	var heard, gaps, at int64
	for {
		b, err := m.Next(t.Context())
		if err != nil {
			break
		}
		gaps += b.Start - at
		heard += int64(len(b.Samples))
		at = b.End()
	}
	if heard > 2*capture.Rate || heard < capture.Rate || m.Overflow() < 17*capture.Rate || gaps > m.Overflow() {
		t.Errorf("%d heard, %d dropped, gaps of %d", heard, m.Overflow(), gaps)
	}
}

// TestMicStop closes a Mic whose device stalls, is gone, or hangs, with someone
// waiting in Next.
func TestMicStop(t *testing.T) {
	late := []span{{time.Second, time.Hour}}
	for name, h := range map[string]*fakeHost{
		"running": {},
		"stalled": {stalls: late},
		"gone":    {gone: late},
		"dead":    {gone: []span{{time.Second, 2 * time.Second}}, silent: late},
	} {
		for _, steps := range []int{1, 250, 1000} {
			m, p := openFake(t, h, Options{})
			p.let(m, steps)
			ended := make(chan error)
			go func() {
				for {
					if _, err := m.Next(context.Background()); err != nil {
						ended <- err
						return
					}
				}
			}()
			if err := m.Close(); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			if err := <-ended; !errors.Is(err, os.ErrClosed) {
				t.Errorf("%s: Next returned %v", name, err)
			}
			if h.open != 0 {
				t.Errorf("%s: %d streams left open", name, h.open)
			}
			h.opened, h.closed = 0, 0
		}
	}
}

// TestMicStuck: a sound system that does not return from a call is left behind, and who reads the notices or the sound
// is told of the end.
func TestMicStuck(t *testing.T) {
	h := &fakeHost{}
	m, _ := openFake(t, h, Options{})
	h.hang = make(chan struct{})
	told := make(chan struct{})
	go func() {
		defer close(told)
		for range m.Notices() {
		}
	}()
	if err := m.Close(); !errors.Is(err, ErrStuck) {
		t.Error(err)
	}
	select {
	case <-told:
	case <-time.After(30 * time.Second):
		t.Error("the notices do not end")
	}
	for {
		if _, err := m.Next(t.Context()); err != nil {
			break
		}
	}
	close(h.hang) // and the test's end closes it again
}

func TestMicOptions(t *testing.T) {
	if _, err := Open(t.Context(), &fakeHost{}, Options{Channel: capture.Each}); err == nil {
		t.Error("each channel at once")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	h := &fakeHost{silent: []span{{0, time.Hour}}}
	newTrial(t, h)
	p := paced{h.clock, make(chan struct{})}
	if _, err := Open(ctx, h, Options{Clock: p}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	server := Device{Channels: 32, Rate: 44100}
	real := Device{Channels: 4, Rate: 44100}
	for _, c := range []struct {
		d              Device
		o              Options
		rate, channels int
	}{
		{server, Options{}, 48000, 2},
		{server, Options{Rate: 16000, Channel: 5}, 16000, 5},
		{real, Options{}, 44100, 4},
		{server, Options{Rate: 16000, Channel: 1}, 16000, 2},
		{real, Options{Channel: 3}, 44100, 4},
	} {
		if n, err := c.o.channels(c.d); err != nil || n != c.channels || c.o.rate(c.d) != c.rate {
			t.Errorf("%+v of %+v: %d channels at %d Hz, %v", c.o, c.d, n, c.o.rate(c.d), err)
		}
	}
}

func TestFind(t *testing.T) {
	devices := []Device{
		{Index: 3, Name: "USB Audio: Jabra"},
		{Index: 5, Name: "Built-in", Default: true},
		{Index: 7, Name: "USB Audio: Blue Yeti"},
		{Index: 8, Name: "yeti"},
		{Index: 9, Name: "USB Audio: Jabra", HostAPI: "another"},
	}
	for want, index := range map[string]int{"": 5, "3": 3, "7": 7, "Built-in": 5, "built-IN": 5, "blue": 7, "Yeti": 8, "jabra": 3} {
		if d, err := Find(devices, want); err != nil || d.Index != index {
			t.Errorf("%q: %+v, %v, want %d", want, d, err, index)
		}
	}
	for _, want := range []string{"4", "usb", "no"} {
		if d, err := Find(devices, want); !errors.Is(err, ErrNoDevice) || !strings.Contains(err.Error(), "Jabra") {
			t.Errorf("%q: %+v, %v", want, d, err)
		}
	}
	if _, err := Find(nil, ""); !errors.Is(err, ErrNoDevice) {
		t.Error(err)
	}
}

// TestWindow compares a window with a plain list.
func TestWindow(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var w window
		type value struct{ at, v time.Duration }
		var all []value
		var at time.Duration
		for range rapid.IntRange(1, 60).Draw(t, "values") {
			at += time.Duration(rapid.Int64Range(0, int64(3*time.Second)).Draw(t, "pause"))
			if rapid.IntRange(0, 4).Draw(t, "jump") == 0 {
				at += 30 * time.Second
			}
			v := time.Duration(rapid.IntRange(-1000, 1000).Draw(t, "value"))
			w.add(at, v)
			all = append(all, value{at, v})
		}
		n := rapid.IntRange(1, 99).Draw(t, "buckets")
		var in []time.Duration
		for _, v := range all {
			if v.at/bucket > at/bucket-time.Duration(n) {
				in = append(in, v.v)
			}
		}
		got, ok := w.min(n)
		if full := at/bucket-all[0].at/bucket >= time.Duration(n); ok != full || ok && got != slices.Min(in) {
			t.Fatalf("%d buckets: %v %v, want %v %v", n, got, ok, slices.Min(in), full)
		}
	})
}
