package page

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/seed-7adb9000/diarizer/internal/board"
	"github.com/seed-7adb9000/diarizer/internal/correct"
	"github.com/seed-7adb9000/diarizer/internal/meeting"
	"github.com/seed-7adb9000/diarizer/internal/palette"
	"github.com/seed-7adb9000/diarizer/online"
	"github.com/seed-7adb9000/diarizer/publish"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// serve returns a running server, which the test's end stops.
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

// listen opens the event stream of a page and returns a reader of its messages:
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

// Two hundred pages on one stream each get every event, in order, once.
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
				event, id, data, err := next()
				switch {
				case err != nil:
					failed <- err
					return
				case event == "board":
					var s board.Snapshot
					if err := json.Unmarshal([]byte(data), &s); err != nil || n != 0 {
						failed <- fmt.Errorf("board after event %d: %w", n, err)
						return
					}
					n = s.Seq
				case event == "event":
					e, err := publish.Decode([]byte(data))
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

// A page that comes back after the server has restarted goes on where it was.
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

// desk returns the desk of a stream with two speakers, shown by a hub.
func desk(t *testing.T, hub *Hub) *correct.Desk {
	t.Helper()
	d := correct.NewDesk(correct.Options{Encoder: &publish.Encoder{Stream: "s", Run: "r"}, Emit: hub.Event})
	err := d.Encode(func(e *publish.Encoder) publish.Event { return e.Start(publish.Source{}) })
	for i := 1; i <= 2; i++ {
		err = errors.Join(err, d.Decide(online.Event{Kind: online.SpeakerAdded, Speaker: i}))
	}
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestCorrections(t *testing.T) {
	hub := NewHub()
	var desks Desks
	desks.Add("s", desk(t, hub))
	_, u := serve(t, hub, Options{Correct: desks.Correct})
	for _, c := range []struct {
		name, stream, kind, body string
		status                   int
	}{
		{"rename", "s", "application/json", `{"action":"rename","speaker":"S1","name":"<img onerror=alert(1)>"}`, 200},
		{"merge", "s", "application/json", `{"action":"merge","speaker":"S2","into":"S1","run":"r"}`, 200},
		{"undo", "s", "application/json", `{"action":"undo"}`, 200},
		{"of another run", "s", "application/json", `{"action":"undo","run":"q"}`, 409},
		{"of nobody", "s", "application/json", `{"action":"rename","speaker":"S9","name":"x"}`, 409},
		{"of no stream", "t", "application/json", `{"action":"undo"}`, 503},
		{"of an impossible stream", "a b", "application/json", `{"action":"undo"}`, 400},
		{"no JSON", "s", "application/json", `undo`, 400},
		{"no action", "s", "application/json", `{}`, 400},
		{"as a form", "s", "application/x-www-form-urlencoded", `{"action":"undo"}`, 415},
		{"too long", "s", "application/json", `{"action":"undo","name":"` + strings.Repeat("x", correct.MaxSize) + `"}`, 413},
	} {
		resp, err := http.Post(u.String()+"correct?stream="+url.QueryEscape(c.stream), c.kind, strings.NewReader(c.body))
		if err != nil {
			t.Fatal(err)
		}
		var reply correct.Reply
		err = json.NewDecoder(resp.Body).Decode(&reply)
		resp.Body.Close()
		if err != nil || resp.StatusCode != c.status || (reply.Error == "") != (c.status == 200) || (reply.Seq > 0) != (c.status == 200) {
			t.Errorf("%s: %s, %+v, %v; want status %d", c.name, resp.Status, reply, err, c.status)
		}
	}
	_, u = serve(t, hub, Options{})
	resp, err := http.Post(u.String()+"correct?stream=s", "application/json", strings.NewReader(`{"action":"undo"}`))
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusForbidden {
		t.Errorf("a page to look at took a correction: %s", resp.Status)
	}
}

// Pages of other sites, names that were made to point here and whoever has no
// token are kept out of every route.
func TestKeptOut(t *testing.T) {
	const secret = "0123456789abcdef"
	hub := NewHub()
	desk(t, hub)
	text := func(s string) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, s) })
	}
	opts := Options{Also: map[string]http.Handler{"GET /metrics": text("metrics")}, Open: map[string]http.Handler{"GET /healthz": text("ok")}}
	local := newGuard(newHandler(hub, opts), opts, "c")
	opts.Token = secret
	shared := newGuard(newHandler(hub, opts), opts, "c")
	for _, c := range []struct {
		name   string
		g      *guard
		method string
		path   string
		host   string
		header [2]string
		status int
	}{
		{"plain", local, "GET", "/", "127.0.0.1:8080", [2]string{}, 200},
		{"localhost", local, "GET", "/", "localhost:8080", [2]string{}, 200},
		{"IPv6", local, "GET", "/main.js", "[::1]:8080", [2]string{}, 200},
		{"rebound name", local, "GET", "/", "evil.example:8080", [2]string{}, 403},
		{"rebound name to events", local, "GET", "/events", "evil.example", [2]string{}, 403},
		{"link from elsewhere", local, "GET", "/", "127.0.0.1:8080", [2]string{"Sec-Fetch-Site", "cross-site"}, 200},
		{"script of elsewhere", local, "GET", "/main.js", "127.0.0.1:8080", [2]string{"Sec-Fetch-Site", "cross-site"}, 403},
		{"another port's page", local, "POST", "/correct?stream=s", "127.0.0.1:8080", [2]string{"Origin", "http://127.0.0.1:9090"}, 403},
		{"another port's page, same site", local, "POST", "/correct?stream=s", "127.0.0.1:8080", [2]string{"Sec-Fetch-Site", "same-site"}, 403},
		{"no origin at all", local, "POST", "/correct?stream=s", "127.0.0.1:8080", [2]string{"Origin", "null"}, 403},
		{"events for another page", local, "GET", "/events", "127.0.0.1:8080", [2]string{"Origin", "http://evil.example"}, 403},
		{"its own page", local, "POST", "/correct?stream=s", "127.0.0.1:8080", [2]string{"Origin", "http://127.0.0.1:8080"}, 415},
		{"no such path", local, "GET", "/etc/passwd", "127.0.0.1:8080", [2]string{}, 404},
		{"wrong method", local, "DELETE", "/events", "127.0.0.1:8080", [2]string{}, 405},
		{"impossible stream", local, "GET", "/events?stream=a.b", "127.0.0.1:8080", [2]string{}, 400},
		{"no token", shared, "GET", "/", "10.0.0.1:8080", [2]string{}, 401},
		{"no token for a file", shared, "GET", "/main.js", "10.0.0.1:8080", [2]string{}, 401},
		{"no token for events", shared, "GET", "/events?token=" + secret, "10.0.0.1:8080", [2]string{}, 401},
		{"wrong token", shared, "GET", "/?token=wrong", "10.0.0.1:8080", [2]string{}, 401},
		{"empty token", shared, "GET", "/", "10.0.0.1:8080", [2]string{"Cookie", "c="}, 401},
		{"the token", shared, "GET", "/?token=" + secret, "10.0.0.1:8080", [2]string{}, 200},
		{"cookie", shared, "GET", "/", "10.0.0.1:8080", [2]string{"Cookie", "c=" + secret}, 200},
		{"bearer", shared, "GET", "/state.js", "10.0.0.1:8080", [2]string{"Authorization", "Bearer " + secret}, 200},
		{"another route", local, "GET", "/metrics", "127.0.0.1:8080", [2]string{}, 200},
		{"another route from a rebound name", local, "GET", "/metrics", "evil.example", [2]string{}, 403},
		{"another route for another page", local, "GET", "/metrics", "127.0.0.1:8080", [2]string{"Sec-Fetch-Site", "cross-site"}, 403},
		{"another route without the token", shared, "GET", "/metrics", "10.0.0.1:8080", [2]string{}, 401},
		{"another route with the token", shared, "GET", "/metrics", "10.0.0.1:8080", [2]string{"Authorization", "Bearer " + secret}, 200},
		{"open to all", shared, "GET", "/healthz", "10.0.0.1:8080", [2]string{}, 200},
		{"open to all under any name", local, "GET", "/healthz", "pod.example", [2]string{}, 200},
		{"open to be read only", shared, "POST", "/healthz", "10.0.0.1:8080", [2]string{}, 401},
		{"wrong bearer beside the cookie", shared, "GET", "/", "10.0.0.1:8080", [2]string{"Authorization", "Bearer x"}, 401},
	} {
		r := httptest.NewRequest(c.method, c.path, nil)
		r.Host = c.host
		if c.header[0] != "" {
			r.Header.Set(c.header[0], c.header[1])
		}
		w := httptest.NewRecorder()
		c.g.ServeHTTP(w, r)
		if w.Code != c.status {
			t.Errorf("%s: status %d, want %d: %s", c.name, w.Code, c.status, w.Body)
		}
		if w.Header().Get("Content-Security-Policy") != policy || w.Header().Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: headers %v", c.name, w.Header())
		}
	}
}

// The token is set as a cookie that no script reads and no other site sends.
func TestCookie(t *testing.T) {
	const secret = "0123456789abcdef"
	_, u := serve(t, NewHub(), Options{Token: secret})
	if u.Query().Get("token") != secret {
		t.Fatalf("address %s without the token", u)
	}
	resp, err := http.Get(u.String())
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	c := resp.Cookies()
	if len(c) != 1 || !c[0].HttpOnly || c[0].SameSite != http.SameSiteStrictMode || c[0].Name != "diarizer_"+u.Port() {
		t.Errorf("cookies %+v", c)
	}
}

func TestAddresses(t *testing.T) {
	for in, want := range map[string]string{"8080": "127.0.0.1:8080", ":8080": "127.0.0.1:8080", "localhost:1": "localhost:1",
		"0.0.0.0:80": "0.0.0.0:80", "[::]:80": "[::]:80"} {
		if got, err := address(in); err != nil || got != want {
			t.Errorf("%s is %s, %v; want %s", in, got, err, want)
		}
	}
	for _, bad := range []string{"", "host:", "1:2:3", "::"} {
		if got, err := address(bad); err == nil {
			t.Errorf("%q is %s, want an error", bad, got)
		}
	}
	if _, err := Serve(t.Context(), NewHub(), Options{Addr: "0", Token: "short"}); err == nil {
		t.Error("a short token was taken")
	}
	at := &net.TCPAddr{IP: net.IPv4zero, Port: 80}
	if got := open("0.0.0.0:80", at, "t"); strings.Contains(got, "0.0.0.0") || !strings.HasSuffix(got, ":80/?token=t") {
		t.Errorf("to open: %s", got)
	}
}

// The page asks nothing of others, has no code in its markup, and its colours
// are the program's.
func TestPageIsItsOwn(t *testing.T) {
	files, err := web.ReadDir("web")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		data, err := web.ReadFile("web/" + f.Name())
		if err != nil {
			t.Fatal(err)
		}
		text := bytes.ReplaceAll(data, []byte(`xmlns="http://www.w3.org/2000/svg"`), nil)
		if found := regexp.MustCompile(`https?:|//[a-z]+\.|innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(| on[a-z]+=|style="`).Find(text); found != nil {
			t.Errorf("%s has %q", f.Name(), found)
		}
		r := httptest.NewRequest("GET", "/"+strings.TrimPrefix(f.Name(), "index.html"), nil)
		w := httptest.NewRecorder()
		newHandler(NewHub(), Options{}).ServeHTTP(w, r)
		if w.Code != 200 || !bytes.Equal(w.Body.Bytes(), data) {
			t.Errorf("%s is not served: status %d", f.Name(), w.Code)
		}
	}
	js, err := web.ReadFile("web/text.js")
	if err != nil {
		t.Fatal(err)
	}
	var colours []string
	for i := range palette.Count {
		colours = append(colours, fmt.Sprintf("%q", palette.Of(i).Hex()))
	}
	if want := "palette = [" + strings.Join(colours, ", ") + "]"; !bytes.Contains(js, []byte(want)) {
		t.Errorf("text.js has other colours than %s", want)
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

// FuzzRoutes asks every route for anything: there is an answer, with the
// headers that keep the page safe, and none is an internal error.
func FuzzRoutes(f *testing.F) {
	f.Add("GET", "/", "127.0.0.1", "", "", "", []byte(nil))
	f.Add("GET", "/events?stream=s&after=r:1", "localhost:1", "", "", "r:18446744073709551615", []byte(nil))
	f.Add("POST", "/correct?stream=s", "[::1]:80", "http://[::1]:80", "application/json", "", []byte(`{"action":"rename","speaker":"S1","name":"Ada"}`))
	f.Add("POST", "/correct?stream=s", "127.0.0.1", "", "application/json", "", []byte(`{"action":"merge","speaker":"S2","into":"S1"}`))
	f.Add("GET", "/main.js", "127.0.0.1", "http://[", "", "", []byte("x"))
	f.Fuzz(func(t *testing.T, method, target, host, origin, kind, last string, body []byte) {
		u, err := url.ParseRequestURI(target)
		if err != nil || u.Path == "" || u.Path[0] != '/' || strings.ContainsAny(method, " \r\n\t") {
			return // the server itself refuses these
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel() // a stream of events ends at once
		r, err := http.NewRequestWithContext(ctx, method, "http://x", io.NopCloser(bytes.NewReader(body)))
		if err != nil {
			return
		}
		r.URL, r.Host = u, host
		r.Header = http.Header{"Origin": {origin}, "Content-Type": {kind}, "Last-Event-Id": {last}}
		hub := NewHub()
		var desks Desks
		desks.Add("s", desk(t, hub))
		for _, token := range []string{"", "0123456789abcdef"} {
			w := &recorder{httptest.NewRecorder()}
			opts := Options{Correct: desks.Correct, Token: token}
			newGuard(newHandler(hub, opts), opts, "c").ServeHTTP(w, r)
			if w.Code >= 500 && w.Code != http.StatusServiceUnavailable {
				t.Errorf("status %d: %s", w.Code, w.Body)
			}
			if token != "" && w.Code < 400 && u.Query().Get("token") != token {
				t.Errorf("status %d without the token", w.Code)
			}
			if token == "" && w.Code < 400 && !loopbackHost(host) {
				t.Errorf("status %d for host %q", w.Code, host)
			}
			if w.Header().Get("Content-Security-Policy") != policy {
				t.Errorf("policy %q", w.Header().Get("Content-Security-Policy"))
			}
		}
	})
}

// recorder can do what the server's writers can.
type recorder struct{ *httptest.ResponseRecorder }

func (*recorder) SetReadDeadline(time.Time) error  { return nil }
func (*recorder) SetWriteDeadline(time.Time) error { return nil }
