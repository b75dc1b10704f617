package main

import (
	"crypto/tls"
	"fmt"
	"io"
	"time"

	"github.com/spf13/pflag"

	"github.com/seed-7adb9000/diarizer/internal/web/page"
)

// tlsFlags say how the page is served over HTTPS.
type tlsFlags struct {
	cert, key  string
	selfSigned bool
}

func (o *tlsFlags) register(f *pflag.FlagSet) {
	f.StringVar(&o.cert, "tls-cert", "", "serve the page over HTTPS with the certificate in this PEM file")
	f.StringVar(&o.key, "tls-key", "", "PEM file of that certificate's key")
	f.BoolVar(&o.selfSigned, "tls-self-signed", false, "serve the page over HTTPS with a certificate made now, of which browsers warn once")
}

// config is the TLS configuration that the flags describe, nil for plain HTTP. It prints the
// fingerprint of a certificate that it makes.
func (o *tlsFlags) config(stderr io.Writer) (*tls.Config, error) {
	switch {
	case o.selfSigned && (o.cert != "" || o.key != ""):
		return nil, usage("--tls-self-signed: expected it without --tls-cert and --tls-key")
	case (o.cert == "") != (o.key == ""):
		return nil, usage("--tls-cert and --tls-key: expected both")
	case o.selfSigned:
		cert, fingerprint, err := page.SelfSigned(time.Now())
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(stderr, "self-signed certificate, SHA-256 %s\n", fingerprint)
		return &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12}, nil
	case o.cert == "":
		return nil, nil
	}
	cert, err := tls.LoadX509KeyPair(o.cert, o.key)
	if err != nil {
		return nil, inputError("--tls-cert %s, --tls-key %s: %w", o.cert, o.key, err)
	}
	return &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12}, nil
}
