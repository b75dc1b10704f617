package publish

import (
	"net"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/seed-7adb9000/diarizer/publish/natsd"
)

func port(t testing.TB, s *natsd.Server) int {
	t.Helper()
	u, err := url.Parse(s.URL())
	if err != nil {
		t.Fatal(err)
	}
	n, err := strconv.Atoi(u.Port())
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// proxy passes bytes between a client and a server until it is cut.
type proxy struct {
	listener net.Listener
	target   string
	mu       sync.Mutex
	conns    map[net.Conn]bool
	lose     atomic.Bool   // whether to drop the server's next answer and all connections
	lost     chan struct{} // tells that the answer was dropped
	gate     sync.RWMutex  // keeps new connections out while it is locked
	running  sync.WaitGroup
}

func newProxy(t testing.TB, target string) *proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{listener: l, target: strings.TrimPrefix(target, "nats://"), conns: map[net.Conn]bool{},
		lost: make(chan struct{}, 1)}
	p.running.Go(p.accept)
	t.Cleanup(func() {
		l.Close()
		p.cut()
		p.running.Wait()
	})
	return p
}

func (p *proxy) url() string { return "nats://" + p.listener.Addr().String() }

func (p *proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		p.gate.RLock()
		srv, err := net.Dial("tcp", p.target)
		p.gate.RUnlock()
		if err != nil {
			client.Close()
			continue
		}
		p.mu.Lock()
		p.conns[client], p.conns[srv] = true, true
		p.mu.Unlock()
		p.running.Go(func() { p.pass(srv, client, false) })
		p.running.Go(func() { p.pass(client, srv, true) })
	}
}

// pass copies from src to dst and closes both at the end.
func (p *proxy) pass(dst, src net.Conn, answers bool) {
	defer dst.Close()
	defer src.Close()
	buf := make([]byte, 4096)
	for {
		n, err := src.Read(buf)
		if err != nil {
			return
		}
		if answers && p.lose.CompareAndSwap(true, false) {
			p.cut()
			p.lost <- struct{}{}
			return
		}
		if _, err := dst.Write(buf[:n]); err != nil {
			return
		}
	}
}

// cut ends all present connections and drops the bytes on their way.
func (p *proxy) cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.conns {
		if tcp, ok := c.(*net.TCPConn); ok {
			_ = tcp.SetLinger(0)
		}
		c.Close()
	}
	clear(p.conns)
}
