package fault

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/seed-7adb9000/diarizer/internal/testkit/needs"
)

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
		needs.Missing(t, "no nats-server, which the go command builds: %v", built.err)
	}
	return built.path
}

// lastPort counts the ports that freePorts has tried. They lie below the ports that the system
// gives to programs which ask for any, so that no other program takes one before its server starts.
var lastPort atomic.Int32

// freePorts returns ports of the loopback interface that nobody uses, each once.
func freePorts(t testing.TB, n int) (ports []int) {
	t.Helper()
	for len(ports) < n {
		tried := int(lastPort.Add(1))
		if tried > 2000 {
			t.Fatal("no free ports")
		}
		port := 20000 + os.Getpid()%10000 + tried
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err != nil {
			continue
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		ports = append(ports, port)
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
