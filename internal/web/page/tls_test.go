package page

import (
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"strings"
	"testing"
	"time"
)

// The page over TLS: our own certificate is valid for localhost and for as long as browsers
// accept, and the cookie with the token is for TLS only.
func TestPageOverTLS(t *testing.T) {
	cert, fingerprint, err := SelfSigned(time.Now())
	if err != nil {
		t.Fatal(err)
	}
	const token = "0123456789abcdef"
	s, err := Serve(t.Context(), NewHub(), Options{Addr: "127.0.0.1:0", Token: token, TLS: &tls.Config{Certificates: []tls.Certificate{cert}}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if !strings.HasPrefix(s.URL(), "https://127.0.0.1:") || len(fingerprint) != 32*3-1 {
		t.Error(s.URL(), fingerprint)
	}
	leaf, err := x509.ParseCertificate(cert.Certificate[0])
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(leaf)
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}
	defer transport.CloseIdleConnections()
	answer, err := (&http.Client{Transport: transport}).Get(s.URL())
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if cookies := answer.Cookies(); len(cookies) != 1 || !cookies[0].Secure || !cookies[0].HttpOnly {
		t.Error(cookies)
	}
	if err := leaf.VerifyHostname("localhost"); err != nil {
		t.Error(err)
	}
	if d := leaf.NotAfter.Sub(leaf.NotBefore); d > 398*24*time.Hour {
		t.Errorf("good for %v", d)
	}
	// A request without TLS gets no page.
	answer, err = http.Get(strings.Replace(s.URL(), "https", "http", 1))
	if err != nil {
		t.Fatal(err)
	}
	defer http.DefaultClient.CloseIdleConnections()
	answer.Body.Close()
	if answer.StatusCode != http.StatusBadRequest {
		t.Error(answer.Status)
	}
}
