package main

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/seed-7adb9000/diarizer/event"
)

// web as people start it: the answer to a recording is what run writes, live sound is on the
// page and on NATS, and a live recording gets its last events when web is stopped.
func TestWeb(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	wav := filepath.Join("..", "..", "internal", "cli", "demo", "demo.flac")
	sound, err := os.ReadFile(wav)
	if err != nil {
		t.Fatal(err)
	}
	var stderr shout
	done := make(chan int, 1)
	go func() {
		done <- run(ctx, []string{"web", "--http", "127.0.0.1:0", "--model", "light"}, nil, io.Discard, &stderr)
	}()
	url := stderr.wait(t, `live page: (\S+)`)
	answer, err := http.Post(url+"v1/diarize?format=rttm&name=demo", "audio/flac", strings.NewReader(string(sound)))
	if err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(answer.Body)
	answer.Body.Close()
	if err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("%s, %v: %s", answer.Status, err, got)
	}
	want := filepath.Join(t.TempDir(), "demo.rttm")
	if status, _, stderr := diarizer(t.Context(), nil, "run", "--model", "light", "--out", want, wav); status != 0 {
		t.Fatal(stderr)
	}
	if string(got) != read(t, want) {
		t.Errorf("answered\n%s, run writes\n%s", got, read(t, want))
	}

	conn, _, err := websocket.Dial(t.Context(), strings.Replace(url, "http", "ws", 1)+"v1/live?stream=room", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.CloseNow()
	if err := conn.Write(t.Context(), websocket.MessageBinary, make([]byte, 32000)); err != nil {
		t.Fatal(err)
	}
	shown(t, url, `"stream":"room"`)
	cancel()
	told := ""
	for {
		_, data, err := conn.Read(t.Context())
		if err != nil {
			if websocket.CloseStatus(err) != websocket.StatusNormalClosure {
				t.Error(err)
			}
			break
		}
		told += string(data) + "\n"
	}
	if !strings.Contains(told, string(event.StreamEnded)) || !strings.HasSuffix(told, "{\"type\":\"ended\"}\n") {
		t.Errorf("the recorder was told\n%s", told)
	}
	if status := <-done; status != exitInterrupted {
		t.Errorf("exit status %d: %s", status, stderr.String())
	}
	http.DefaultClient.CloseIdleConnections()
}

func TestWebFlags(t *testing.T) {
	dir := t.TempDir()
	empty := filepath.Join(dir, "empty.pem")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ args, want string }{
		{"web --nats off", "--nats"},
		{"web --max-live 0", "--max-live 0"},
		{"web --max-length -1s", "--max-length -1s"},
		{"web --tls-cert x.pem", "--tls-key: expected both"},
		{"web --tls-self-signed --tls-cert x.pem --tls-key y.pem", "--tls-self-signed: expected it without"},
		{"web --http 0 --model light --tls-key " + empty + " --tls-cert " + empty, "empty.pem"},
		{"web --model none", "none"},
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		status, _, stderr := diarizer(ctx, nil, strings.Fields(c.args)...)
		cancel()
		if status != exitUsage && status != exitInput || !strings.Contains(stderr, c.want) || strings.Count(stderr, "\n") != 1 {
			t.Errorf("%s: status %d, %q, want one line with %q", c.args, status, stderr, c.want)
		}
	}
}

// The fingerprint that is printed is that of the self-signed certificate.
func TestWebOverTLS(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var stderr shout
	done := make(chan int, 1)
	go func() {
		done <- run(ctx, []string{"web", "--http", "127.0.0.1:0", "--model", "light", "--tls-self-signed"}, nil, io.Discard, &stderr)
	}()
	url := stderr.wait(t, `live page: https://(\S+)/`)
	said := stderr.wait(t, `SHA-256 (\S+)`)
	conn, err := tls.Dial("tcp", url, &tls.Config{InsecureSkipVerify: true})
	if err != nil {
		t.Fatal(err)
	}
	leaf := conn.ConnectionState().PeerCertificates[0]
	if got := fingerprint(leaf.Raw); got != said {
		t.Errorf("the certificate is %s, said %s", got, said)
	}
	conn.Close()
	cancel()
	if status := <-done; status != exitInterrupted {
		t.Errorf("exit status %d: %s", status, fmt.Sprint(&stderr))
	}
}

// fingerprint is the SHA-256 of a certificate as browsers show it.
func fingerprint(der []byte) string {
	sum := sha256.Sum256(der)
	return strings.ReplaceAll(fmt.Sprintf("% X", sum), " ", ":")
}
