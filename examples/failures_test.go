package examples

import (
	"bufio"
	"context"
	"io"
	"net"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"github.com/nats-io/nats.go"

	"github.com/seed-7adb9000/diarizer/internal/testkit/meeting"
	"github.com/seed-7adb9000/diarizer/internal/testkit/natstest"
	"github.com/seed-7adb9000/diarizer/internal/testkit/needs"
	"github.com/seed-7adb9000/diarizer/publish/natsd"
)

// wire stands between a client and a server, and can be cut.
type wire struct {
	net.Listener
	to    string
	mu    sync.Mutex
	conns []net.Conn
}

// newWire is a wire to a server.
func newWire(t *testing.T, to string) *wire {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{Listener: l, to: to}
	var g sync.WaitGroup
	g.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			server, err := net.Dial("tcp", to)
			if err != nil {
				conn.Close()
				continue
			}
			w.mu.Lock()
			w.conns = append(w.conns, conn, server)
			w.mu.Unlock()
			for _, ends := range [][2]net.Conn{{conn, server}, {server, conn}} {
				g.Go(func() {
					_, _ = io.Copy(ends[0], ends[1]) // until it is cut
					ends[0].Close()
				})
			}
		}
	})
	t.Cleanup(func() {
		l.Close()
		w.cut()
		g.Wait()
	})
	return w
}

// cut closes all connections, as a server does with clients that have said nothing for long.
func (w *wire) cut() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range w.conns {
		c.Close()
	}
	w.conns = nil
}

// A recogniser's bridge outlives a connection that the server closes in a silence, and a server that
// is away: its end would break the pipe from which the diarizer hears.
func TestWordsOutliveTheirConnection(t *testing.T) {
	python := needs.Tool(t, "python3")
	nc := natstest.New(t)
	heard := make(chan string, 10)
	_, err := nc.Subscribe("diarizer.words.v1.talk", func(m *nats.Msg) {
		heard <- string(m.Data)
		_ = m.Respond([]byte(`{"words":[]}`))
	})
	if err == nil {
		err = nc.Flush()
	}
	if err != nil {
		t.Fatal(err)
	}
	w := newWire(t, strings.TrimPrefix(nc.ConnectedUrl(), "nats://"))
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, python, "-c", `import sys, words
bus = words.Words(sys.argv[1], "talk", "test")
bus.patience = 0
for line in sys.stdin:
    bus.send([{"text": line.strip(), "start": 0, "end": 1}])
    print("sent", flush=True)`, w.Addr().String())
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var stderr strings.Builder
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	sent := bufio.NewScanner(out)
	send := func(word string) {
		t.Helper()
		if _, err := io.WriteString(in, word+"\n"); err != nil {
			t.Error(err)
		}
		if !sent.Scan() {
			t.Errorf("%s is not sent", word)
		}
	}
	send("before")
	w.cut()
	send("after")
	w.Close()
	w.cut()
	send("lost")
	in.Close()
	if err := cmd.Wait(); err != nil || !strings.Contains(stderr.String(), "words are lost") {
		t.Errorf("%v: %s", err, &stderr)
	}
	all := ""
	for len(heard) > 0 {
		all += <-heard
	}
	if !strings.Contains(all, "before") || !strings.Contains(all, "after") {
		t.Errorf("heard %s", all)
	}
}

// A server without events says so, and nobody waits for ever.
func TestPythonWithoutAStream(t *testing.T) {
	python := needs.Tool(t, "python3")
	s, err := natsd.Start(t.Context(), natsd.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	out, err := exec.CommandContext(ctx, python, "subscribe.py", strings.TrimPrefix(s.URL(), "nats://"), "standup").CombinedOutput()
	if err == nil || !strings.Contains(string(out), "the stream DIARIZER at") || !strings.Contains(string(out), "stream not found") || strings.Contains(string(out), "Traceback") {
		t.Errorf("%v: %s", err, out)
	}
}

// testEndBehindOthers follows a run whose end is followed by a late event of another run.
func testEndBehindOthers(t *testing.T, command func(ctx context.Context, url string) *exec.Cmd) {
	t.Helper()
	s, nc := served(t)
	before := meeting.Events(meeting.Options{Stream: "standup", Run: "run1", Seed: 4})
	rest := publishing(t, nc, before, len(before)/2)
	events := meeting.Events(meeting.Options{Stream: "standup", Run: "run2", Seed: 3})
	publishing(t, nc, events, len(events))()
	rest()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if out, err := command(ctx, s.URL()).Output(); err != nil || !strings.HasPrefix(string(out), "SPEAKER ") {
		t.Errorf("%v, printed %s", err, out)
	}
}

func TestJavaScriptBehindOthers(t *testing.T) {
	node := javaScript(t)
	testEndBehindOthers(t, func(ctx context.Context, url string) *exec.Cmd {
		return exec.CommandContext(ctx, node, "subscribe.mjs", url, "standup")
	})
}

func TestPythonBehindOthers(t *testing.T) {
	python := needs.Tool(t, "python3")
	testEndBehindOthers(t, func(ctx context.Context, url string) *exec.Cmd {
		return exec.CommandContext(ctx, python, "subscribe.py", strings.TrimPrefix(url, "nats://"), "standup")
	})
}
