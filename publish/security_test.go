package publish

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/jwt/v2"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nkeys"
)

func natsWith(t *testing.T, opts *server.Options) string {
	t.Helper()
	opts.Host, opts.Port, opts.NoLog, opts.NoSigs = "127.0.0.1", server.RANDOM_PORT, true, true
	s, err := server.NewServer(opts)
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	t.Cleanup(func() { s.Shutdown(); s.WaitForShutdown() })
	if !s.ReadyForConnections(patience) {
		t.Fatal("server not ready")
	}
	return s.ClientURL()
}

func file(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// connects returns the error with which a server refuses a client with these options, nil if the server
// answers it. No secret may be in the error.
func connects(t *testing.T, url string, opts ConnectOptions, secrets ...string) error {
	t.Helper()
	var said []string
	opts.OnError = func(err error) { said = append(said, err.Error()) }
	nc, err := Connect(t.Context(), url, opts)
	if err == nil {
		err = nc.FlushWithContext(patient(t))
		nc.Close()
	}
	for _, s := range secrets {
		if text := fmt.Sprint(err, said); strings.Contains(text, s) {
			t.Errorf("%q says the secret %q", text, s)
		}
	}
	return err
}

func TestToken(t *testing.T) {
	url := natsWith(t, &server.Options{Authorization: "s3cret"})
	if err := connects(t, url, ConnectOptions{Security: Security{Token: file(t, "token", "s3cret\n")}}); err != nil {
		t.Error(err)
	}
	wrong := Security{Token: file(t, "token", "wr0ng")}
	if err := connects(t, url, ConnectOptions{Security: wrong}, "wr0ng"); !errors.Is(err, nats.ErrAuthorization) {
		t.Errorf("a wrong token: %v", err)
	}
	inURL := strings.Replace(url, "nats://", "nats://wr0ng@", 1)
	if err := connects(t, inURL, ConnectOptions{}, "wr0ng"); !errors.Is(err, nats.ErrAuthorization) {
		t.Errorf("a wrong token in the URL: %v", err)
	}
}

// keyPair returns a new key, its public part and its seed.
func keyPair(t *testing.T, create func() (nkeys.KeyPair, error)) (key nkeys.KeyPair, public, seed string) {
	t.Helper()
	key, err := create()
	if err != nil {
		t.Fatal(err)
	}
	public, err = key.PublicKey()
	if err != nil {
		t.Fatal(err)
	}
	s, err := key.Seed()
	if err != nil {
		t.Fatal(err)
	}
	return key, public, string(s)
}

func TestNKey(t *testing.T) {
	_, public, seed := keyPair(t, nkeys.CreateUser)
	_, _, other := keyPair(t, nkeys.CreateUser)
	url := natsWith(t, &server.Options{Nkeys: []*server.NkeyUser{{Nkey: public}}})
	if err := connects(t, url, ConnectOptions{Security: Security{NKey: file(t, "seed", seed)}}); err != nil {
		t.Error(err)
	}
	if err := connects(t, url, ConnectOptions{Security: Security{NKey: file(t, "seed", other)}}, other); !errors.Is(err, nats.ErrAuthorization) {
		t.Errorf("a stranger's key: %v", err)
	}
	if err := connects(t, url, ConnectOptions{Security: Security{NKey: file(t, "seed", "SUnothing")}}, "SUnothing"); err == nil {
		t.Error("connected without a seed")
	}
}

func TestCredentialsAndContext(t *testing.T) {
	operator, operatorKey, _ := keyPair(t, nkeys.CreateOperator)
	account, accountKey, _ := keyPair(t, nkeys.CreateAccount)
	_, userKey, userSeed := keyPair(t, nkeys.CreateUser)
	encode := func(c interface {
		Encode(nkeys.KeyPair) (string, error)
	}, key nkeys.KeyPair) string {
		token, err := c.Encode(key)
		if err != nil {
			t.Fatal(err)
		}
		return token
	}
	accountJWT := encode(jwt.NewAccountClaims(accountKey), operator)
	userJWT := encode(jwt.NewUserClaims(userKey), account)
	claims, err := jwt.DecodeOperatorClaims(encode(jwt.NewOperatorClaims(operatorKey), operator))
	if err != nil {
		t.Fatal(err)
	}
	resolver := &server.MemAccResolver{}
	if err := resolver.Store(accountKey, accountJWT); err != nil {
		t.Fatal(err)
	}
	url := natsWith(t, &server.Options{TrustedOperators: []*jwt.OperatorClaims{claims}, AccountResolver: resolver})
	creds, err := jwt.FormatUserConfig(userJWT, []byte(userSeed))
	if err != nil {
		t.Fatal(err)
	}
	path := file(t, "user.creds", string(creds))
	if err := connects(t, url, ConnectOptions{Security: Security{Creds: path}}); err != nil {
		t.Error(err)
	}
	if err := connects(t, url, ConnectOptions{}); !errors.Is(err, nats.ErrAuthorization) {
		t.Errorf("without credentials: %v", err)
	}

	config := t.TempDir()
	t.Setenv("XDG_CONFIG_HOME", config)
	if err := os.MkdirAll(filepath.Join(config, "nats", "context"), 0o700); err != nil {
		t.Fatal(err)
	}
	context := fmt.Sprintf(`{"description": "the bus", "url": %q, "creds": %q}`, url, path)
	if err := os.WriteFile(filepath.Join(config, "nats", "context", "bus.json"), []byte(context), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"bus", filepath.Join(config, "nats", "context", "bus.json")} {
		if err := connects(t, "", ConnectOptions{Context: name}); err != nil {
			t.Errorf("context %s: %v", name, err)
		}
	}
	if err := connects(t, "", ConnectOptions{Context: "train"}); err == nil || !strings.Contains(err.Error(), "train") {
		t.Errorf("a context that is not there: %v", err)
	}
}

func TestFilesThatAreMissing(t *testing.T) {
	for _, s := range []Security{{Creds: "no-file"}, {NKey: "no-file"}, {Token: "no-file"}, {CA: "no-file"},
		{Cert: "no-file", Key: "no-file"}, {Cert: "no-file"}} {
		if err := connects(t, "nats://127.0.0.1:1", ConnectOptions{Security: s, Wait: true}); err == nil ||
			s.Key != "" && !strings.Contains(err.Error(), "no-file") {
			t.Errorf("%+v: %v", s, err)
		}
	}
}

// certificate makes a certificate for the loopback interface, signed by parent
// or, without one, by itself, and returns it with PEM files of it and its key.
func certificate(t *testing.T, parent *tls.Certificate) (pair tls.Certificate, certFile, keyFile string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: parent == nil, BasicConstraintsValid: true,
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}}
	issuer, signer := template, any(key)
	if parent != nil {
		issuer, signer = parent.Leaf, parent.PrivateKey
	}
	der, err := x509.CreateCertificate(rand.Reader, template, issuer, &key.PublicKey, signer)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	certFile = file(t, "cert.pem", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})))
	keyFile = file(t, "key.pem", string(pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: private})))
	if pair, err = tls.LoadX509KeyPair(certFile, keyFile); err != nil {
		t.Fatal(err)
	}
	return pair, certFile, keyFile
}

func TestTLS(t *testing.T) {
	ca, caFile, _ := certificate(t, nil)
	srv, _, _ := certificate(t, &ca)
	_, clientCert, clientKey := certificate(t, &ca)
	pool := x509.NewCertPool()
	pool.AddCert(ca.Leaf)
	url := natsWith(t, &server.Options{TLS: true, TLSVerify: true, TLSTimeout: 10, TLSConfig: &tls.Config{MinVersion: tls.VersionTLS13,
		Certificates: []tls.Certificate{srv}, ClientCAs: pool, ClientAuth: tls.RequireAndVerifyClientCert}})
	if err := connects(t, url, ConnectOptions{Security: Security{CA: caFile, Cert: clientCert, Key: clientKey}}); err != nil {
		t.Error(err)
	}
	if err := connects(t, url, ConnectOptions{Security: Security{Cert: clientCert, Key: clientKey}}); err == nil {
		t.Error("trusted a server that nobody vouches for")
	}
	if err := connects(t, url, ConnectOptions{Security: Security{CA: caFile}}); err == nil {
		t.Error("the server took a client without a certificate")
	}
}
