//go:build unix

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/capture/natsaudio"
	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/event/rttm"
	"github.com/seed-7adb9000/diarizer/internal/session/correct"
	"github.com/seed-7adb9000/diarizer/internal/web/record"
)

// webChild starts web in a process of its own. It returns the address and a function that kills the
// process.
func webChild(t *testing.T, state string) (url string, kill func()) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute) // so that the test does not hang
	cmd := exec.CommandContext(ctx, os.Args[0], "web", "--http", "127.0.0.1:0", "--model", "light")
	stderr := &shout{}
	cmd.Env, cmd.Stderr = append(os.Environ(), asProgram+"=1", "XDG_STATE_HOME="+state), stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	kill = func() {
		defer cancel()
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // the error of a process that was killed
		if said := stderr.String(); strings.Contains(said, "cannot be") {
			t.Error(said)
		}
	}
	t.Cleanup(kill)
	return stderr.wait(t, `live page: (\S+)`), kill
}

// recorder is a recorder that keeps only the packets that are not acknowledged.
type recorder struct {
	t       *testing.T
	conn    *websocket.Conn
	session string
	next    uint64 // number that the server expects
	acked   uint64
	kept    []record.Packet
	run     string
	after   uint64
	events  []event.Event // events of the run
	ended   bool
}

// dial connects, for the first time or again.
func (r *recorder) dial(url string) {
	r.t.Helper()
	query := "framing=numbered"
	if r.session == "" {
		query += "&stream=standup&name=standup"
	} else {
		query += fmt.Sprintf("&session=%s&run=%s&after=%d", r.session, r.run, r.after)
	}
	var err error
	if r.conn, _, err = websocket.Dial(r.t.Context(), strings.Replace(url, "http", "ws", 1)+"v1/live?"+query, nil); err != nil {
		r.t.Fatal(err)
	}
	r.conn.SetReadLimit(1 << 20)
	r.next = 0
	r.read(func() bool { return r.next > 0 })
	if r.next <= r.acked {
		r.t.Fatalf("packet %d is expected, %d are acknowledged", r.next, r.acked)
	}
}

// read reads messages until enough is true after one of them.
func (r *recorder) read(enough func() bool) {
	r.t.Helper()
	for !enough() {
		_, data, err := r.conn.Read(r.t.Context())
		if err != nil {
			r.t.Fatal(err)
		}
		var m struct {
			Type, Session, Text, Error string
			Next, Seq                  uint64
			Event                      event.Event
		}
		if err := json.Unmarshal(data, &m); err != nil {
			r.t.Fatal(err)
		}
		switch m.Type {
		case "begun":
			r.session, r.next = m.Session, m.Next
		case "ack":
			r.acked = m.Seq
			r.kept = slices.DeleteFunc(r.kept, func(p record.Packet) bool { return p.Seq <= m.Seq })
		case "event":
			if m.Event.Run != r.run {
				r.run, r.events = m.Event.Run, nil
			}
			r.after, r.events = m.Event.Seq, append(r.events, m.Event)
		case "notice":
			r.t.Errorf("notice: %s", m.Text)
		case "ended":
			if r.ended = true; m.Error != "" {
				r.t.Error(m.Error)
			}
		}
	}
}

// send sends packets, and keeps them until they are acknowledged.
func (r *recorder) send(packets []record.Packet) {
	r.t.Helper()
	r.kept = append(r.kept, packets...)
	for _, p := range packets {
		if err := r.conn.Write(r.t.Context(), websocket.MessageBinary, p.Append(nil)); err != nil {
			r.t.Fatal(err)
		}
	}
}

// again sends the kept packets that the server expects.
func (r *recorder) again() {
	r.t.Helper()
	rest := slices.DeleteFunc(r.kept, func(p record.Packet) bool { return p.Seq < r.next })
	if len(rest) > 0 && rest[0].Seq != r.next {
		r.t.Fatalf("packet %d is expected, what is kept begins with %d", r.next, rest[0].Seq)
	}
	r.kept = nil
	r.send(rest)
}

// timeline is the timeline of the run's events.
func (r *recorder) timeline() *event.Timeline {
	tl := &event.Timeline{}
	for _, e := range r.events {
		if err := tl.Apply(e); err != nil {
			r.t.Fatal(err)
		}
	}
	return tl
}

// A server that is killed during a recording resumes the recording. It may have just acknowledged
// something, or most of the sound may wait to be heard. It has everything that it has acknowledged.
// In the end, the turns are those of the whole recording, with the same speakers and the names that
// they were given.
func TestWebIsKilled(t *testing.T) {
	const seconds, piece = 32, capture.Rate / 10
	sound := demoSamples(t, seconds)
	var packets []record.Packet
	for at := 0; at < len(sound); at += piece {
		packets = append(packets, record.Packet{Seq: uint64(len(packets) + 1), Position: int64(at), Data: natsaudio.AppendS16(nil, sound[at:at+piece])})
	}
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, "standup.wav"), wavBytes(sound))
	want := filepath.Join(dir, "want.rttm")
	if status, _, stderr := diarizer(t.Context(), nil, "run", "--model", "light", "--out", want, filepath.Join(dir, "standup.wav")); status != 0 {
		t.Fatal(stderr)
	}

	r := &recorder{t: t}
	url, kill := webChild(t, dir)
	r.dial(url)
	r.send(packets[:130])
	r.read(func() bool { return r.acked > 0 })
	if reply := post(t, url, "standup", correct.Correction{Action: correct.Rename, Speaker: 1, Name: "Ada"}); reply.Error != "" {
		t.Fatal(reply.Error)
	}
	r.send(packets[130:150])
	r.read(func() bool { return r.acked > 130 }) // with what was heard after the name, the name is kept
	kill()
	first := r.run

	url, kill = webChild(t, dir)
	r.dial(url)
	r.again()
	r.send(packets[150:220])
	kill() // most of these packets wait to be heard or read

	url, kill = webChild(t, dir)
	r.dial(url)
	r.again()
	r.send(packets[220:260])
	before := r.acked
	r.read(func() bool { return r.acked > before && r.run != first })
	kill()

	url, _ = webChild(t, dir)
	r.dial(url)
	r.again()
	r.send(packets[260:])
	if err := r.conn.Write(t.Context(), websocket.MessageText, []byte(`{"type":"end"}`)); err != nil {
		t.Fatal(err)
	}
	r.read(func() bool { return r.ended })
	if r.acked != uint64(len(packets)) || len(r.kept) > 0 {
		t.Errorf("acknowledged %d of %d, %d kept", r.acked, len(packets), len(r.kept))
	}
	for _, e := range r.events {
		if e.Kind == event.GapFound {
			t.Errorf("a gap: %+v", e.Gap)
		}
	}
	tl := r.timeline()
	if tl.Name(1) != "Ada" {
		t.Errorf("speaker 1 is called %s", tl.Name(1))
	}
	var got strings.Builder
	if err := rttm.Write(&got, tl.Segments()); err != nil {
		t.Fatal(err)
	}
	if got, want := strings.ReplaceAll(got.String(), "Ada", "S1"), read(t, want); got != want {
		t.Errorf("the turns are\n%s, of the whole recording\n%s", got, want)
	}
}
