package mic

import (
	"context"
	"errors"
	"math"
	"sync"
	"time"
)

// fakeClock is a time that passes only while someone sleeps.
type fakeClock struct {
	mu   sync.Mutex
	now  time.Time
	end  time.Time // when over is called, if it is not zero
	over func()
	// slept, where not nil, is called without the lock after each Sleep.
	slept func(now time.Time)
}

func newFakeClock() *fakeClock { return &fakeClock{now: time.Unix(1e9, 0)} }

func (c *fakeClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *fakeClock) Sleep(ctx context.Context, d time.Duration) error {
	c.mu.Lock()
	c.now = c.now.Add(d)
	now := c.now
	c.mu.Unlock()
	if c.slept != nil {
		c.slept(now)
	}
	if !c.end.IsZero() && now.After(c.end) {
		c.over()
	}
	return ctx.Err()
}

// span is a stretch of time since a fakeHost's beginning.
type span struct{ from, to time.Duration }

func (s span) has(t time.Duration) bool { return t >= s.from && t < s.to }

// period is that of the sound of a fakeHost, in seconds.
const period = 16

// fakeHost is a sound system with one device that hears a sound of known time: a
// sawtooth of amplitude 1/2 that takes a period to rise.
type fakeHost struct {
	clock    *fakeClock
	began    time.Time
	rate     int           // what it says
	ppm      float64       // by how much it is really faster
	channels int           // of the device; the sound is on the last
	chunk    int           // frames that arrive at a time
	latency  time.Duration // between sound and arrival
	warmUp   time.Duration // from opening to the first arrival
	jitter   func(chunk int64) time.Duration
	drops    []span        // sound of these times is lost without an error
	stalls   []span        // nothing arrives in these times
	keeps    int           // frames of sound that pile up in a stall; the rest is lost
	gone     []span        // the device fails, and is not listed
	silent   []span        // a device opened in these times never delivers
	hang     chan struct{} // Close waits for it, where not nil

	mu                   sync.Mutex
	opened, closed, open int
}

func (h *fakeHost) at() time.Duration { return h.clock.Now().Sub(h.began) }

func in(spans []span, t time.Duration) (span, bool) {
	for _, s := range spans {
		if s.has(t) {
			return s, true
		}
	}
	return span{}, false
}

func (h *fakeHost) Devices() ([]Device, error) {
	other := Device{Index: 0, Name: "Line in", HostAPI: "Fake", Channels: 2, Rate: 48000}
	if _, gone := in(h.gone, h.at()); gone {
		return []Device{other}, nil
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	// Its index changes whenever it comes back.
	return []Device{other, {Index: 1 + h.opened, Name: "Desk microphone", HostAPI: "Fake", Channels: max(1, h.channels), Rate: h.rate, Default: true}}, nil
}

func (h *fakeHost) Open(d Device, rate, channels int) (Stream, error) {
	if _, gone := in(h.gone, h.at()); gone {
		return nil, errors.New("device unavailable")
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.open > 0 {
		return nil, errors.New("opened twice")
	}
	h.opened++
	h.open++
	s := &fakeStream{host: h, channels: channels, from: h.at() + h.warmUp}
	_, s.mute = in(h.silent, h.at())
	s.next = s.frameAt(s.from - h.latency)
	return s, nil
}

// fakeStream delivers frame n, which is the sound at n/rate, in chunks.
type fakeStream struct {
	host     *fakeHost
	channels int
	from     time.Duration
	mute     bool
	next     int64   // first frame that has not arrived
	waiting  []int64 // arrived and not read
	dead     bool
}

func (s *fakeStream) trueRate() float64 { return float64(s.host.rate) * (1 + s.host.ppm*1e-6) }

func (s *fakeStream) frameAt(t time.Duration) int64 {
	return int64(math.Ceil(t.Seconds() * s.trueRate()))
}

func (s *fakeStream) timeOf(frame int64) time.Duration {
	return time.Duration(float64(frame) / s.trueRate() * 1e9)
}

func (s *fakeStream) Available() (int, error) {
	h, now := s.host, s.host.at()
	if _, gone := in(h.gone, now); gone || s.dead {
		s.dead = true
		return 0, errors.New("") // the error of a killed sound server
	}
	if _, stalled := in(h.stalls, now); stalled || s.mute {
		return 0, nil
	}
	for {
		end := s.timeOf(s.next + int64(h.chunk))
		arrival := end + h.latency
		if h.jitter != nil {
			arrival += h.jitter(s.next / int64(h.chunk))
		}
		if arrival > now {
			break
		}
		for range h.chunk {
			t := s.timeOf(s.next)
			_, dropped := in(h.drops, t)
			if st, stalled := in(h.stalls, t+h.latency); stalled {
				dropped = s.next >= s.frameAt(st.from-h.latency)+int64(h.keeps)
			}
			if !dropped {
				s.waiting = append(s.waiting, s.next)
			}
			s.next++
		}
	}
	return len(s.waiting), nil
}

func (s *fakeStream) Read(dst []float32) error {
	n := len(dst) / s.channels
	if n > len(s.waiting) {
		panic("read would block")
	}
	for i, frame := range s.waiting[:n] {
		t := float64(frame) / s.trueRate()
		for c := range s.channels {
			dst[i*s.channels+c] = 0
			if c == max(1, s.host.channels)-1 {
				dst[i*s.channels+c] = float32(t/period - math.Floor(t/period) - .5)
			}
		}
	}
	s.waiting = append(s.waiting[:0], s.waiting[n:]...)
	return nil
}

func (s *fakeStream) Close() error {
	h := s.host
	if h.hang != nil {
		<-h.hang
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.open--
	h.closed++
	return nil
}
