package httpapi_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/capture/opus"
	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/testkit/needs"
	"github.com/seed-7adb9000/diarizer/internal/web/httpapi"
	"github.com/seed-7adb9000/diarizer/internal/web/record"
)

// client is a recorder's connection.
type client struct {
	t    testing.TB
	conn *websocket.Conn
	// What the server has sent.
	session  string
	next     uint64
	position int64
	acked    uint64
	lost     uint64
	after    uint64 // number of the last event
	timeline *event.Timeline
	kinds    map[event.Kind]int
	notices  []string
	ended    bool
	failure  string
}

// dial opens a connection. The session and the last event are those of an earlier
// connection, if there was one.
func (s *server) dial(query string, before *client) (*client, *http.Response, error) {
	c := &client{t: s.t, timeline: &event.Timeline{}, kinds: map[event.Kind]int{}}
	if before != nil {
		*c = *before
	}
	conn, answer, err := websocket.Dial(s.t.Context(), s.url+"/v1/live?"+query, &websocket.DialOptions{HTTPClient: &s.http})
	if err != nil {
		return nil, answer, err
	}
	c.conn = conn
	conn.SetReadLimit(1 << 20)
	return c, answer, c.read(func() bool { return c.session != "" })
}

func (s *server) open(query string) *client {
	s.t.Helper()
	c, _, err := s.dial(query, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { c.conn.CloseNow() })
	return c
}

// read reads messages until enough is true after one.
func (c *client) read(enough func() bool) error {
	for {
		ctx, cancel := context.WithTimeout(c.t.Context(), 5*time.Minute)
		kind, data, err := c.conn.Read(ctx)
		cancel()
		if err != nil {
			return err
		}
		if kind != websocket.MessageText {
			c.t.Errorf("a binary message of %d bytes", len(data))
		}
		conforms(c.t, "/components/schemas/Message", data)
		var m struct {
			Type, Session, Text, Error string
			Next, Seq, Lost            uint64
			Position                   int64
			Event                      *event.Event
		}
		if err := json.Unmarshal(data, &m); err != nil {
			return err
		}
		switch m.Type {
		case "begun":
			c.session, c.next, c.position = m.Session, m.Next, m.Position
		case "ack":
			if m.Seq < c.acked {
				c.t.Errorf("acknowledged %d after %d", m.Seq, c.acked)
			}
			c.acked, c.lost, c.position = m.Seq, m.Lost, m.Position
		case "event":
			c.after = m.Event.Seq
			c.kinds[m.Event.Kind]++
			if err := c.timeline.Apply(*m.Event); err != nil {
				return err
			}
		case "notice":
			c.notices = append(c.notices, m.Text)
		case "ended", "refused":
			c.ended, c.failure = m.Type == "ended", m.Error
		}
		if enough() {
			return nil
		}
	}
}

func (c *client) send(data []byte) {
	c.t.Helper()
	if err := c.conn.Write(c.t.Context(), websocket.MessageBinary, data); err != nil {
		c.t.Fatal(err)
	}
}

// end says that no more sound comes, and reads the rest.
func (c *client) end() {
	c.t.Helper()
	if err := c.conn.Write(c.t.Context(), websocket.MessageText, []byte(`{"type":"end"}`)); err != nil {
		c.t.Fatal(err)
	}
	if err := c.read(func() bool { return c.ended }); err != nil {
		c.t.Fatal(err)
	}
	if _, _, err := c.conn.Read(c.t.Context()); websocket.CloseStatus(err) != websocket.StatusNormalClosure {
		c.t.Errorf("the end: %v", err)
	}
	if c.failure != "" {
		c.t.Error(c.failure)
	}
}

var raw = capture.Options{Raw: &capture.Raw{Encoding: "s16le", Rate: 16000, Channels: 1}}

// equal checks that a recorder was told the turns of the same sound in a file.
func equal(t testing.TB, got, want *event.Timeline) {
	t.Helper()
	// Not DeepEqual: the LogP of a turn without a score is NaN.
	if got.At() != want.At() || fmt.Sprint(got.Turns()) != fmt.Sprint(want.Turns()) {
		t.Errorf("%d turns until %v, expected %d until %v:\n%+v\n%+v", len(got.Turns()), got.At(), len(want.Turns()), want.At(), got.Turns(), want.Turns())
	}
}

// piece is the sound of one message, in samples: 60 ms.
const piece = 960

func TestLiveIsWhatAFileIs(t *testing.T) {
	s := serveKept(t, httpapi.Limits{}, "", filepath.Join(t.TempDir(), "kept"))
	sound := samples(t)
	want := timelineOf(t, "room", bytes.NewReader(sound), raw)
	t.Run("plain", func(t *testing.T) {
		c := s.open("stream=room&name=room")
		for rest := sound; len(rest) > 0; {
			n := min(len(rest), 2*piece)
			c.send(rest[:n])
			rest = rest[n:]
		}
		c.end()
		equal(t, c.timeline, want)
		if c.position != int64(len(sound)/2) || c.lost != 0 {
			t.Errorf("acknowledged to %d of %d, %d lost", c.position, len(sound)/2, c.lost)
		}
	})
	// The connection is lost in the middle again and again. Sound that was not acknowledged
	// is sent again.
	t.Run("resumed", func(t *testing.T) {
		c := s.open("stream=room&name=room&framing=numbered")
		packets := len(sound) / (2 * piece)
		for seq := uint64(1); ; seq++ {
			at := int64(seq-1) * piece
			if 2*at >= int64(len(sound)) {
				break
			}
			c.send(record.Packet{Seq: seq, Position: at, Data: sound[2*at : min(2*(at+piece), int64(len(sound)))]}.Append(nil))
			if int(seq)%(packets/4) != packets/8 {
				continue
			}
			c.conn.CloseNow()
			again, _, err := s.dial("framing=numbered&session="+c.session+"&after="+itoa(c.after), c)
			if err != nil {
				t.Fatal(err)
			}
			if again.next > seq+1 {
				t.Fatalf("packet %d is expected after %d", again.next, seq)
			}
			c, seq = again, again.next-1
			defer c.conn.CloseNow()
		}
		c.end()
		equal(t, c.timeline, want)
	})
	t.Run("floats", func(t *testing.T) {
		c := s.open("stream=room&name=room&encoding=f32le")
		rec, err := capture.OpenReader(t.Context(), bytes.NewReader(sound), "room", raw)
		if err != nil {
			t.Fatal(err)
		}
		defer rec.Close()
		all, err := capture.ReadAll(t.Context(), rec)
		if err != nil {
			t.Fatal(err)
		}
		for len(all) > 0 {
			n := min(len(all), piece)
			c.send(floats(all[:n]))
			all = all[n:]
		}
		c.end()
		equal(t, c.timeline, want)
	})
}

// A recorder without sound for a while says so by the positions of its packets.
func TestGapIsTold(t *testing.T) {
	s := serve(t, httpapi.Limits{}, "")
	sound := samples(t)[:2*16000*4]
	c := s.open("framing=numbered")
	second := 2 * 16000
	c.send(record.Packet{Seq: 1, Data: sound[:second]}.Append(nil))
	c.send(record.Packet{Seq: 4, Position: 3 * 16000, Data: sound[:second]}.Append(nil))
	c.send(record.Packet{Seq: 4, Position: 3 * 16000, Data: sound[:second]}.Append(nil))
	c.end()
	if c.kinds[event.GapFound] != 1 || c.timeline.At().Seconds() != 4 || c.lost != 2 || c.acked != 4 {
		t.Errorf("%v, heard %v s, %d lost, acknowledged %d", c.kinds, c.timeline.At().Seconds(), c.lost, c.acked)
	}
}

func TestOpus(t *testing.T) {
	ffmpeg := needs.Tool(t, "ffmpeg")
	path := filepath.Join(t.TempDir(), "demo.opus")
	cmd := exec.Command(ffmpeg, "-loglevel", "error", "-i", "../../cli/demo/demo.flac", "-t", "10", "-c:a", "libopus", "-b:a", "32k", path)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	s := serve(t, httpapi.Limits{}, "")
	file := open(t, path)
	in, err := opus.NewPacketReader(file)
	if err != nil {
		t.Fatal(err)
	}
	c := s.open("framing=numbered&encoding=opus&channels=1")
	for seq := uint64(1); ; seq++ {
		p, err := in.Next()
		if err != nil {
			break
		}
		c.send(record.Packet{Seq: seq, Position: p.Position, Data: p.Data}.Append(nil))
	}
	c.end()
	if got := c.timeline.At().Seconds(); got < 9.9 || got > 10.1 || len(c.timeline.Turns()) < 3 {
		t.Errorf("%v s, %d turns", got, len(c.timeline.Turns()))
	}
	// A packet whose data is no Opus is reported, and is a gap.
	c = s.open("encoding=opus")
	c.send([]byte{0xfc, 1, 2, 3, 4})
	c.end()
}

func TestLiveRefusals(t *testing.T) {
	s := serve(t, httpapi.Limits{Live: 2}, "")
	going := s.open("stream=room")
	for _, c := range []struct {
		status int
		says   string
		query  string
		header []string
	}{
		{426, "WebSocket", "", nil},
		{400, "encoding", "encoding=mp3", ws},
		{400, "rate", "rate=12", ws},
		{400, "48000", "encoding=opus&rate=16000", ws},
		{400, "channels", "channels=99", ws},
		{400, "stream", "stream=a.b", ws},
		{400, "framing", "framing=none", ws},
		{400, "after", "after=-1", ws},
		{400, "parameter", "samplerate=16000", ws},
		{400, "model", "model=none", ws},
		{404, "recording", "session=XXXXXXXXXXXXXXXXXXXXXXXXXX", ws},
		{409, "room", "stream=room", ws},
		{403, "origin", "", append([]string{"Origin", "http://evil.example"}, ws...)},
		{400, "", "stream=other", []string{"Connection", "Upgrade", "Upgrade", "websocket", "Sec-WebSocket-Version", "12"}},
	} {
		status, text, _ := s.ask("GET", "/v1/live?"+c.query, nil, c.header...)
		if status != c.status || !strings.Contains(text, c.says) {
			t.Errorf("%s %v: %d, %s, expected %d and a sentence with %q", c.query, c.header, status, text, c.status, c.says)
		}
	}
	other := s.open("stream=other") // the failed handshake has given its place back
	if _, answer, err := s.dial("stream=third", nil); err == nil || answer.StatusCode != http.StatusServiceUnavailable || answer.Header.Get("Retry-After") == "" {
		t.Errorf("a third recording: %v", err)
	}
	// Data that is no sound is refused with a sentence, and the recording can go on.
	if err := other.conn.Write(t.Context(), websocket.MessageText, []byte("hello")); err != nil {
		t.Fatal(err)
	}
	if err := other.read(func() bool { return other.failure != "" }); err != nil || !strings.Contains(other.failure, "hello") {
		t.Errorf("%v, %q", err, other.failure)
	}
	if _, _, err := other.conn.Read(t.Context()); websocket.CloseStatus(err) != websocket.StatusUnsupportedData {
		t.Error(err)
	}
	again, _, err := s.dial("session="+other.session, other)
	if err != nil {
		t.Fatal(err)
	}
	again.failure = ""
	again.send([]byte{1}) // half a sample
	if err := again.read(func() bool { return again.failure != "" }); err != nil || !strings.Contains(again.failure, "whole samples") {
		t.Errorf("%v, %q", err, again.failure)
	}
	_, _, _ = again.conn.Read(t.Context()) // the close of the connection waits for an answer
	if err := going.conn.Write(t.Context(), websocket.MessageBinary, make([]byte, record.MaxMessage+2)); err != nil {
		t.Fatal(err)
	}
	if err := going.read(func() bool { return false }); websocket.CloseStatus(err) != websocket.StatusMessageTooBig {
		t.Errorf("a message that is too large: %v", err)
	}
}

// The answer to a page that asks whether it would get a WebSocket names the protocol where HTTP
// allows that. An answer over HTTP/2 with the fields of HTTP/1.1 is malformed, by RFC 9113, 8.2.2.
func TestAnswerWithoutWebSocket(t *testing.T) {
	s := serve(t, httpapi.Limits{}, "")
	mux := http.NewServeMux()
	for pattern, h := range s.api.Routes() {
		mux.Handle(pattern, h)
	}
	for version, want := range map[int]http.Header{
		1: {"Upgrade": {"websocket"}, "Connection": {"Upgrade"}},
		2: {},
	} {
		web := httptest.NewUnstartedServer(mux)
		web.EnableHTTP2 = version == 2
		web.StartTLS()
		defer web.Close()
		answer, err := web.Client().Get(web.URL + "/v1/live?stream=room")
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		if answer.ProtoMajor != version || answer.StatusCode != http.StatusUpgradeRequired {
			t.Errorf("HTTP/%d: %s over %s", version, answer.Status, answer.Proto)
		}
		for _, name := range []string{"Upgrade", "Connection"} {
			if got := answer.Header.Values(name); !slices.Equal(got, want.Values(name)) {
				t.Errorf("HTTP/%d: %s: %q, expected %q", version, name, got, want.Values(name))
			}
		}
	}
}

var ws = []string{"Connection", "Upgrade", "Upgrade", "websocket", "Sec-WebSocket-Version", "13", "Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="}

// When another connection goes on with a recording, the first connection is closed.
func TestTakeOver(t *testing.T) {
	s := serve(t, httpapi.Limits{}, "")
	one := s.open("framing=numbered")
	two, _, err := s.dial("framing=numbered&session="+one.session, one)
	if err != nil {
		t.Fatal(err)
	}
	defer two.conn.CloseNow()
	if err := one.read(func() bool { return false }); websocket.CloseStatus(err) != 4001 {
		t.Errorf("the first connection: %v", err)
	}
	two.send(record.Packet{Seq: 1, Data: make([]byte, 32000)}.Append(nil))
	two.end()
	if two.timeline.At().Seconds() != 1 {
		t.Errorf("heard %v", two.timeline.At())
	}
}

// A recorder that is gone although its connection is open, that sends nothing, or that left
// without a word, keeps its place for a bounded time.
func TestRecordersThatAreGone(t *testing.T) {
	s := serve(t, httpapi.Limits{Live: 1, Ping: time.Second, Resume: 50 * time.Millisecond, Idle: 4 * time.Second}, "")
	s.open("stream=one") // this recorder does not read, so that it answers no ping
	var two *client
	for {
		c, answer, err := s.dial("stream=two", nil)
		if err == nil {
			two = c
			break
		}
		if answer == nil || answer.StatusCode != http.StatusServiceUnavailable {
			t.Fatal(err)
		}
		time.Sleep(20 * time.Millisecond)
	}
	defer two.conn.CloseNow()
	// This recorder answers pings and sends no sound.
	if err := two.read(func() bool { return two.ended }); err != nil || len(two.notices) != 1 || !strings.Contains(two.notices[0], "no sound") {
		t.Errorf("%v, %q", err, two.notices)
	}
}

// A recorder hears of the server at every ping, although there is nothing to tell: a page sees no
// pings.
func TestSignsOfLife(t *testing.T) {
	s := serve(t, httpapi.Limits{Ping: time.Second, Idle: 30 * time.Second}, "")
	c := s.open("stream=one")
	messages := 0
	acks := func() bool {
		messages++
		told := len(c.notices)
		for _, n := range c.kinds {
			told += n
		}
		return messages-told >= 3
	}
	if err := c.read(acks); err != nil || c.ended {
		t.Errorf("%d messages, ended %v: %v", messages, c.ended, err)
	}
}

// A server that stops hears the sound that it has acknowledged, and tells the recorders.
func TestNothingAcknowledgedIsLostAtTheEnd(t *testing.T) {
	s := serve(t, httpapi.Limits{}, "")
	sound := samples(t)[:2*16000*9]
	c := s.open("")
	for at := 0; at < len(sound); at += 32000 {
		c.send(sound[at : at+32000])
	}
	if err := c.read(func() bool { return c.position == int64(len(sound)/2) }); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	closed := make(chan error, 1)
	go func() { closed <- s.api.Close(ctx) }()
	if err := c.read(func() bool { return c.ended }); err != nil {
		t.Fatal(err)
	}
	if _, _, err := c.conn.Read(t.Context()); websocket.CloseStatus(err) != websocket.StatusNormalClosure {
		t.Error(err)
	}
	if err := <-closed; err != nil {
		t.Error(err)
	}
	equal(t, c.timeline, timelineOf(t, "x", bytes.NewReader(sound), raw))
	if status, text, _ := s.ask("GET", "/v1/live", nil, ws...); status != http.StatusServiceUnavailable {
		t.Error(status, text)
	}
}
