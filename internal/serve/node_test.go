package serve

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

// childNode is the environment variable that makes this test's binary a NATS
// server of a cluster. Its value is a node as JSON.
const childNode = "DIARIZER_TEST_NODE"

// node is one server of a cluster, or the only one if it has no routes, in a
// process of its own.
type node struct {
	Name          string
	Port, Cluster int // to listen on
	Routes, Store string

	process *child
}

func (n *node) url() string { return fmt.Sprintf("nats://127.0.0.1:%d", n.Port) }

// nodeMain is main where the process is to be a server.
func nodeMain(ctx context.Context, config string) error {
	var n node
	if err := json.Unmarshal([]byte(config), &n); err != nil {
		return err
	}
	opts := &server.Options{ServerName: n.Name, Host: "127.0.0.1", Port: n.Port, JetStream: true, StoreDir: n.Store, NoLog: true, NoSigs: true}
	if n.Routes != "" {
		// Clients are told of no other server, so that a proxy is all they have.
		opts.Cluster = server.ClusterOpts{Name: "test", Host: "127.0.0.1", Port: n.Cluster, NoAdvertise: true}
		opts.Routes = server.RoutesFromStr(n.Routes)
	}
	s, err := server.NewServer(opts)
	if err != nil {
		return err
	}
	s.Start()
	if !s.ReadyForConnections(30 * time.Second) {
		return errors.New("the server does not get ready")
	}
	fmt.Println("ready")
	<-ctx.Done()
	s.Shutdown()
	s.WaitForShutdown()
	return nil
}

// cluster is three NATS servers with JetStream on the loopback interface.
type cluster struct {
	exe   string
	env   []string
	nodes []*node
}

// newCluster starts the servers as processes of a binary of this test.
func newCluster(t *testing.T, exe string, env ...string) *cluster {
	t.Helper()
	const size = 3
	ports := freePorts(t, 2*size)
	var routes []string
	for i := range size {
		routes = append(routes, fmt.Sprintf("nats://127.0.0.1:%d", ports[size+i]))
	}
	c := &cluster{exe: exe, env: env}
	for i := range size {
		c.nodes = append(c.nodes, &node{Name: fmt.Sprintf("node-%d", i), Port: ports[i], Cluster: ports[size+i],
			Routes: strings.Join(routes, ","), Store: t.TempDir()})
		c.start(t, i)
	}
	return c
}

// start starts a node, for the first time or again over its stored data.
func (c *cluster) start(t *testing.T, i int) {
	t.Helper()
	c.nodes[i].start(t, c.exe, c.env...)
}

// start starts a node as a process of a binary of this test.
func (n *node) start(t *testing.T, exe string, env ...string) {
	t.Helper()
	config, err := json.Marshal(n)
	if err != nil {
		t.Fatal(err)
	}
	n.process = startProcess(t, exe, append(env, childNode+"="+string(config))...)
}

func (c *cluster) url() string {
	var urls []string
	for _, n := range c.nodes {
		urls = append(urls, n.url())
	}
	return strings.Join(urls, ",")
}

// freePorts returns ports that were free a moment ago, below those that the system gives to
// programs which ask for any.
func freePorts(t *testing.T, n int) (ports []int) {
	t.Helper()
	for range 1000 {
		port := 10_000 + rand.IntN(10_000)
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err != nil {
			continue
		}
		defer l.Close()
		if ports = append(ports, port); len(ports) == n {
			return ports
		}
	}
	t.Fatal("no free ports")
	return nil
}

// number is the number in an environment variable, or the given one if it is not set.
func number(t *testing.T, name string, or int) int {
	t.Helper()
	s := os.Getenv(name)
	if s == "" {
		return or
	}
	n := 0
	if _, err := fmt.Sscanf(s, "%d", &n); err != nil || n < 1 {
		t.Fatalf("%s=%s: expected a number from 1 on", name, s)
	}
	return n
}
