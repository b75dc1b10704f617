//go:build unix

package fault

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/seed-7adb9000/diarizer/internal/bus/wait"
	"github.com/seed-7adb9000/diarizer/publish"
)

// link is the way from one node of a cluster to another, which can be cut.
type link struct {
	listener net.Listener
	target   string
	mu       sync.Mutex
	isCut    bool
	conns    []net.Conn
	running  sync.WaitGroup
}

func newLink(t testing.TB, target int) *link {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	k := &link{listener: l, target: fmt.Sprintf("127.0.0.1:%d", target)}
	k.running.Go(k.accept)
	t.Cleanup(func() {
		l.Close()
		k.cut(true)
		k.running.Wait()
	})
	return k
}

func (k *link) port() int { return k.listener.Addr().(*net.TCPAddr).Port }

func (k *link) accept() {
	for {
		from, err := k.listener.Accept()
		if err != nil {
			return
		}
		to, err := net.Dial("tcp", k.target)
		k.mu.Lock()
		if err != nil || k.isCut {
			from.Close()
			if err == nil {
				to.Close()
			}
			k.mu.Unlock()
			continue
		}
		k.conns = append(k.conns, from, to)
		k.mu.Unlock()
		for _, pair := range [][2]net.Conn{{from, to}, {to, from}} {
			k.running.Go(func() {
				defer from.Close()
				defer to.Close()
				_, _ = io.Copy(pair[0], pair[1]) // an end of it is an end like any other
			})
		}
	}
}

func (k *link) cut(is bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.isCut = is
	if is {
		for _, c := range k.conns {
			c.Close()
		}
		k.conns = nil
	}
}

// cluster is three nodes that know each other over links.
type cluster struct {
	nodes []*node
	links map[[2]int]*link
	url   string
}

func newCluster(t *testing.T) *cluster {
	t.Helper()
	const size = 3
	ports := freePorts(t, 2*size)
	// A node that is told to leave sends its clients away, a lame duck.
	config := filepath.Join(t.TempDir(), "nats.conf")
	if err := os.WriteFile(config, []byte("lame_duck_duration: 30s\nlame_duck_grace_period: 1s\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c := &cluster{links: map[[2]int]*link{}}
	var urls []string
	for i := range size {
		var routes []string
		for j := range size {
			if i != j {
				k := newLink(t, ports[size+j])
				c.links[[2]int{i, j}] = k
				routes = append(routes, fmt.Sprintf("nats://127.0.0.1:%d", k.port()))
			}
		}
		n := newNode(t, ports[i], t.TempDir(), "-c", config, "--name", fmt.Sprintf("n%d", i), "--cluster_name", "fault",
			"--cluster", fmt.Sprintf("nats://127.0.0.1:%d", ports[size+i]), "--no_advertise", "--routes", strings.Join(routes, ","))
		c.nodes = append(c.nodes, n)
		urls = append(urls, n.url)
	}
	c.url = strings.Join(urls, ",")
	return c
}

// leader returns the node that leads the JetStream stream.
func (c *cluster) leader(t *testing.T, js jetstream.JetStream) int {
	t.Helper()
	for ctx := patient(t); ; {
		stream, err := js.Stream(ctx, publish.JetStreamName)
		if err == nil && stream.CachedInfo().Cluster != nil && stream.CachedInfo().Cluster.Leader != "" {
			return slices.IndexFunc(c.nodes, func(n *node) bool { return slices.Contains(n.args, stream.CachedInfo().Cluster.Leader) })
		}
		if !wait.Sleep(ctx, 100*time.Millisecond) {
			t.Fatalf("no leader: %v", err)
		}
	}
}

// isolate cuts node i off from the others, or joins it again.
func (c *cluster) isolate(i int, is bool) {
	for pair, k := range c.links {
		if slices.Contains(pair[:], i) {
			k.cut(is)
		}
	}
}

// replicated creates the JetStream stream with a copy on every node, which
// takes until the nodes have found each other.
func replicated(t *testing.T, nc *nats.Conn) {
	t.Helper()
	for ctx := patient(t); ; {
		attempt, cancel := context.WithTimeout(ctx, 5*time.Second)
		err := publish.EnsureStream(attempt, nc, publish.StreamOptions{Replicas: 3})
		cancel()
		if err == nil {
			return
		}
		if errors.Is(err, publish.ErrIncompatible) || !wait.Sleep(ctx, 200*time.Millisecond) {
			t.Fatal(err)
		}
	}
}

// Every fault happens while events are published, and events go on to come
// while it lasts.
func TestClusterFaults(t *testing.T) {
	t.Parallel()
	c := newCluster(t)
	nc := dial(t, c.url)
	replicated(t, nc)
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	p, err := publish.NewPublisher(dial(t, c.url), publish.PublisherOptions{Journal: t.TempDir(), Run: run})
	if err != nil {
		t.Fatal(err)
	}
	received := throughout(t, c.url)
	faults := []struct {
		name          string
		begin, finish func(leader int)
		lasts         time.Duration
	}{
		// First, because the other tests make use of the minute.
		{"all killed", func(int) {
			for _, n := range c.nodes {
				n.kill()
			}
		}, func(int) {
			for _, n := range c.nodes {
				n.start(t)
			}
		}, time.Minute},
		{"leader killed", func(i int) { c.nodes[i].kill() }, func(i int) { c.nodes[i].start(t) }, 3 * time.Second},
		{"leader frozen", func(i int) { c.nodes[i].signal(t, syscall.SIGSTOP) }, func(i int) { c.nodes[i].signal(t, syscall.SIGCONT) }, 6 * time.Second},
		{"leader cut off", func(i int) { c.isolate(i, true) }, func(i int) { c.isolate(i, false) }, 12 * time.Second},
		{"leader leaves", func(i int) { c.nodes[i].signal(t, syscall.SIGUSR2) }, func(i int) { c.nodes[i].wait(t); c.nodes[i].start(t) }, 3 * time.Second},
	}
	seq := uint64(0)
	publishSome := func(n int) {
		for ; n > 0; n-- {
			seq++
			if err := p.Publish(eventOf(seq, events)); err != nil {
				t.Fatal(err)
			}
		}
	}
	each := events / len(faults)
	for i, f := range faults {
		publishSome(each / 8)
		leader := c.leader(t, js)
		f.begin(leader)
		publishSome(each * 3 / 4)
		if !wait.Sleep(patient(t), f.lasts) {
			t.Fatal("out of time")
		}
		f.finish(leader)
		publishSome((i+1)*each - int(seq))
		if err := p.Flush(patient(t)); err != nil {
			t.Fatalf("%s: %v", f.name, err)
		}
		t.Logf("%s: node %d, %+v", f.name, leader, p.Stats())
	}
	if err := p.Close(patient(t)); err != nil {
		t.Fatal(err)
	}
	received.check(events)
	stored(t, c.url, events)
}
