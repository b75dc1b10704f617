package mic

import (
	"sync"

	"github.com/seed-7adb9000/diarizer/capture"
)

// slot is a block in a ring.
type slot struct {
	start   int64
	n       int
	samples [capture.DefaultBlockSize]float32
}

// ring is a queue of blocks from the goroutine that owns the device, which never waits, to the caller of Next.
// Its memory is fixed. When it is full, blocks are dropped until half of it is free, because one long gap does
// less harm than many short ones.
type ring struct {
	mu       sync.Mutex
	slots    []slot
	head, n  int
	dropping bool
	dropped  int64 // samples
	closed   bool
	ready    chan struct{} // holds a token when there may be a new block
}

func newRing(blocks int) *ring {
	return &ring{slots: make([]slot, max(2, blocks)), ready: make(chan struct{}, 1)}
}

// push copies a block of at most DefaultBlockSize samples into the ring. It
// reports whether this is the first block that is dropped in a row.
func (r *ring) push(start int64, samples []float32) (overflow bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return false
	}
	if r.dropping && r.n > len(r.slots)/2 {
		r.dropped += int64(len(samples))
		return false
	}
	r.dropping = r.n == len(r.slots)
	if r.dropping {
		r.dropped += int64(len(samples))
		return true
	}
	s := &r.slots[(r.head+r.n)%len(r.slots)]
	s.start, s.n = start, copy(s.samples[:], samples)
	r.n++
	r.wake()
	return false
}

// pop removes the oldest block and returns its samples in into[:n]. ok is false if there is none. closed says
// that no other block will come.
func (r *ring) pop(into []float32) (start int64, n int, ok, closed bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.n == 0 {
		return 0, 0, false, r.closed
	}
	s := &r.slots[r.head]
	start, n = s.start, copy(into, s.samples[:s.n])
	r.head = (r.head + 1) % len(r.slots)
	if r.n--; r.n > 0 || r.closed {
		r.wake()
	}
	return start, n, true, r.closed
}

// overflowed is the number of samples dropped so far.
func (r *ring) overflowed() int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.dropped
}

// close makes the ring take no more blocks.
func (r *ring) close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closed = true
	r.wake()
}

func (r *ring) wake() {
	select {
	case r.ready <- struct{}{}:
	default:
	}
}
