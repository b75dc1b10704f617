package publish

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/nats-io/nats.go"
)

// Security says who connects and whom the program trusts. Every field is the name of a
// file, so that no secret stands on a command line. An empty field means nothing. User
// and password, or a token, may also be in the URL.
type Security struct {
	// Creds is a credentials file as nsc writes it: a JWT and a seed.
	Creds string
	// NKey is a file with the seed of an nkey.
	NKey string
	// Token is a file with a token.
	Token string
	// CA is a PEM file with the authorities that the certificate of the server is checked
	// with, in place of the system's.
	CA string
	// Cert and Key are PEM files with a certificate for the server to check.
	Cert, Key string
}

// options checks the files and returns the options of the connection.
func (s Security) options() ([]nats.Option, error) {
	if (s.Cert == "") != (s.Key == "") {
		return nil, errors.New("a client certificate and its key: expected both or neither")
	}
	for what, file := range map[string]string{"credentials": s.Creds, "nkey": s.NKey, "token": s.Token,
		"authorities": s.CA, "certificate": s.Cert, "key": s.Key} {
		if file == "" {
			continue
		}
		f, err := os.Open(file)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", what, err)
		}
		f.Close()
	}
	var opts []nats.Option
	if s.Creds != "" {
		opts = append(opts, nats.UserCredentials(s.Creds))
	}
	if s.NKey != "" {
		nkey, err := nats.NkeyOptionFromSeed(s.NKey)
		if err != nil {
			return nil, fmt.Errorf("nkey: %s has no seed: %w", s.NKey, err)
		}
		opts = append(opts, nkey)
	}
	if s.Token != "" {
		token, err := os.ReadFile(s.Token)
		if err != nil {
			return nil, fmt.Errorf("token: %w", err)
		}
		opts = append(opts, nats.Token(strings.TrimSpace(string(token))))
	}
	if s.CA != "" {
		opts = append(opts, nats.RootCAs(s.CA))
	}
	if s.Cert != "" {
		opts = append(opts, nats.ClientCert(s.Cert, s.Key))
	}
	return opts, nil
}
