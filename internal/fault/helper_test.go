package fault

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/seed-7adb9000/diarizer/online"
	"github.com/seed-7adb9000/diarizer/publish"
)

// patience ends a test that hangs; nothing is timed by it.
const patience = 3 * time.Minute

// role makes a process of the test binary a publisher or a subscriber.
const role = "DIARIZER_FAULT_ROLE"

func TestMain(m *testing.M) {
	switch os.Getenv(role) {
	case "publisher":
		os.Exit(exit(publisher(os.Args[1], os.Args[2], number(os.Args[3]), number(os.Args[4]))))
	case "subscriber":
		os.Exit(exit(subscriber(os.Args[1], number(os.Args[2]))))
	}
	code := m.Run()
	if built.dir != "" {
		os.RemoveAll(built.dir)
	}
	os.Exit(code)
}

func exit(err error) int {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

func number(s string) uint64 {
	n, err := strconv.ParseUint(s, 10, 64)
	if err != nil {
		panic(err)
	}
	return n
}

// run is the id of the one run that these tests publish.
const run = "0000000000-run"

// event makes event seq of a run of n: turns that start, grow and end.
func event(seq, n uint64) publish.Event {
	enc := publish.Encoder{Stream: "meeting", Run: run, Seq: seq - 1}
	at := int64(seq) * 1600
	switch {
	case seq == 1:
		return enc.Start(publish.Source{Name: "meeting"})
	case seq == n:
		return enc.Finish(at, publish.Finished, "")
	}
	turn := online.Turn{ID: int(seq / 4), Speaker: 1 + int(seq/4%5), Start: int64(seq/4) * 6400, End: at,
		Confidence: 0.9, State: online.Provisional}
	kind := []online.Kind{online.TurnStarted, online.TurnUpdated, online.TurnUpdated, online.TurnEnded}[seq%4]
	if kind == online.TurnEnded {
		turn.State = online.Final
	}
	return enc.Encode(online.Event{Kind: kind, At: at, Turn: turn})
}

// count checks that a run's events are 1 to n, each once and in order.
type count struct {
	t                         testing.TB
	last                      uint64
	lost, doubled, outOfOrder int
	seen                      map[uint64]bool
}

func (c *count) event(seq uint64) {
	if c.seen == nil {
		c.seen = map[uint64]bool{}
	}
	switch {
	case c.seen[seq]:
		c.doubled++
	case seq < c.last:
		c.outOfOrder++
	}
	c.seen[seq] = true
	c.last = max(c.last, seq)
}

func (c *count) check(what string, n uint64) {
	c.t.Helper()
	for seq := uint64(1); seq <= n; seq++ {
		if !c.seen[seq] {
			c.lost++
		}
	}
	if c.lost+c.doubled+c.outOfOrder > 0 || uint64(len(c.seen)) != n {
		c.t.Errorf("%s: %d of %d events: %d lost, %d doubled, %d out of order", what, len(c.seen), n, c.lost, c.doubled, c.outOfOrder)
	}
	c.t.Logf("%s: %d events: %d lost, %d doubled, %d out of order", what, len(c.seen), c.lost, c.doubled, c.outOfOrder)
}

func patient(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

func dial(t testing.TB, url string) *nats.Conn {
	t.Helper()
	nc, err := publish.Connect(patient(t), url, publish.ConnectOptions{WaitFor: patience})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	return nc
}

// stored counts what JetStream holds of the run of n events.
func stored(t testing.TB, url string, n uint64) {
	t.Helper()
	c := count{t: t}
	ctx := patient(t)
	for m, err := range publish.Subscribe(ctx, dial(t, url), publish.SubscribeOptions{}) {
		if errors.Is(err, publish.ErrHole) {
			t.Error(err)
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if c.event(m.Seq); m.Kind == publish.StreamEnded && m.Pending == 0 {
			break
		}
	}
	c.check("stored", n)
}

// process is one that a test may kill.
type process struct {
	cmd  *exec.Cmd
	out  *bufio.Scanner // of lines
	once sync.Once
}

// self starts this test binary in another role.
func self(t testing.TB, as string, args ...string) *process {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe, args...)
	cmd.Env = append(os.Environ(), role+"="+as)
	return start(t, cmd)
}

func start(t testing.TB, cmd *exec.Cmd) *process {
	t.Helper()
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var complaints strings.Builder
	cmd.Stderr = &complaints
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p := &process{cmd: cmd, out: bufio.NewScanner(out)}
	t.Cleanup(func() {
		p.kill()
		if t.Failed() && complaints.Len() > 0 {
			t.Logf("%s said\n%s", filepath.Base(cmd.Path), complaints.String())
		}
	})
	return p
}

// kill ends the process without a chance to do anything, and waits for its end.
func (p *process) kill() {
	p.once.Do(func() {
		_ = p.cmd.Process.Kill()
		_ = p.cmd.Wait()
	})
}

// wait reads what the process says and returns when it has ended well.
func (p *process) wait(t testing.TB) {
	t.Helper()
	for p.out.Scan() {
	}
	p.once.Do(func() {
		if err := p.cmd.Wait(); err != nil {
			t.Fatal(err)
		}
	})
}

func (p *process) signal(t testing.TB, s syscall.Signal) {
	t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		t.Fatal(err)
	}
}

// built is the nats-server of the module's version.
var built struct {
	once sync.Once
	dir  string
	path string
	err  error
}

func natsServer(t testing.TB) string {
	t.Helper()
	built.once.Do(func() {
		if built.dir, built.err = os.MkdirTemp("", "diarizer-fault-"); built.err != nil {
			return
		}
		built.path = filepath.Join(built.dir, "nats-server")
		out, err := exec.Command("go", "build", "-o", built.path, "github.com/nats-io/nats-server/v2").CombinedOutput()
		if err != nil {
			built.err = fmt.Errorf("%w\n%s", err, out)
		}
	})
	if built.err != nil {
		t.Skipf("no nats-server: the go command builds it: %v", built.err)
	}
	return built.path
}

// freePorts returns ports of the loopback interface that nobody uses.
func freePorts(t testing.TB, n int) []int {
	t.Helper()
	ports := make([]int, n)
	for i := range ports {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		ports[i] = l.Addr().(*net.TCPAddr).Port
	}
	return ports
}

// node is a nats-server process that can be started again.
type node struct {
	*process
	url  string
	args []string
}

func newNode(t testing.TB, port int, dir string, more ...string) *node {
	n := &node{url: fmt.Sprintf("nats://127.0.0.1:%d", port),
		args: append([]string{"-a", "127.0.0.1", "-p", strconv.Itoa(port), "-js", "-sd", dir}, more...)}
	n.start(t)
	return n
}

func (n *node) start(t testing.TB) {
	t.Helper()
	n.process = start(t, exec.Command(natsServer(t), n.args...))
}
