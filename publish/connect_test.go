package publish

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/seed-7adb9000/diarizer/internal/testkit/eventtest"
	"github.com/seed-7adb9000/diarizer/publish/natsd"
)

func TestConnectSaysWhatToDo(t *testing.T) {
	s := serve(t, natsd.Options{})
	url := s.URL()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	secret := strings.Replace(url, "nats://", "nats://ann:secret@", 1)
	_, err := Connect(t.Context(), secret, ConnectOptions{})
	if !errors.Is(err, ErrUnreachable) || strings.Contains(err.Error(), "secret") ||
		!strings.Contains(err.Error(), strings.TrimPrefix(url, "nats://")) || strings.Contains(err.Error(), "\n") {
		t.Errorf("no server: %v", err)
	}
	if _, err := Connect(t.Context(), "nats://a b", ConnectOptions{}); err == nil {
		t.Error("a broken URL is no error")
	}
	nc, err := Connect(t.Context(), url, ConnectOptions{Wait: true})
	if err != nil {
		t.Fatalf("waiting for a server: %v", err)
	}
	nc.Close()
}

// A password with special characters makes a URL that is none. That is said at once, without the password.
func TestAPasswordThatIsNotEscapedIsNotTold(t *testing.T) {
	for _, url := range []string{"nats://ann:s3%cret@h", "nats://ann:s3/cret@h", "nats://ann:s3,cret@h", "nats://ann:s3?cret@h", "nats://ann:s3cret"} {
		// The end of ctx would end a wait with another error.
		_, err := Connect(patient(t), url, ConnectOptions{WaitFor: patience})
		if err == nil || errors.Is(err, ErrUnreachable) || !strings.Contains(err.Error(), "expected a URL") {
			t.Errorf("%s: %v", url, err)
		}
		if text := fmt.Sprint(err); strings.Contains(text, "s3") || strings.Contains(text, "cret") {
			t.Errorf("%s says its password: %v", url, err)
		}
	}
	context := file(t, "context.json", `{"url": "nats://ann:s3%cret@h"}`)
	if _, err := Connect(t.Context(), "", ConnectOptions{Context: context}); err == nil || strings.Contains(err.Error(), "cret") || !strings.Contains(err.Error(), "context.json") {
		t.Errorf("the URL of a context: %v", err)
	}
}

func TestRedact(t *testing.T) {
	for in, want := range map[string]string{
		"nats://host:4222":                   "nats://host:4222",
		"nats://u:p@host:4222":               "nats://***@host:4222",
		"token@host":                         "***@host",
		"nats://u:p@q@host,tls://t@b:1,c:42": "nats://***@host,tls://***@b:1,c:42",
		"nats://u:%zz@host":                  "***@host",
		"nats://u:s3/cret@host":              "***@host",
		"nats://u:s3,cret@host":              "***,***@host",
		"nats://u:s3cret":                    "***",
		"host:4222,127.0.0.1:4222,[::1]:42":  "host:4222,127.0.0.1:4222,[::1]:42",
		"u:p@127.0.0.1:4222, nats://u:p@b":   "***@127.0.0.1:4222,nats://***@b",
		"embedded":                           "embedded",
		"":                                   "",
	} {
		if got := Redact(in); got != want {
			t.Errorf("%s: %s, expected %s", in, got, want)
		}
	}
}

func TestEnsureStreamLeavesWhatIsThere(t *testing.T) {
	s := serve(t, natsd.Options{})
	nc := dial(t, s.URL())
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	ctx := patient(t)
	keepDirectory(t, nc)
	opts := StreamOptions{Retain: time.Hour, MaxBytes: 8 << 20}
	for range 2 {
		if err := EnsureStream(ctx, nc, opts); err != nil {
			t.Fatal(err)
		}
	}
	if err := EnsureStream(ctx, nc, StreamOptions{}); err != nil {
		t.Errorf("with its own limits: %v", err)
	}
	err = EnsureStream(ctx, nc, StreamOptions{Retain: 2 * time.Hour, MaxBytes: 5, Replicas: 3})
	for _, want := range []string{"maximum age of 1h0m0s instead of 2h0m0s", "8388608 bytes instead of 5", "1 replicas instead of 3", JetStreamName} {
		if !errors.Is(err, ErrIncompatible) || !strings.Contains(err.Error(), want) {
			t.Errorf("other limits: %v, expected %q", err, want)
		}
	}
	for want, change := range map[string]func(*jetstream.StreamConfig){
		"at most 20 messages instead of 10000 or more":         func(c *jetstream.StreamConfig) { c.MaxMsgs = 20 },
		"a maximum age of 1s instead of 1h0m0s or more":        func(c *jetstream.StreamConfig) { c.MaxAge, c.Duplicates = time.Second, time.Second },
		"at most 100000 bytes instead of 8388608 or more":      func(c *jetstream.StreamConfig) { c.MaxBytes = 100_000 },
		`storage in "Memory" instead of "File"`:                func(c *jetstream.StreamConfig) { c.Storage = jetstream.MemoryStorage },
		"at most 1 messages per subject instead of any number": func(c *jetstream.StreamConfig) { c.MaxMsgsPerSubject = 1 },
	} {
		if err := js.DeleteStream(ctx, JetStreamName); err != nil {
			t.Fatal(err)
		}
		c := StreamOptions{}.config()
		change(&c)
		if _, err := js.CreateStream(ctx, c); err != nil {
			t.Fatal(err)
		}
		if err := EnsureStream(ctx, nc, StreamOptions{}); !errors.Is(err, ErrIncompatible) || !strings.Contains(err.Error(), want) {
			t.Errorf("a stream that loses events: %v, expected %q", err, want)
		}
		if c.MaxAge == time.Second {
			if err := EnsureStream(ctx, nc, StreamOptions{Retain: time.Second}); err != nil {
				t.Errorf("as it was asked for: %v", err)
			}
		}
	}
	if err := js.DeleteStream(ctx, JetStreamName); err != nil {
		t.Fatal(err)
	}
	if _, err := js.CreateStream(ctx, jetstream.StreamConfig{Name: JetStreamName, Subjects: []string{"diarizer.v1.a.>"},
		Retention: jetstream.WorkQueuePolicy, MaxMsgsPerSubject: 5, MaxMsgSize: 100, Discard: jetstream.DiscardNew, NoAck: true}); err != nil {
		t.Fatal(err)
	}
	err = EnsureStream(ctx, nc, StreamOptions{})
	for _, want := range []string{`subjects ["diarizer.v1.a.>"]`, "WorkQueue", "5 messages per subject", "100 bytes", "DiscardNew", "no acknowledgements"} {
		if !errors.Is(err, ErrIncompatible) || !strings.Contains(err.Error(), want) {
			t.Errorf("a stream unfit for events: %v, expected %q", err, want)
		}
	}
	p := newPublisher(t, nc, PublisherOptions{})
	if err := p.Publish(eventtest.Encoded(eventtest.Seeded(1), "other", 1)[0]); err != nil {
		t.Fatal(err)
	}
	if err := p.Close(patient(t)); !errors.Is(err, ErrUnpublished) || !errors.Is(err, ErrIncompatible) {
		t.Errorf("published to a stream unfit for events: %v", err)
	}
	if err := EnsureStream(ctx, nc, StreamOptions{Retain: -1}); err == nil {
		t.Error("a negative retention is no error")
	}
}
