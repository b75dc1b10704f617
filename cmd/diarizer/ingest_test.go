package main

import (
	"bytes"
	"context"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/seed-7adb9000/diarizer/capture/natsaudio"
	"github.com/seed-7adb9000/diarizer/internal/testkit/needs"
)

// lineWriter signals the first line that contains something.
type lineWriter struct {
	mu   sync.Mutex
	text bytes.Buffer
	line string
	seen chan struct{}
	once sync.Once
}

func newLineWriter(line string) *lineWriter {
	return &lineWriter{line: line, seen: make(chan struct{})}
}

func (w *lineWriter) Write(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.text.Write(b)
	if strings.Contains(w.text.String(), w.line) {
		w.once.Do(func() { close(w.seen) })
	}
	return len(b), nil
}

func (w *lineWriter) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.String()
}

// listening runs "replay --from-nats" and returns when it listens. The function that it
// returns waits for its end and returns its status.
func listening(ctx context.Context, t *testing.T, url, subject string, args ...string) (said *lineWriter, wait func() int) {
	t.Helper()
	t.Setenv("XDG_STATE_HOME", t.TempDir()) // for the journal
	said = newLineWriter("listening to " + subject)
	done := make(chan int, 1)
	go func() {
		done <- run(ctx, append([]string{"replay", "--nats", url, "--from-nats", subject}, args...), nil, said, said)
	}()
	select {
	case <-said.seen:
	case status := <-done:
		select {
		case <-said.seen: // it has listened, and has ended since
			done <- status
		default:
			t.Fatalf("status %d, %s", status, said)
		}
	case <-time.After(time.Minute):
		t.Fatal("does not listen")
	}
	return said, func() int {
		select {
		case status := <-done:
			return status
		case <-time.After(time.Minute):
			t.Fatalf("does not end: %s", said)
			return 0
		}
	}
}

// TestSendAndReplay: sound that went over NATS gives the turns of its file, as
// samples and as Opus packets, live and from JetStream.
func TestSendAndReplay(t *testing.T) {
	noLeak(t)
	url := natsServer(t)
	dir := t.TempDir()
	wav := writeFile(t, filepath.Join(dir, "room1.wav"), wavBytes(demoSamples(t, 10)))
	out := filepath.Join(dir, "out.rttm")
	turns := func(args ...string) map[string]string {
		t.Helper()
		if status, _, stderr := diarizer(t.Context(), nil, append([]string{"replay", "--nats", "off", "--speed", "max", "--rttm", out}, args...)...); status != 0 {
			t.Fatalf("status %d, %s", status, stderr)
		}
		_, got := readRTTM(t, out)
		return got
	}
	check := func(name, want string, status int, said *lineWriter) {
		t.Helper()
		_, got := readRTTM(t, out)
		if status != 0 || want == "" || got["room1"] != want {
			t.Errorf("%s: status %d, %v, want %s; %s", name, status, got, want, said)
		}
	}
	send := func(args ...string) {
		t.Helper()
		args = append([]string{"send", "--nats", url, "--stream", "room1"}, args...)
		if status, _, stderr := diarizer(t.Context(), nil, args...); status != 0 {
			t.Fatalf("%v: status %d, %s", args, status, stderr)
		}
	}
	subject := natsaudio.Subject("room1")
	want := turns(wav)["room1"]

	said, wait := listening(t.Context(), t, url, subject, "--rttm", out)
	send("--speed", "30", wav)
	check("live", want, wait(), said)
	checkEvents(t, "replay --from-nats", works(t, "watch", "--nats", url, "--until-end", "--json"))

	ogg := ""
	if opusenc := needs.Optional(t, "opusenc"); opusenc != "" {
		ogg = filepath.Join(dir, "room1.opus")
		if said, err := exec.Command(opusenc, "--quiet", "--bitrate", "24", wav, ogg).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, said)
		}
		wantOpus := turns(ogg)["room1"]
		said, wait := listening(t.Context(), t, url, subject, "--rttm", out)
		send("--opus", "--speed", "30", ogg)
		check("live Opus", wantOpus, wait(), said)
	} else {
		t.Log("no opusenc here: Opus over NATS is not tested; install opus-tools")
	}

	nc, err := nats.Connect(url)
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := js.CreateStream(t.Context(), jetstream.StreamConfig{Name: "AUDIO", Subjects: []string{natsaudio.AllSubjects}}); err != nil {
		t.Fatal(err)
	}
	send("--speed", "max", wav)
	said, wait = listening(t.Context(), t, url, subject, "--rttm", out)
	check("kept", want, wait(), said)
	if !strings.Contains(said.String(), "as JetStream kept it") {
		t.Error(said)
	}

	if status, _, stderr := diarizer(t.Context(), nil, "send", "--opus", wav); status != exitInput || !strings.Contains(stderr, "expected an Ogg Opus file") {
		t.Errorf("status %d, %s", status, stderr)
	}
	if status, _, stderr := diarizer(t.Context(), nil, "send", "--stream", "a b", wav); status != exitUsage || !strings.Contains(stderr, "--stream") {
		t.Errorf("status %d, %s", status, stderr)
	}
}
