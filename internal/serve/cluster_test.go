package serve

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/seed-7adb9000/diarizer/internal/pipeline"
	"github.com/seed-7adb9000/diarizer/internal/testkit/natstest"
)

// The environment variables of the long form: how many streams, of how many
// seconds, and how many of them in a second.
const (
	clusterStreams = "DIARIZER_CLUSTER_STREAMS"
	clusterSeconds = "DIARIZER_CLUSTER_SECONDS"
	clusterSpeed   = "DIARIZER_CLUSTER_SPEED"
)

// TestCluster has three worker processes follow many streams on a cluster of three server
// processes, under every fault: a worker is killed; the checkpoints of all streams are damaged,
// each in one of four ways, while no worker is left; a worker is stopped and woken up; a worker is
// cut off from the network; the server that leads the events is killed, and comes back. Meanwhile
// the wall clocks of all these processes jump. The events of every stream must be those of an
// undisturbed run.
func TestCluster(t *testing.T) {
	streams, seconds, speed := number(t, clusterStreams, 6), number(t, clusterSeconds, 40), number(t, clusterSpeed, 1)
	exe, env := jumpingBinary(t), childClock+"=jumps"
	cfg := pipeline.Config{Model: anyModel()}
	m := newMeetings(t, cfg, streams, seconds)
	c := newCluster(t, exe, env)
	nc := natstest.Connect(t, c.url())
	var s *shared
	waitFor(t, func() bool { // the servers have to find each other
		var err error
		s, err = openShared(t.Context(), nc, StoreOptions{Replicas: 3})
		return err == nil
	})
	var proxies []*proxy
	var through []string
	for _, n := range c.nodes {
		p := newProxy(t, n.url())
		proxies, through = append(proxies, p), append(through, p.url())
	}
	var all []*child // workers, present and past
	start := func(url string) *child {
		w := startProcess(t, exe, env, childURL+"="+url)
		all = append(all, w)
		return w
	}
	killed, stopped, cut := start(c.url()), start(c.url()), start(strings.Join(through, ","))

	length := time.Duration(seconds) * time.Second / time.Duration(speed)
	out := max(5*time.Second, length/10) // 30 s in the long form
	began := time.Now()
	at := func(part float64) { time.Sleep(time.Until(began.Add(time.Duration(part * float64(length))))) }
	m.run(t, nc, float64(speed), 3*length+5*time.Minute, func() {
		at(0.08)
		killed.kill()
		killed = start(c.url())

		at(0.2)
		waitFor(t, func() bool { return manifests(t, s.js) == streams })
		for _, w := range []*child{killed, stopped, cut} {
			w.signal(t, freeze) // or they would write new checkpoints
		}
		kv, err := s.js.KeyValue(t.Context(), StateBucket)
		if err != nil {
			t.Error(err)
			return
		}
		harm(t, kv, m.names)
		for _, w := range []*child{killed, stopped, cut} {
			w.kill()
		}
		successors := len(all)
		start(c.url())
		stopped, cut = start(c.url()), start(strings.Join(through, ","))
		waitFor(t, func() bool { return len(refusedBy(all[successors:])) == streams })

		at(0.45)
		stopped.signal(t, freeze)
		time.Sleep(out)
		stopped.signal(t, thaw)

		at(0.62)
		for _, p := range proxies {
			p.sever(true)
		}
		time.Sleep(out)
		for _, p := range proxies {
			p.sever(false)
		}

		at(0.8)
		i := c.leader(t, s)
		c.nodes[i].process.kill()
		at(0.9)
		c.start(t, i)
	})
	var back, ahead int
	for _, w := range all {
		b, a := jumps(logTimes(t, w.log.String()))
		back, ahead = back+b, ahead+a
	}
	if back == 0 || ahead == 0 {
		t.Errorf("the workers' clocks jumped %d times back and %d ahead", back, ahead)
	}
	if back, ahead := jumps(storedTimes(t, s.audio)); back == 0 || ahead == 0 {
		t.Errorf("the servers' clocks jumped %d times back and %d ahead", back, ahead)
	}
}

// refusedLine is the line of a log that says that a checkpoint was refused.
var refusedLine = regexp.MustCompile(`(?m)^.*msg="checkpoint refused: beginning again with the sound".* stream=(\S+) error=.*$`)

// refusedBy are the streams whose checkpoints workers have refused.
func refusedBy(workers []*child) map[string]bool {
	streams := map[string]bool{}
	for _, w := range workers {
		for _, m := range refusedLine.FindAllStringSubmatch(w.log.String(), -1) {
			streams[m[1]] = true
		}
	}
	return streams
}

// manifests counts the streams that have a checkpoint.
func manifests(t *testing.T, js jetstream.JetStream) (n int) {
	t.Helper()
	kv, err := js.KeyValue(t.Context(), StateBucket)
	if err != nil {
		t.Log(err)
		return 0
	}
	keys, err := kv.ListKeysFiltered(t.Context(), "*.manifest")
	if err != nil {
		t.Log(err)
		return 0
	}
	for range keys.Keys() {
		n++
	}
	return n
}

// leader is the node that leads the events.
func (c *cluster) leader(t *testing.T, s *shared) int {
	t.Helper()
	found := -1
	waitFor(t, func() bool {
		info, err := s.events.Info(t.Context())
		if err != nil || info.Cluster == nil {
			return false
		}
		for i, n := range c.nodes {
			if n.Name == info.Cluster.Leader {
				found = i
			}
		}
		return found >= 0
	})
	return found
}
