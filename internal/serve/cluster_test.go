package serve

import (
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"github.com/seed-7adb9000/diarizer/internal/pipeline"
	"github.com/seed-7adb9000/diarizer/publish"
)

// The environment variables of the long form: how many streams, and of how many
// seconds.
const (
	clusterStreams = "DIARIZER_CLUSTER_STREAMS"
	clusterSeconds = "DIARIZER_CLUSTER_SECONDS"
)

func number(t *testing.T, name string, or int) int {
	t.Helper()
	s := os.Getenv(name)
	if s == "" {
		return or
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 {
		t.Fatalf("%s=%s: expected a number from 1 on", name, s)
	}
	return n
}

// cluster is three NATS servers with JetStream on the loopback interface.
type cluster struct {
	nodes []*server.Server
	urls  []string
}

func newCluster(t *testing.T) *cluster {
	t.Helper()
	const size = 3
	ports := freePorts(t, 2*size)
	var routes []string
	for i := range size {
		routes = append(routes, fmt.Sprintf("nats://127.0.0.1:%d", ports[size+i]))
	}
	c := &cluster{}
	for i := range size {
		opts := &server.Options{
			ServerName: fmt.Sprintf("node-%d", i), Host: "127.0.0.1", Port: ports[i],
			JetStream: true, StoreDir: t.TempDir(), NoLog: true, NoSigs: true,
			Cluster: server.ClusterOpts{Name: "test", Host: "127.0.0.1", Port: ports[size+i]},
			Routes:  server.RoutesFromStr(strings.Join(routes, ",")),
		}
		n, err := server.NewServer(opts)
		if err != nil {
			t.Fatal(err)
		}
		n.Start()
		c.nodes = append(c.nodes, n)
		c.urls = append(c.urls, fmt.Sprintf("nats://127.0.0.1:%d", ports[i]))
	}
	t.Cleanup(func() {
		for _, n := range c.nodes {
			n.Shutdown()
		}
		for _, n := range c.nodes {
			n.WaitForShutdown()
		}
	})
	waitFor(t, func() bool {
		for _, n := range c.nodes {
			if n.JetStreamIsLeader() && len(n.JetStreamClusterPeers()) == size {
				return true
			}
		}
		return false
	})
	return c
}

func (c *cluster) url() string { return strings.Join(c.urls, ",") }

// freePorts returns ports that were free a moment ago.
func freePorts(t *testing.T, n int) []int {
	t.Helper()
	var ports []int
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		ports = append(ports, l.Addr().(*net.TCPAddr).Port)
	}
	return ports
}

// TestCluster has three worker processes on a cluster of three servers follow
// many streams while one worker is killed, one is stopped and woken up, and the
// server that leads the events is lost.
func TestCluster(t *testing.T) {
	streams, seconds := number(t, clusterStreams, 6), number(t, clusterSeconds, 20)
	cfg := pipeline.Config{Model: anyModel()}
	m := newMeetings(t, cfg, streams, seconds)
	c := newCluster(t)
	nc, err := publish.Connect(t.Context(), c.url(), publish.ConnectOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	if _, err := openShared(t.Context(), nc, StoreOptions{Replicas: 3}); err != nil {
		t.Fatal(err)
	}
	workers := []*child{startChild(t, c.url()), startChild(t, c.url()), startChild(t, c.url())}
	pause := time.Duration(seconds) * time.Second / 20
	within := time.Duration(seconds)*3*time.Second + 2*time.Minute
	m.run(t, nc, 2, within, func() {
		time.Sleep(2 * pause)
		workers[0].kill()
		time.Sleep(2 * pause)
		workers[1].signal(t, syscall.SIGSTOP)
		time.Sleep(max(5*time.Second, 3*pause))
		workers[1].signal(t, syscall.SIGCONT)
		time.Sleep(pause)
		c.lose(t)
	})
}

// lose shuts the server down that leads the stream of events, as a crash would
// as far as the others can see.
func (c *cluster) lose(t *testing.T) {
	t.Helper()
	for _, n := range c.nodes {
		if n.JetStreamIsStreamLeader("$G", publish.JetStreamName) {
			n.Shutdown()
			n.WaitForShutdown()
			return
		}
	}
	t.Error("no server leads the events")
}
