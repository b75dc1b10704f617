package main

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/session/correct"
	"github.com/seed-7adb9000/diarizer/internal/session/version"
)

// shown reads the event stream of a page until a line has the text.
func shown(t *testing.T, url, text string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"events", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	in := bufio.NewReader(resp.Body)
	for {
		line, err := in.ReadString('\n')
		if strings.Contains(line, text) {
			return
		}
		if err != nil {
			t.Fatalf("%s never showed %s: %v", url, text, err)
		}
	}
}

// TestServePages: the page of each worker shows a stream, whichever worker diarizes it, and
// takes corrections of it. The corrections survive when the stream moves.
func TestServePages(t *testing.T) {
	bus := natsServer(t)
	worker := func() (url string, end func()) {
		ctx, cancel := context.WithCancel(t.Context())
		var stdout, stderr shout
		done := make(chan int, 1)
		go func() {
			done <- run(ctx, []string{"serve", "--nats", bus, "--max-streams", "4"}, nil, &stdout, &stderr)
		}()
		url = stderr.wait(t, `live page: (\S+)`)
		return url, func() {
			cancel()
			if status := <-done; status != exitInterrupted {
				t.Errorf("exit status %d: %s", status, &stderr)
			}
		}
	}
	one, endOne := worker()
	// The sound stops until the stream has moved, however slow the machine.
	wav := wavBytes(demoSamples(t, 40))
	in, sound := io.Pipe()
	moved := make(chan struct{})
	go func() {
		half := len(wav) * 6 / 10
		_, err := sound.Write(wav[:half])
		<-moved
		if err == nil {
			_, err = sound.Write(wav[half:])
		}
		sound.CloseWithError(err) // nil is the end
	}()
	sent := make(chan int, 1)
	var said shout
	go func() {
		sent <- run(t.Context(), []string{"send", "--nats", bus, "--stream", "room1", "--speed", "4", "-"}, in, &said, &said)
	}()
	shown(t, one, `"speaker-added"`)
	two, endTwo := worker()
	shown(t, two, `"stream":"room1"`)
	if reply := post(t, two, "room1", correct.Correction{Action: correct.Rename, Speaker: 1, Name: "Ada"}); reply.Error != "" {
		t.Errorf("answered %+v", reply)
	}
	for _, url := range []string{one, two} {
		shown(t, url, `"name":"Ada"`)
	}
	endOne()
	undo := correct.Correction{Action: correct.Undo, ID: "once"}
	reply := post(t, two, "room1", undo)
	for end := time.Now().Add(time.Minute); strings.Contains(reply.Error, correct.ErrNobody.Error()) && time.Now().Before(end); {
		time.Sleep(50 * time.Millisecond) // the stream has no owner yet
		reply = post(t, two, "room1", undo)
	}
	if reply.Error != "" {
		t.Errorf("after the stream has moved: %+v", reply)
	}
	close(moved)
	if status := <-sent; status != 0 {
		t.Errorf("send: status %d, %s", status, &said)
	}
	shown(t, two, `"reason":"finished"`)
	_, events, _ := diarizer(t.Context(), nil, "watch", "--nats", bus, "--stream", "room1", "--until-end", "--json")
	first, _, _ := strings.Cut(events, "\n")
	if e, err := event.Decode([]byte(first)); err != nil || e.Source == nil || e.Source.Model == "" || e.Source.Program != version.Program() {
		t.Errorf("began with %s, %v", first, err)
	}

	// The page has the metrics and health that operators ask for.
	for path, want := range map[string]string{"metrics": "diarizer_streams", "healthz": "ok", "readyz": "ready", "debug/pprof/cmdline": "", "main.js": "import"} {
		resp, err := http.Get(two + path)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil || resp.StatusCode != http.StatusOK || !strings.Contains(string(body), want) {
			t.Errorf("%s: %s, %.80s, %v", path, resp.Status, body, err)
		}
	}
	endTwo()
}

func TestServeFlags(t *testing.T) {
	for _, c := range []struct{ args, want string }{
		{"serve --http off --http-token 0123456789abcdef", "--http-token: expected it with --http"},
		{"serve --identify [", "--identify"},
	} {
		var stdout, stderr shout
		status := run(t.Context(), strings.Fields(c.args), strings.NewReader(""), &stdout, &stderr)
		if status != exitUsage || !strings.Contains(stderr.String(), c.want) {
			t.Errorf("%s: status %d, %q, want %q", c.args, status, &stderr, c.want)
		}
	}
}
