package main

import (
	"bytes"
	"context"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"go.uber.org/goleak"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/capture/natsaudio"
	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/event/rttm"
	"github.com/seed-7adb9000/diarizer/internal/testkit/needs"
	"github.com/seed-7adb9000/diarizer/publish/natsd"
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
		t.Fatalf("status %d, %s", status, said)
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
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	server, err := natsd.Start(t.Context(), natsd.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
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
		args = append([]string{"send", "--nats", server.URL(), "--stream", "room1"}, args...)
		if status, _, stderr := diarizer(t.Context(), nil, args...); status != 0 {
			t.Fatalf("%v: status %d, %s", args, status, stderr)
		}
	}
	subject := natsaudio.Subject("room1")
	want := turns(wav)["room1"]

	said, wait := listening(t.Context(), t, server.URL(), subject, "--rttm", out)
	send("--speed", "30", wav)
	check("live", want, wait(), said)
	checkEvents(t, "replay --from-nats", works(t, "watch", "--nats", server.URL(), "--until-end", "--json"))

	ogg := ""
	if opusenc := needs.Optional(t, "opusenc"); opusenc != "" {
		ogg = filepath.Join(dir, "room1.opus")
		if said, err := exec.Command(opusenc, "--quiet", "--bitrate", "24", wav, ogg).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, said)
		}
		wantOpus := turns(ogg)["room1"]
		said, wait := listening(t.Context(), t, server.URL(), subject, "--rttm", out)
		send("--opus", "--speed", "30", ogg)
		check("live Opus", wantOpus, wait(), said)
	} else {
		t.Log("no opusenc here: Opus over NATS is not tested; install opus-tools")
	}

	nc, err := nats.Connect(server.URL())
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
	said, wait = listening(t.Context(), t, server.URL(), subject, "--rttm", out)
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

// TestReplayLossFromNATS: packets that are lost, swapped and repeated on their
// way become gaps of exact length, and the turns after them stay in their place.
func TestReplayLossFromNATS(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	server, err := natsd.Start(t.Context(), natsd.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	nc, err := nats.Connect(server.URL())
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	samples := demoSamples(t, 16)
	subject := natsaudio.Subject("room1")
	out := filepath.Join(t.TempDir(), "out.rttm")
	said, wait := listening(t.Context(), t, server.URL(), subject, "--json", "--rttm", out)

	var packets []natsaudio.Packet
	for part := range slices.Chunk(samples, 320) {
		n := len(packets)
		packets = append(packets, natsaudio.Packet{Session: "s", Seq: uint64(n + 1), Position: int64(320 * n), Encoding: natsaudio.S16,
			Rate: capture.Rate, Channels: 1, Samples: 320, Data: natsaudio.AppendS16(nil, part)})
	}
	packets = append(packets, natsaudio.Packet{Session: "s", Seq: uint64(len(packets) + 1), Position: int64(len(samples)),
		Encoding: natsaudio.S16, Rate: capture.Rate, Channels: 1, End: true})
	for i := 40; i+5 < len(packets); i += 40 {
		packets[i], packets[i+5] = packets[i+5], packets[i]
	}
	lost := func(seq uint64) bool { return seq > 100 && seq <= 125 || seq == 700 } // half a second, and one packet
	for i, p := range packets {
		if lost(p.Seq) {
			continue
		}
		msg, err := p.Message(subject)
		if err != nil {
			t.Fatal(err)
		}
		for range 1 + i%2 {
			if err := nc.PublishMsg(msg); err != nil {
				t.Fatal(err)
			}
		}
	}
	if status := wait(); status != 0 {
		t.Fatalf("status %d, %s", status, said)
	}
	var gaps []event.Gap
	for line := range strings.Lines(said.String()) {
		if !strings.HasPrefix(line, "{") {
			continue
		}
		e, err := event.Decode([]byte(line))
		if err != nil {
			t.Fatal(err)
		}
		if e.Gap != nil {
			gaps = append(gaps, *e.Gap)
		}
	}
	if want := []event.Gap{{Start: 32000, End: 40000}, {Start: 223680, End: 224000}}; !slices.Equal(gaps, want) {
		t.Errorf("gaps %v, want %v", gaps, want)
	}
	if !strings.Contains(said.String(), "26 lost") {
		t.Error(said)
	}
	// The turns are those of the file with silence where sound was lost.
	for _, p := range packets {
		if lost(p.Seq) {
			clear(samples[p.Position : p.Position+320])
		}
	}
	wav := writeFile(t, filepath.Join(t.TempDir(), "room1.wav"), wavBytes(samples))
	_, got := readRTTM(t, out)
	if status, _, stderr := diarizer(t.Context(), nil, "replay", "--nats", "off", "--speed", "max", "--rttm", out, wav); status != 0 {
		t.Fatalf("status %d, %s", status, stderr)
	}
	if _, want := readRTTM(t, out); got["room1"] != want["room1"] || want["room1"] == "" {
		t.Errorf("turns %v, want %v", got, want)
	}
}

// TestReplayFromNATSStops: Ctrl-C and silence end a wait.
func TestReplayFromNATSStops(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	server, err := natsd.Start(t.Context(), natsd.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	ctx, cancel := context.WithCancel(t.Context())
	subject := natsaudio.Subject("quiet")
	_, wait := listening(ctx, t, server.URL(), subject)
	cancel()
	if status := wait(); status != exitInterrupted {
		t.Errorf("interrupted: status %d", status)
	}
	said, wait := listening(t.Context(), t, server.URL(), subject, "--idle", "50ms")
	if status := wait(); status != 1 || !strings.Contains(said.String(), "without a packet of sound") {
		t.Errorf("nothing came: status %d, %s", status, said)
	}
}

// TestSendInterrupted: an interrupted sender still sends the end mark, so that the reader
// ends and has the sound up to there.
func TestSendInterrupted(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	server, err := natsd.Start(t.Context(), natsd.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	dir := t.TempDir()
	wav := writeFile(t, filepath.Join(dir, "a.wav"), wavBytes(demoSamples(t, 60)))
	out := filepath.Join(dir, "out.rttm")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	said, wait := listening(t.Context(), t, server.URL(), natsaudio.Subject("a"), "--rttm", out)
	go func() {
		defer cancel()
		for !strings.Contains(said.String(), "S1") { // until there is a turn
			time.Sleep(10 * time.Millisecond)
		}
	}()
	if status, _, stderr := diarizer(ctx, nil, "send", "--nats", server.URL(), "--speed", "3", wav); status != exitInterrupted {
		t.Errorf("status %d, %s", status, stderr)
	}
	if status := wait(); status != 0 {
		t.Errorf("reader: status %d", status)
	}
	segments, err := rttm.ReadFile(out)
	if err != nil || len(segments) == 0 {
		t.Errorf("%d turns, %v", len(segments), err)
	}
}

// TestReplayFollow: a sender that stops and begins again goes on in the same
// stream, with the same speakers, after a gap as long as it was away.
func TestReplayFollow(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	server, err := natsd.Start(t.Context(), natsd.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	dir := t.TempDir()
	wav := writeFile(t, filepath.Join(dir, "a.wav"), wavBytes(demoSamples(t, 8)))
	out := filepath.Join(dir, "out.rttm")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	said, wait := listening(ctx, t, server.URL(), natsaudio.Subject("a"), "--follow", "--json", "--idle", "6s", "--rttm", out)
	for range 2 {
		if status, _, stderr := diarizer(t.Context(), nil, "send", "--nats", server.URL(), "--speed", "20", wav); status != 0 {
			t.Fatalf("status %d, %s", status, stderr)
		}
	}
	if status := wait(); status != 0 {
		t.Fatalf("status %d, %s", status, said)
	}
	var speakers []event.Speaker
	var end event.Time
	for line := range strings.Lines(said.String()) {
		if !strings.HasPrefix(line, "{") {
			continue
		}
		e, err := event.Decode([]byte(line))
		if err != nil {
			t.Fatal(err)
		}
		if e.Kind == event.SpeakerAdded {
			speakers = append(speakers, e.Speaker)
		}
		end = max(end, e.At)
	}
	// The gap between the sessions was shorter than a session, so that the second
	// follows the first at once.
	if end.Seconds() != 16 {
		t.Errorf("ended at %v s", end.Seconds())
	}
	segments, err := rttm.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	before, after := map[string]bool{}, map[string]bool{}
	for _, s := range segments {
		if s.Start < 8 {
			before[s.Speaker] = true
		} else {
			after[s.Speaker] = true
		}
	}
	if len(after) == 0 {
		t.Fatal("nothing of the second session")
	}
	for s := range after {
		if !before[s] {
			t.Errorf("%s is new in the second session, though it is the first again; speakers %v", s, speakers)
		}
	}
}
