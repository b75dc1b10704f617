package main

import (
	"bufio"
	"context"
	"encoding/binary"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/seed-7adb9000/diarizer"
	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/capture/natsaudio"
	"github.com/seed-7adb9000/diarizer/internal/cli/demo"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// said is what the demo's speakers say, by speaker.
func said(t *testing.T) map[string][]float32 {
	t.Helper()
	rec, err := capture.OpenReader(t.Context(), demo.Recording(), demo.Name, capture.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer rec.Close()
	sound, err := capture.ReadAll(t.Context(), rec)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string][]float32{}
	for _, s := range demo.Reference() {
		all[s.Speaker] = append(all[s.Speaker], sound[int(s.Start*capture.Rate):min(len(sound), int(s.End*capture.Rate))]...)
	}
	return all
}

// wav writes samples as a recording.
func wav(t *testing.T, dir, name string, samples []float32) string {
	t.Helper()
	data := natsaudio.AppendS16(nil, samples)
	b := []byte("RIFF....WAVEfmt ")
	for _, v := range []any{uint32(16), uint16(1), uint16(1), uint32(capture.Rate), uint32(2 * capture.Rate), uint16(2), uint16(16)} {
		b, _ = binary.Append(b, binary.LittleEndian, v)
	}
	b = binary.LittleEndian.AppendUint32(append(b, "data"...), uint32(len(data)))
	binary.LittleEndian.PutUint32(b[4:], uint32(len(b)-8+len(data)))
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, append(b, data...), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// serving serves until the test is over.
func serving(t *testing.T, serve func(ctx context.Context, l net.Listener) error) (address string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- serve(ctx, l) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return l.Addr().String()
}

// ask says a command as Home Assistant does.
func ask(t *testing.T, address string, samples []float32) message {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	format := map[string]any{"rate": capture.Rate, "width": 2, "channels": 1}
	list := []message{{Type: "transcribe", Data: map[string]any{"language": "en"}}, {Type: "audio-start", Data: format}}
	for n := 0; n < len(samples); n += 1024 {
		list = append(list, message{Type: "audio-chunk", Data: format, Payload: natsaudio.AppendS16(nil, samples[n:min(len(samples), n+1024)])})
	}
	for _, m := range append(list, message{Type: "audio-stop"}) {
		if err := write(conn, m); err != nil {
			t.Fatal(err)
		}
	}
	m, err := read(bufio.NewReaderSize(conn, mostHead))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// recognise is a recogniser that understands everybody.
func recognise(_ context.Context, l net.Listener) error { return recogniseThen(l, func() {}) }

// recogniseThen recognises, and does something before each answer.
func recogniseThen(l net.Listener, asked func()) error {
	for {
		conn, err := l.Accept()
		if err != nil {
			return nil
		}
		r := bufio.NewReaderSize(conn, mostHead)
		for {
			m, err := read(r)
			if err != nil {
				break
			}
			if m.Type == "audio-stop" {
				asked()
				_ = write(conn, message{Type: "transcript", Data: map[string]any{"text": "turn on the light"}})
			}
		}
		conn.Close()
	}
}

// Who of the household has said a command is in the answer, beside what another
// recogniser understands.
func TestWhoSaidIt(t *testing.T) {
	model, err := diarizer.LightModel()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	var people []string
	commands := map[string][]float32{}
	for _, name := range []string{"mara", "angus", "ray"} {
		all := said(t)[name]
		if len(all) < 8*capture.Rate {
			t.Fatalf("%s speaks for %d samples: have %v", name, len(all), demo.Reference()[:4])
		}
		people = append(people, name+"="+wav(t, dir, name+".wav", all[:len(all)-3*capture.Rate]))
		commands[name] = all[len(all)-3*capture.Rate:]
	}
	v, err := listenTo(t.Context(), model, people)
	if err != nil {
		t.Fatal(err)
	}
	recogniser := serving(t, func(ctx context.Context, l net.Listener) error {
		defer context.AfterFunc(ctx, func() { _ = l.Close() })()
		return recognise(ctx, l)
	})
	alone := serving(t, (&bridge{voices: v}).serve)
	both := serving(t, (&bridge{voices: v, recogniser: recogniser, prefix: true}).serve)
	for name, command := range commands {
		if m := ask(t, alone, command); m.Type != "transcript" || m.Data["text"] != name || m.Data["speaker"] != name {
			t.Errorf("%s: %+v", name, m)
		} else {
			t.Logf("%s: %.3f", name, m.Data["speaker_confidence"])
		}
		if m := ask(t, both, command); m.Data["text"] != name+": turn on the light" {
			t.Errorf("%s: %+v", name, m)
		}
	}
	unsure := serving(t, (&bridge{voices: v, sure: 0.999}).serve)
	if m := ask(t, unsure, commands["angus"]); m.Data["speaker"] != "" || m.Data["speaker_confidence"] == 0.0 {
		t.Errorf("who is not sure enough is named: %+v", m)
	}
	if m := ask(t, alone, make([]float32, 2*capture.Rate)); m.Data["speaker"] != "" {
		t.Errorf("silence is %+v", m)
	}
}

// late is a listener whose connections have let all their deadlines pass whenever the recogniser has been
// asked.
type late struct {
	net.Listener
	asked *atomic.Int64
}

func (l late) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	return &lateConn{Conn: conn, asked: l.asked}, err
}

// lateConn remembers how often the recogniser had been asked when the deadline of a write was set.
type lateConn struct {
	net.Conn
	asked *atomic.Int64
	set   int64
}

func (c *lateConn) SetDeadline(t time.Time) error {
	c.set = c.asked.Load()
	return c.Conn.SetDeadline(t)
}

func (c *lateConn) SetWriteDeadline(t time.Time) error {
	c.set = c.asked.Load()
	return c.Conn.SetWriteDeadline(t)
}

func (c *lateConn) Write(b []byte) (int, error) {
	if c.set != c.asked.Load() {
		return 0, os.ErrDeadlineExceeded
	}
	return c.Conn.Write(b)
}

// The answer of a recogniser that takes longer than a connection may be idle reaches whoever asked.
func TestASlowRecogniser(t *testing.T) {
	model, err := diarizer.LightModel()
	if err != nil {
		t.Fatal(err)
	}
	v, err := listenTo(t.Context(), model, nil)
	if err != nil {
		t.Fatal(err)
	}
	var asked atomic.Int64
	slow := serving(t, func(ctx context.Context, l net.Listener) error {
		defer context.AfterFunc(ctx, func() { _ = l.Close() })()
		return recogniseThen(l, func() { asked.Add(1) })
	})
	address := serving(t, func(ctx context.Context, l net.Listener) error {
		return (&bridge{voices: v, recogniser: slow}).serve(ctx, late{l, &asked})
	})
	if m := ask(t, address, make([]float32, capture.Rate)); m.Type != "transcript" || m.Data["text"] != "turn on the light" {
		t.Errorf("%+v", m)
	}
}

// A recogniser that fails or goes away leads to an answer that says so.
func TestARecogniserThatFails(t *testing.T) {
	for want, fails := range map[string]func(net.Conn){
		"closed the connection without an answer": func(net.Conn) {},
		`it says "no model is loaded"`: func(conn net.Conn) {
			_ = write(conn, message{Type: "error", Data: map[string]any{"text": "no model is loaded"}})
			_, _ = conn.Read(make([]byte, 1)) // until the bridge has gone
		},
	} {
		recogniser := serving(t, func(ctx context.Context, l net.Listener) error {
			defer context.AfterFunc(ctx, func() { _ = l.Close() })()
			for {
				conn, err := l.Accept()
				if err != nil {
					return nil
				}
				for r := bufio.NewReaderSize(conn, mostHead); ; {
					if m, err := read(r); err != nil || m.Type == "audio-stop" {
						break
					}
				}
				fails(conn)
				conn.Close()
			}
		})
		address := serving(t, (&bridge{recogniser: recogniser}).serve)
		m := ask(t, address, make([]float32, capture.Rate))
		if text, _ := m.Data["text"].(string); m.Type != "error" || !strings.Contains(text, want) {
			t.Errorf("answered %+v, want %q", m, want)
		}
	}
}

// Bad input gets a sentence, and others are answered all the same.
func TestBadInput(t *testing.T) {
	address := serving(t, (&bridge{}).serve)
	for said, want := range map[string]string{
		"GET / HTTP/1.1\r\n\r\n":                                                                          "expected a header of the Wyoming protocol",
		`{"type":"audio-chunk","payload_length":999999999}` + "\n":                                        "expected at most",
		`{"type":"audio-chunk","data":{"rate":16000,"width":3,"channels":1}}` + "\n":                      "expected 16 bits",
		`{"type":"audio-chunk","data":{"rate":16000,"width":2,"channels":2},"payload_length":2}` + "\nab": "expected whole samples",
		`{"type":"describe","data_length":3}` + "\n{{{":                                                   "the data of",
		strings.Repeat("x", mostHead+1):                                                                   "a line of more than",
		`{"type":"describe"}` + "\n":                                                                      "asr",
		`{"type":"ping","data":{"text":"a"}}` + "\n":                                                      "pong",
	} {
		conn, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
		if _, err := conn.Write([]byte(said)); err != nil {
			t.Fatal(err)
		}
		m, err := read(bufio.NewReaderSize(conn, mostHead))
		_ = conn.Close()
		if got := fmt.Sprint(m.Type, m.Data); err != nil || !strings.Contains(got, want) {
			t.Errorf("%.60q: answered %s, %v, want %q", said, got, err, want)
		}
	}
	if _, err := listenTo(t.Context(), nil, []string{"Ada"}); err == nil || !strings.Contains(err.Error(), "expected NAME=FILE") {
		t.Errorf("%v", err)
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(`{"type":"audio-chunk","data":{"rate":1},"data_length":2,"payload_length":1}` + "\n{}x"))
	f.Add([]byte("{}\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := read(bufio.NewReaderSize(strings.NewReader(string(b)), mostHead))
		if err == nil && m.Type == "" {
			t.Error("a message without a type")
		}
	})
}
