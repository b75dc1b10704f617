package serve

import (
	"io"
	"net"
	"net/url"
	"sync"
	"testing"
)

// proxy passes TCP connections on to one server until it is cut.
type proxy struct {
	l      net.Listener
	target string
	wg     sync.WaitGroup

	mu    sync.Mutex
	cut   bool
	conns map[net.Conn]bool
}

func newProxy(t *testing.T, target string) *proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(target)
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{l: l, target: u.Host, conns: map[net.Conn]bool{}}
	p.wg.Go(p.accept)
	t.Cleanup(func() {
		l.Close()
		p.sever(true)
		p.wg.Wait()
	})
	return p
}

func (p *proxy) url() string { return "nats://" + p.l.Addr().String() }

func (p *proxy) accept() {
	for {
		a, err := p.l.Accept()
		if err != nil {
			return
		}
		b, err := net.Dial("tcp", p.target)
		p.mu.Lock()
		if err != nil || p.cut {
			a.Close()
			if b != nil {
				b.Close()
			}
			p.mu.Unlock()
			continue
		}
		p.conns[a], p.conns[b] = true, true
		p.mu.Unlock()
		for _, c := range [][2]net.Conn{{a, b}, {b, a}} {
			p.wg.Go(func() {
				_, _ = io.Copy(c[0], c[1]) // ends when either is closed
				c[0].Close()
				c[1].Close()
			})
		}
	}
}

// sever ends all connections and, while cut, refuses new ones.
func (p *proxy) sever(cut bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cut = cut
	for c := range p.conns {
		c.Close()
		delete(p.conns, c)
	}
}
