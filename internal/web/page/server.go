package page

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"time"
)

// Options say where the page is served and what it can do.
type Options struct {
	// Addr is host:port, :port or port. Without a host only this machine can open the page.
	Addr string
	// Token opens the page for other machines. If it is empty, the token is random. On
	// loopback an empty Token is no token.
	Token string
	// TLS, where not nil, makes the page's protocol HTTPS.
	TLS *tls.Config
	// Correct takes corrections. Nil is a page without corrections.
	Correct Correct
	// Voices keeps voices. If it is nil, the page does not ask whether to keep a voice, and lists
	// no voices.
	Voices Voices
	// Sounds are the recordings that the page can play. Nil means no recordings.
	Sounds *Sounds
	// Also are further routes, by their [http.ServeMux] patterns, for everybody who may
	// open the page. Open are routes for everybody, such as a health check.
	Also, Open map[string]http.Handler
	// OnFirst, where not nil, is called when the first page opens.
	OnFirst func()

	others string // the address for other machines, with the token; empty if they cannot open the page
}

// minToken is the length of the shortest token, in bytes.
const minToken = 16

// Server serves the page.
type Server struct {
	srv    http.Server
	cancel context.CancelFunc
	done   chan error
	url    string
	once   sync.Once
	err    error
}

// Serve opens the address and serves the page until [Server.Close].
func Serve(ctx context.Context, hub *Hub, opts Options) (*Server, error) {
	addr, err := address(opts.Addr)
	if err != nil {
		return nil, err
	}
	if err := checkToken(opts.Token); err != nil {
		return nil, err
	}
	var config net.ListenConfig
	l, err := config.Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("page on %s: %w: choose another address, such as 127.0.0.1:0 for a free port", addr, err)
	}
	at := l.Addr().(*net.TCPAddr)
	if opts.Token == "" && !at.IP.IsLoopback() {
		opts.Token = rand.Text()
	}
	base, cancel := context.WithCancel(context.WithoutCancel(ctx))
	s := &Server{cancel: cancel, done: make(chan error, 1), url: open(addr, at, opts)}
	if !at.IP.IsLoopback() {
		opts.others = s.url
	}
	s.srv = http.Server{
		Handler:           newGuard(newHandler(hub, opts), opts, fmt.Sprintf("diarizer_%d", at.Port)),
		BaseContext:       func(net.Listener) context.Context { return base },
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       20 * time.Second,
		IdleTimeout:       time.Minute,
		MaxHeaderBytes:    16 << 10,
		TLSConfig:         opts.TLS,
		ErrorLog:          log.New(handshakes{os.Stderr}, "", log.LstdFlags),
	}
	go func() {
		if opts.TLS != nil {
			s.done <- s.srv.ServeTLS(l, "", "")
			return
		}
		s.done <- s.srv.Serve(l)
	}()
	return s, nil
}

// checkToken refuses a token that is too short, or that a browser could not keep in a cookie or a
// program could not send in a header. An empty token is none.
func checkToken(token string) error {
	if token == "" {
		return nil
	}
	if len(token) < minToken {
		return fmt.Errorf("token of %d characters: expected at least %d", len(token), minToken)
	}
	bad := func(r rune) bool { return r < ' ' || r > '~' || strings.ContainsRune(`";\`, r) }
	if strings.ContainsFunc(token, bad) || strings.TrimSpace(token) != token {
		return errors.New(`token: expected characters of ASCII without ", ; and \, and no space at its ends`)
	}
	return nil
}

// address completes an address: 8080 and :8080 are ports of this machine.
func address(addr string) (string, error) {
	if !strings.Contains(addr, ":") {
		addr = ":" + addr
	}
	host, port, err := net.SplitHostPort(addr)
	if err != nil || port == "" {
		return "", fmt.Errorf("address %q: expected a port such as 8080, or host:port such as 0.0.0.0:8080", addr)
	}
	if host == "" {
		host = "127.0.0.1"
	}
	return net.JoinHostPort(host, port), nil
}

// open is the address to open in a browser.
func open(addr string, at *net.TCPAddr, o Options) string {
	host, _, _ := net.SplitHostPort(addr) // address has joined it
	if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
		host = own()
	}
	scheme := "http://"
	if o.TLS != nil {
		scheme = "https://"
	}
	u := scheme + net.JoinHostPort(host, fmt.Sprint(at.Port)) + "/"
	if o.Token != "" {
		u += "?token=" + url.QueryEscape(o.Token)
	}
	return u
}

// own is an address under which other machines may reach this one.
func own() string {
	addrs, err := net.InterfaceAddrs()
	if err == nil {
		for _, a := range addrs {
			if n, ok := a.(*net.IPNet); ok && n.IP.To4() != nil && !n.IP.IsLoopback() && !n.IP.IsLinkLocalUnicast() {
				return n.IP.String()
			}
		}
	}
	return "localhost"
}

// URL is the address to open in a browser, token included.
func (s *Server) URL() string { return s.url }

// closeWithin bounds the wait for requests that are being answered.
const closeWithin = 5 * time.Second

// Close ends the connections of the pages and stops. Pages come back when there is a server
// again. Closing twice returns the same error twice.
func (s *Server) Close() error {
	s.once.Do(func() { s.err = s.stop() })
	return s.err
}

func (s *Server) stop() error {
	s.cancel()
	ctx, cancel := context.WithTimeout(context.Background(), closeWithin)
	defer cancel()
	err := s.srv.Shutdown(ctx)
	if err != nil {
		err = errors.Join(err, s.srv.Close())
	}
	if served := <-s.done; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	return err
}
