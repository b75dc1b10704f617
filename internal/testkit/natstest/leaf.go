package natstest

import (
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

// Leaf are two servers with a JetStream each: a hub and a leaf node of it.
type Leaf struct {
	Hub, Leaf string // their URLs

	hub, leaf *server.Server
	port      int    // where the hub listens for leaf nodes
	dir       string // of the hub's JetStream
}

// HubDomain is the JetStream domain of the hub.
const HubDomain = "hub"

// NewLeaf starts a hub and a leaf node, which end with the test.
func NewLeaf(t testing.TB) *Leaf {
	t.Helper()
	l := &Leaf{port: server.RANDOM_PORT, dir: t.TempDir()}
	l.startHub(t)
	state, err := l.hub.Varz(nil)
	if err != nil {
		t.Fatal(err)
	}
	l.port = state.LeafNode.Port
	remote, err := url.Parse(fmt.Sprintf("nats://127.0.0.1:%d", l.port))
	if err != nil {
		t.Fatal(err)
	}
	l.leaf = start(t, &server.Options{ServerName: "leaf", JetStreamDomain: "leaf",
		LeafNode: server.LeafNodeOpts{ReconnectInterval: 100 * time.Millisecond, Remotes: []*server.RemoteLeafOpts{{URLs: []*url.URL{remote}}}}})
	l.Leaf = l.leaf.ClientURL()
	l.join(t)
	return l
}

func (l *Leaf) startHub(t testing.TB) {
	t.Helper()
	l.hub = start(t, &server.Options{ServerName: "hub", JetStreamDomain: HubDomain, StoreDir: l.dir,
		LeafNode: server.LeafNodeOpts{Host: "127.0.0.1", Port: l.port}})
	l.Hub = l.hub.ClientURL()
}

// join waits until the leaf node has its hub.
func (l *Leaf) join(t testing.TB) {
	t.Helper()
	for deadline := time.Now().Add(ready); l.leaf.NumLeafNodes() == 0; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the leaf node finds no hub")
		}
	}
}

// StopHub stops the hub. The leaf node goes on without it.
func (l *Leaf) StopHub() {
	l.hub.Shutdown()
	l.hub.WaitForShutdown()
}

// StartHub starts the hub again, with what its JetStream had, at another URL.
func (l *Leaf) StartHub(t testing.TB) {
	t.Helper()
	l.startHub(t)
	l.join(t)
}

// ready bounds the start of a server.
const ready = 30 * time.Second

// start starts a server with JetStream on the loopback interface.
func start(t testing.TB, opts *server.Options) *server.Server {
	t.Helper()
	opts.Host, opts.Port, opts.NoLog, opts.NoSigs = "127.0.0.1", server.RANDOM_PORT, true, true
	opts.JetStream = true
	if opts.StoreDir == "" {
		opts.StoreDir = t.TempDir()
	}
	s, err := server.NewServer(opts)
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	t.Cleanup(func() {
		s.Shutdown()
		s.WaitForShutdown()
	})
	if !s.ReadyForConnections(ready) {
		t.Fatal("the server does not get ready")
	}
	return s
}

// Context writes a context of the nats command and returns the path of its file.
// It connects to the leaf node; settings are what it says besides.
func (l *Leaf) Context(t testing.TB, settings map[string]string) string {
	t.Helper()
	all := map[string]string{"url": l.Leaf}
	for k, v := range settings {
		all[k] = v
	}
	data, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "context.json")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
