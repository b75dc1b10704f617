package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/event/rttm"
	"github.com/seed-7adb9000/diarizer/internal/session/correct"
	"github.com/seed-7adb9000/diarizer/internal/show/tui"
	"github.com/seed-7adb9000/diarizer/online"
	"github.com/seed-7adb9000/diarizer/publish"
	"github.com/seed-7adb9000/diarizer/publish/natsd"
)

// shout is a buffer that others wait on.
type shout struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (s *shout) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.buf.Write(p)
}

func (s *shout) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.buf.String()
}

// wait waits for what the pattern finds.
func (s *shout) wait(t *testing.T, pattern string) string {
	t.Helper()
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if m := regexp.MustCompile(pattern).FindStringSubmatch(s.String()); m != nil {
			return m[len(m)-1]
		}
	}
	t.Fatalf("%s did not come:\n%s", pattern, s)
	return ""
}

// post sends a correction to a page.
func post(t *testing.T, url, stream string, c correct.Correction) correct.Reply {
	t.Helper()
	body, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.Post(url+"correct?stream="+stream, "application/json", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var reply correct.Reply
	if err := json.NewDecoder(resp.Body).Decode(&reply); err != nil {
		t.Fatal(err)
	}
	return reply
}

// A page that shows a stream over NATS has its events, and its corrections
// arrive at whoever runs the stream.
func TestViewOverNATS(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	server, err := natsd.Start(ctx, natsd.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	nc, err := publish.Connect(ctx, server.URL(), publish.ConnectOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	if err := publish.EnsureStream(ctx, nc, publish.StreamOptions{}); err != nil {
		t.Fatal(err)
	}
	pub, err := publish.NewPublisher(nc, publish.PublisherOptions{})
	if err != nil {
		t.Fatal(err)
	}
	desk := correct.NewDesk(correct.Options{Encoder: &event.Encoder{Stream: "s", Run: "r"}, Emit: pub.Publish})
	err = desk.Encode(func(e *event.Encoder) event.Event { return e.Start(event.Source{}) })
	err = errors.Join(err, desk.Decide(online.Event{Kind: online.SpeakerAdded, Speaker: 1}))
	if err != nil {
		t.Fatal(err)
	}
	stop, err := correct.Serve(nc, "s", desk)
	if err != nil {
		t.Fatal(err)
	}
	defer stop()

	var stderr, lines shout
	done := make(chan error, 2)
	go func() {
		done <- view(ctx, nil, nil, &stderr, viewOptions{url: server.URL(), page: pageFlags{addr: "127.0.0.1:0"}})
	}()
	go func() { done <- view(ctx, strings.NewReader(""), &lines, &stderr, viewOptions{url: server.URL()}) }()
	url := stderr.wait(t, `live page: (\S+)`)
	if reply := post(t, url, "s", correct.Correction{Action: correct.Rename, Speaker: 1, Name: "Ada"}); reply.Seq != 3 || reply.Error != "" {
		t.Errorf("answered %+v", reply)
	}
	if reply := post(t, url, "other", correct.Correction{Action: correct.Undo}); !strings.Contains(reply.Error, correct.ErrNobody.Error()) {
		t.Errorf("nobody's stream: %+v", reply)
	}
	lines.wait(t, `S1 is Ada`) // plain lines where the output is piped
	resp, err := http.Get(url + "events")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	for scan := bufio.NewScanner(resp.Body); ; {
		if !scan.Scan() {
			t.Fatalf("the page never heard of the name: %v", scan.Err())
		}
		if strings.Contains(scan.Text(), `"name":"Ada"`) {
			break
		}
	}
	cancel()
	for range 2 {
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("ended with %v", err)
		}
	}
	closing, end := context.WithTimeout(context.Background(), 30*time.Second)
	defer end()
	if err := pub.Close(closing); err != nil {
		t.Error(err)
	}
}

// replay with --http shows the page, writes the file when the recording has
// ended, and keeps the page until it is stopped; the file follows what is corrected then.
func TestReplayKeepsItsPage(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	file := filepath.Join(t.TempDir(), "demo.rttm")
	var stdout, stderr shout
	done := make(chan int, 1)
	go func() {
		done <- run(ctx, []string{"replay", "--speed", "max", "--nats", "off", "--http", "127.0.0.1:0", "--rttm", file,
			"../../internal/cli/demo/demo.flac"}, strings.NewReader(""), &stdout, &stderr)
	}()
	url := stderr.wait(t, `the page stays at (\S+)`)
	segments, err := rttm.ReadFile(file)
	if err != nil || len(segments) == 0 {
		t.Errorf("%d segments, %v", len(segments), err)
	}
	if reply := post(t, url, "demo", correct.Correction{Action: correct.Rename, Speaker: 1, Name: "Ada"}); reply.Error != "" {
		t.Errorf("after the end: %+v", reply)
	}
	if got := read(t, file); !strings.Contains(got, " Ada ") {
		t.Errorf("the file does not follow:\n%s", got)
	}
	cancel()
	if status := <-done; status != exitInterrupted {
		t.Errorf("exit status %d, want %d", status, exitInterrupted)
	}
}

func TestViewFlags(t *testing.T) {
	for _, c := range []struct{ args, want string }{
		{"view --stream a.b", "--stream"},
		{"view --http-token 0123456789abcdef", "--http-token: expected it with --http"},
		{"replay --http-token 0123456789abcdef --nats off x.wav", "--http-token: expected it with --http"},
		{"replay --http x:y:z --nats off x.wav", "--http: address"},
		{"replay --http 0 --http-token short --nats off x.wav", "--http: token of 5 characters"},
		{"watch --tui --rttm x", "[rttm tui]"},
	} {
		var stdout, stderr shout
		status := run(t.Context(), strings.Fields(c.args), strings.NewReader(""), &stdout, &stderr)
		if status != exitUsage || !strings.Contains(stderr.String(), c.want) || strings.Count(stderr.String(), "\n") != 1 {
			t.Errorf("%s: status %d, %q, want one line with %q", c.args, status, &stderr, c.want)
		}
	}
}

// Where the output is no terminal, --tui changes nothing.
func TestTerminalViewNeedsATerminal(t *testing.T) {
	if v := openTerminal(t.Context(), tui.Options{}, false, strings.NewReader(""), &bytes.Buffer{}); v != nil {
		t.Error("a view on a buffer")
	}
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	if v := openTerminal(t.Context(), tui.Options{}, false, null, null); v != nil {
		t.Error("a view on nothing")
	}
	var v *terminalView // all of it is harmless without one
	ctx, cancel := v.until(t.Context())
	defer cancel()
	v.linger(ctx)
	if err := v.close(); err != nil || v.gone() || v.ended(ctx, context.Canceled) != context.Canceled {
		t.Error("a view that is not there did something")
	}
}
