package serve

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/seed-7adb9000/diarizer/internal/pipeline"
	"github.com/seed-7adb9000/diarizer/internal/testkit/natstest"
	"github.com/seed-7adb9000/diarizer/internal/testkit/needs"
	"github.com/seed-7adb9000/diarizer/publish"
)

// The environment variables that make this test's binary a worker: the URL of its server, whether
// it has the settings of manyVoices, how long a stream may be without sound, and how long a worker
// may be silent.
const (
	childURL    = "DIARIZER_TEST_WORKER"
	childVoices = "DIARIZER_TEST_VOICES"
	childIdle   = "DIARIZER_TEST_IDLE"
	childDead   = "DIARIZER_TEST_DEAD"
)

// childMain runs a worker or a server if the environment asks for one.
func childMain() bool {
	url, node := os.Getenv(childURL), os.Getenv(childNode)
	if url == "" && node == "" {
		return false
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	err := error(nil)
	if node != "" {
		err = nodeMain(ctx, node)
	} else {
		err = workerMain(ctx, url)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	return true
}

func workerMain(ctx context.Context, url string) error {
	nc, err := publish.Connect(ctx, url, publish.ConnectOptions{Wait: true})
	if err != nil {
		return err
	}
	defer nc.Close()
	cfg := pipeline.Config{Model: anyModel()}
	if os.Getenv(childVoices) != "" {
		cfg = manyVoices()
	}
	opts := testOptions(cfg)
	for name, to := range map[string]*time.Duration{childIdle: &opts.Idle, childDead: &opts.Dead} {
		if s := os.Getenv(name); s != "" {
			if *to, err = time.ParseDuration(s); err != nil {
				return err
			}
		}
	}
	opts.Log = slog.New(slog.NewTextHandler(os.Stderr, nil))
	opts.Store.Replicas = replicasOf(url)
	return Run(ctx, nc, opts, func(w *Worker) { fmt.Println("ready", w.ID()) })
}

// replicasOf is 3 for the URLs of a cluster.
func replicasOf(urls string) int { return min(3, 1+strings.Count(urls, ",")) }

// child is a process of its own: a worker, or a server.
type child struct {
	cmd *exec.Cmd
	log *lines
}

// startChild starts a worker.
func startChild(t *testing.T, url string, env ...string) *child {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return startProcess(t, exe, append(env, childURL+"="+url)...)
}

// startProcess starts a binary of this test as the worker or server that env describes, and returns
// when it is ready.
func startProcess(t *testing.T, exe string, env ...string) *child {
	t.Helper()
	cmd := exec.Command(exe)
	cmd.Env = append(os.Environ(), env...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	c := &child{cmd: cmd, log: &lines{}}
	told := &testWriter{t: t}
	t.Cleanup(told.close)
	cmd.Stderr = io.MultiWriter(told, c.log)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.kill)
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil || !strings.HasPrefix(line, "ready") {
		t.Fatalf("process: it says %q, %v", line, err)
	}
	return c
}

// kill ends the process as kill -9 does, if it is still there.
func (c *child) kill() {
	_ = c.cmd.Process.Kill() // fails if it has ended
	_ = c.cmd.Wait()         // says that it was killed
}

func (c *child) signal(t *testing.T, s syscall.Signal) {
	t.Helper()
	if freeze == thaw {
		needs.Missing(t, "processes cannot be frozen on this system")
	}
	if err := c.cmd.Process.Signal(s); err != nil {
		t.Fatal(err)
	}
}

// TestKilled kills one of three worker processes, and then another, at once.
func TestKilled(t *testing.T) {
	cfg := pipeline.Config{Model: anyModel()}
	nc := natstest.New(t)
	m := newMeetings(t, cfg, 9, 16)
	url := nc.ConnectedUrl()
	children := []*child{startChild(t, url), startChild(t, url), startChild(t, url)}
	m.run(t, nc, 3, 2*time.Minute, func() {
		time.Sleep(1500 * time.Millisecond)
		children[0].kill()
		time.Sleep(2 * time.Second)
		children[1].kill()
	})
}

// TestStopped stops a worker process until it is replaced and a stream without sound would be over,
// and wakes it up. It must not publish events that belong to its successor: told would see an event
// that comes twice or out of order. It must not take the sound that it slept through for silence,
// and it must go on working.
func TestStopped(t *testing.T) {
	cfg := pipeline.Config{Model: anyModel()}
	nc := natstest.New(t)
	m := newMeetings(t, cfg, 6, 20)
	url := nc.ConnectedUrl()
	first := startChild(t, url, childIdle+"=3s")
	m.run(t, nc, 3, 2*time.Minute, func() {
		time.Sleep(1500 * time.Millisecond)
		second := startChild(t, url)
		first.signal(t, freeze)
		time.Sleep(4 * time.Second)
		first.signal(t, thaw)
		time.Sleep(time.Second)
		second.signal(t, syscall.SIGTERM)
	})
}

// TestStoppedAlone stops the only worker until a stream without sound would be over. No worker
// declares it dead. When it wakes up, it may first send a heartbeat or first look at the clock.
func TestStoppedAlone(t *testing.T) {
	cfg := pipeline.Config{Model: anyModel()}
	nc := natstest.New(t)
	m := newMeetings(t, cfg, 6, 20)
	only := startChild(t, nc.ConnectedUrl(), childIdle+"=2s")
	m.run(t, nc, 3, 2*time.Minute, func() {
		time.Sleep(1500 * time.Millisecond)
		only.signal(t, freeze)
		time.Sleep(3 * time.Second)
		only.signal(t, thaw)
	})
}
