package page

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
)

// Every route refuses pages of other sites, host names that were made to point to this
// machine, and requests without the token.
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

// The token is set as a cookie that no script reads and no other site sends. Whatever characters the
// token has, the printed address opens the page, and the cookie does from then on.
func TestCookie(t *testing.T) {
	for _, secret := range []string{"0123456789abcdef", "a+b&c#d%20e=f?g/h", "%%%%%%%%%%%%%%%%", "correct horse battery, staple", "'(!)<@>[~]{^}`|:*$_-."} {
		_, u := serve(t, NewHub(), Options{Token: secret})
		if u.Query().Get("token") != secret {
			t.Fatalf("address %s without the token", u)
		}
		jar, err := cookiejar.New(nil)
		if err != nil {
			t.Fatal(err)
		}
		client := http.Client{Jar: jar}
		resp, err := client.Get(u.String())
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		c := resp.Cookies()
		if len(c) != 1 || !c[0].HttpOnly || c[0].SameSite != http.SameSiteStrictMode || c[0].Name != "diarizer_"+u.Port() {
			t.Errorf("cookies %+v", c)
		}
		resp, err = client.Get((&url.URL{Scheme: u.Scheme, Host: u.Host, Path: "/main.js"}).String())
		if err != nil {
			t.Fatal(err)
		}
		if resp.Body.Close(); resp.StatusCode != http.StatusOK {
			t.Errorf("%s with the cookie of the token: %s", secret, resp.Status)
		}
	}
	for _, secret := range []string{"short", "0123456789abcdé0", "0123456789;abcdef", `0123456789"abcdef`, `0123456789\abcdef`, "0123456789\tabcdef", " 0123456789abcdef", "0123456789abcdef\n"} {
		if s, err := Serve(t.Context(), NewHub(), Options{Addr: "127.0.0.1:0", Token: secret}); err == nil {
			t.Errorf("the token %q is taken", secret)
			s.Close()
		} else if !strings.HasPrefix(err.Error(), "token") || strings.Contains(err.Error(), secret) {
			t.Errorf("the token %q: %v", secret, err)
		}
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
	if got := open("0.0.0.0:80", at, Options{Token: "t"}); strings.Contains(got, "0.0.0.0") || !strings.HasSuffix(got, ":80/?token=t") {
		t.Errorf("to open: %s", got)
	}
}

// FuzzRoutes holds that every route answers every request, with the headers that keep the
// page safe, and never with an internal error.
func FuzzRoutes(f *testing.F) {
	f.Add("GET", "/", "127.0.0.1", "", "", "", []byte(nil))
	f.Add("GET", "/events?stream=s&after=r:1", "localhost:1", "", "", "r:18446744073709551615", []byte(nil))
	f.Add("POST", "/correct?stream=s", "[::1]:80", "http://[::1]:80", "application/json", "", []byte(`{"action":"rename","speaker":"S1","name":"Ada"}`))
	f.Add("POST", "/correct?stream=s", "127.0.0.1", "", "application/json", "", []byte(`{"action":"merge","speaker":"S2","into":"S1"}`))
	f.Add("GET", "/main.js", "127.0.0.1", "http://[", "", "", []byte("x"))
	f.Fuzz(func(t *testing.T, method, target, host, origin, kind, last string, body []byte) {
		u, err := url.ParseRequestURI(target)
		if err != nil || u.Path == "" || u.Path[0] != '/' || strings.ContainsAny(method, " \r\n\t") {
			return // the server itself refuses such a request
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel() // so that a stream of events ends at once
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

// recorder is a response recorder that has the deadlines of the server's writers.
type recorder struct{ *httptest.ResponseRecorder }

func (*recorder) SetReadDeadline(time.Time) error  { return nil }
func (*recorder) SetWriteDeadline(time.Time) error { return nil }
