package capture

import (
	"context"
	"io"
	"sync"
)

// pump reads a stream that may block, in a goroutine of its own, because the Read of a pipe takes no context. At most two
// buffers wait.
type pump struct {
	ctx    context.Context // of the present call that reads
	filled chan pumped
	free   chan []byte
	quit   chan struct{}
	once   sync.Once

	cur  []byte // rest of the buffer being read
	back []byte // the buffer of cur, to be given back
	err  error
}

type pumped struct {
	data []byte
	err  error
}

const pumpBuffer = 32 << 10

func newPump(ctx context.Context, r io.Reader) *pump {
	p := &pump{
		ctx:    ctx,
		filled: make(chan pumped, 2),
		free:   make(chan []byte, 2),
		quit:   make(chan struct{}),
	}
	for range cap(p.free) {
		p.free <- make([]byte, pumpBuffer)
	}
	go p.run(r)
	return p
}

func (p *pump) run(r io.Reader) {
	for {
		var buf []byte
		select {
		case <-p.quit:
			return
		case buf = <-p.free:
		}
		n, err := r.Read(buf)
		p.filled <- pumped{buf[:n], err} // has room for every buffer there is
		if err != nil {
			return
		}
	}
}

// Read returns bytes that have arrived. If there are none, it waits until p.ctx is done.
func (p *pump) Read(b []byte) (int, error) {
	for len(p.cur) == 0 {
		if p.back != nil {
			p.free <- p.back
			p.back = nil
		}
		if p.err != nil {
			return 0, p.err
		}
		select {
		case got := <-p.filled:
			p.cur, p.back, p.err = got.data, got.data[:cap(got.data)], got.err
		case <-p.quit:
			p.err = errClosed
		case <-p.ctx.Done():
			return 0, p.ctx.Err()
		}
	}
	n := copy(b, p.cur)
	p.cur = p.cur[n:]
	return n, nil
}

func (p *pump) setContext(ctx context.Context) { p.ctx = ctx }

func (p *pump) stop() { p.once.Do(func() { close(p.quit) }) }
