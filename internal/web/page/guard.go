package page

import (
	"crypto/sha256"
	"crypto/subtle"
	"net"
	"net/http"
	"net/url"
	"strings"
)

// policy lets the page load its own files and talk to its own server, and nothing else. No
// text can become markup.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; media-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"

// guard keeps out other sites' pages in the same browser and, if there is a token,
// everybody without the token.
type guard struct {
	next http.Handler
	// token opens the page. It is empty if only this machine can ask.
	token string
	// cookie is the name under which a browser keeps the token.
	cookie string
	// open are the routes that need no token.
	open http.ServeMux
}

func newGuard(next http.Handler, o Options, cookie string) *guard {
	g := &guard{next: next, token: o.Token, cookie: cookie}
	for pattern, h := range o.Open {
		g.open.Handle(pattern, h)
	}
	return g
}

func (g *guard) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	if free, pattern := g.open.Handler(r); pattern != "" {
		free.ServeHTTP(w, r)
		return
	}
	switch {
	case g.token == "" && !loopbackHost(r.Host):
		// The host is a name that somebody made point to this machine.
		http.Error(w, "host: expected localhost or a loopback address", http.StatusForbidden)
	case !sameOrigin(r):
		http.Error(w, "origin: expected the page's own", http.StatusForbidden)
	case g.token == "":
		g.next.ServeHTTP(w, r)
	case r.Method == http.MethodGet && r.URL.Path == "/" && g.is(r.URL.Query().Get("token")):
		http.SetCookie(w, &http.Cookie{Name: g.cookie, Value: r.URL.Query().Get("token"), Path: "/",
			MaxAge: 30 * 24 * 3600, HttpOnly: true, SameSite: http.SameSiteStrictMode, Secure: r.TLS != nil})
		h.Set("Cache-Control", "no-store")
		// Not a redirect: after a click on another site's link the browser would not send the
		// cookie along.
		h.Set("Refresh", "0; url=/")
		h.Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = w.Write([]byte("Opening.\n")) // the browser may be gone
	case g.admits(r):
		g.next.ServeHTTP(w, r)
	default:
		http.Error(w, "token: open the address that diarizer printed, with its ?token=", http.StatusUnauthorized)
	}
}

// admits reports whether r carries the token.
func (g *guard) admits(r *http.Request) bool {
	if bearer, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok {
		return g.is(bearer)
	}
	c, err := r.Cookie(g.cookie)
	return err == nil && g.is(c.Value)
}

// is compares in constant time.
func (g *guard) is(token string) bool {
	a, b := sha256.Sum256([]byte(token)), sha256.Sum256([]byte(g.token))
	return subtle.ConstantTimeCompare(a[:], b[:]) == 1
}

// loopbackHost reports whether a Host header names this machine.
func loopbackHost(host string) bool {
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	host = strings.Trim(host, "[]")
	return strings.EqualFold(host, "localhost") || net.ParseIP(host).IsLoopback()
}

// sameOrigin reports whether r comes from the page itself, comes from no page (a typed
// address, a program), or only opens the page.
func sameOrigin(r *http.Request) bool {
	opens := (r.Method == http.MethodGet || r.Method == http.MethodHead) && r.URL.Path == "/" && r.Header.Get("Origin") == ""
	switch r.Header.Get("Sec-Fetch-Site") {
	case "", "same-origin", "none":
	default:
		if !opens {
			return false
		}
	}
	origin := r.Header.Get("Origin")
	if origin == "" {
		return true
	}
	u, err := url.Parse(origin)
	return err == nil && u.Host != "" && strings.EqualFold(u.Host, r.Host)
}
