package page

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/show/board"
	"github.com/seed-7adb9000/diarizer/internal/testkit/meeting"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// serve returns a running server. The end of the test stops it.
func serve(t testing.TB, hub *Hub, opts Options) (*Server, *url.URL) {
	t.Helper()
	if opts.Addr == "" {
		opts.Addr = "127.0.0.1:0"
	}
	s, err := Serve(t.Context(), hub, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	u, err := url.Parse(s.URL())
	if err != nil {
		t.Fatal(err)
	}
	return s, u
}

// listen opens the event stream of a page and returns a function that reads its messages:
// event, id and data.
func listen(ctx context.Context, u, last string) (next func() (event, id, data string, err error), stop func(), err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, u, nil)
	if err != nil {
		return nil, nil, err
	}
	if last != "" {
		r.Header.Set("Last-Event-ID", last)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, nil, err
	}
	if resp.StatusCode != http.StatusOK || resp.Header.Get("Content-Type") != "text/event-stream" {
		resp.Body.Close()
		return nil, nil, fmt.Errorf("status %s, type %s", resp.Status, resp.Header.Get("Content-Type"))
	}
	lines := bufio.NewReader(resp.Body)
	return func() (event, id, data string, err error) {
		for {
			line, err := lines.ReadString('\n')
			if err != nil {
				return "", "", "", err
			}
			key, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ": ")
			switch key {
			case "event":
				event = value
			case "id":
				id = value
			case "data":
				data = value
			case "":
				if event != "" {
					return event, id, data, nil
				}
			}
		}
	}, func() { resp.Body.Close() }, nil
}

// Two hundred pages on one stream get every event, in order, once.
func TestTwoHundredPages(t *testing.T) {
	const pages = 200
	hub := NewHub()
	_, u := serve(t, hub, Options{})
	events := meeting.Events(meeting.Options{Turns: 120})
	if err := hub.Event(events[0]); err != nil {
		t.Fatal(err)
	}
	var ready, done sync.WaitGroup
	failed := make(chan error, pages)
	received := make(chan int, pages)
	for range pages {
		ready.Add(1)
		done.Add(1)
		go func() {
			defer done.Done()
			next, stop, err := listen(t.Context(), u.String()+"events?stream=meeting", "")
			ready.Done()
			if err != nil {
				failed <- err
				return
			}
			defer stop()
			n := uint64(0)
			for n < uint64(len(events)) {
				kind, id, data, err := next()
				switch {
				case err != nil:
					failed <- err
					return
				case kind == "board":
					var s board.Snapshot
					if err := json.Unmarshal([]byte(data), &s); err != nil || n != 0 {
						failed <- fmt.Errorf("board after event %d: %w", n, err)
						return
					}
					n = s.Seq
				case kind == "event":
					e, err := event.Decode([]byte(data))
					if err != nil || e.Seq != n+1 || id != fmt.Sprintf("run1:%d", e.Seq) {
						failed <- fmt.Errorf("event %d, id %q after event %d: %w", e.Seq, id, n, err)
						return
					}
					n++
				}
			}
			received <- int(n)
		}()
	}
	ready.Wait()
	for _, e := range events[1:] {
		if err := hub.Event(e); err != nil {
			t.Fatal(err)
		}
	}
	done.Wait()
	close(failed)
	for err := range failed {
		t.Error(err)
	}
	if len(received) != pages {
		t.Errorf("%d of %d pages got all %d events", len(received), pages, len(events))
	}
}

// A page that comes back after a restart of the server goes on where it was.
func TestResume(t *testing.T) {
	events := meeting.Events(meeting.Options{Turns: 10})
	half := len(events) / 2
	hub := NewHub()
	for _, e := range events[:half] {
		if err := hub.Event(e); err != nil {
			t.Fatal(err)
		}
	}
	s, u := serve(t, hub, Options{})
	next, stop, err := listen(t.Context(), u.String()+"events", "")
	if err != nil {
		t.Fatal(err)
	}
	last := ""
	for last == "" {
		_, id, _, err := next()
		if err != nil {
			t.Fatal(err)
		}
		last = id
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, _, _, err := next(); err == nil {
		t.Error("the connection survived its server")
	}
	stop()

	for _, e := range events[half:] {
		if err := hub.Event(e); err != nil {
			t.Fatal(err)
		}
	}
	_, u = serve(t, hub, Options{})
	next, stop, err = listen(t.Context(), u.String()+"events?stream=meeting", last)
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	for want := half + 1; want <= len(events); {
		event, id, _, err := next()
		if err != nil {
			t.Fatal(err)
		}
		if event == "board" || event == "event" && id != fmt.Sprintf("run1:%d", want) {
			t.Fatalf("%s %s, want event %d", event, id, want)
		}
		if event == "event" {
			want++
		}
	}
}

// The number of open pages is bounded, and a page that leaves makes room.
func TestMostPages(t *testing.T) {
	h := &handler{hub: NewHub(), ping: time.Hour}
	h.pages.Store(maxPages)
	w := httptest.NewRecorder()
	h.events(w, httptest.NewRequest("GET", "/events", nil))
	if w.Code != http.StatusServiceUnavailable || h.pages.Load() != maxPages {
		t.Errorf("status %d with %d pages", w.Code, h.pages.Load())
	}
}
