package httpapi_test

import (
	"bytes"
	"errors"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/capture/natsaudio"
	"github.com/seed-7adb9000/diarizer/capture/resample"
	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/session/saved"
	"github.com/seed-7adb9000/diarizer/internal/testkit/raced"
	"github.com/seed-7adb9000/diarizer/internal/web/httpapi"
	"github.com/seed-7adb9000/diarizer/internal/web/record"
)

// cut makes packets of 16-bit sound, of so many bytes each.
func cut(sound []byte, size int) (packets []record.Packet) {
	for at := 0; at < len(sound); at += size {
		packets = append(packets, record.Packet{Seq: uint64(len(packets) + 1), Position: int64(at / 2), Data: sound[at:min(len(sound), at+size)]})
	}
	return packets
}

// sendAll sends the packets with the numbers from..to.
func (c *client) sendAll(packets []record.Packet, from, to uint64) {
	c.t.Helper()
	for _, p := range packets[from-1 : to] {
		c.send(p.Append(nil))
	}
}

// killed serves what a server has on its disk at this moment, as if the server was killed.
func (s *server) killed(dir string) *server {
	s.t.Helper()
	for {
		left := filepath.Join(s.t.TempDir(), "left")
		err := os.CopyFS(left, os.DirFS(dir))
		switch {
		case err == nil:
			return serveKept(s.t, httpapi.Limits{}, "", left)
		case !errors.Is(err, fs.ErrNotExist): // a file that was just being written has its name now
			s.t.Fatal(err)
		}
	}
}

// again connects a recorder to a server that resumes its recording.
func (s *server) again(before *client) *client {
	s.t.Helper()
	b := *before
	b.timeline, b.kinds = &event.Timeline{}, map[event.Kind]int{}
	c, _, err := s.dial("framing=numbered&session="+b.session+"&run=gone&after="+itoa(b.after), &b)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { c.conn.CloseNow() })
	if c.next <= before.acked {
		s.t.Fatalf("packet %d is expected, %d are acknowledged", c.next, before.acked)
	}
	return c
}

// A server that was killed has kept everything that it acknowledged, to the sample. That holds for
// a recorder with another rate too, whose converter is in the middle of its work.
func TestAcknowledgedIsKept(t *testing.T) {
	if raced.Enabled {
		return // TestComesBackTooLate has the same goroutines
	}
	const rate = 44100
	rs, err := resample.New(capture.Rate, rate)
	if err != nil {
		t.Fatal(err)
	}
	rec, err := capture.OpenReader(t.Context(), bytes.NewReader(samples(t)), "room", raw)
	if err != nil {
		t.Fatal(err)
	}
	defer rec.Close()
	all, err := capture.ReadAll(t.Context(), rec)
	if err != nil {
		t.Fatal(err)
	}
	sound := natsaudio.AppendS16(nil, rs.Flush(rs.Push(nil, all)))
	want := timelineOf(t, "room", bytes.NewReader(sound), capture.Options{Raw: &capture.Raw{Encoding: "s16le", Rate: rate, Channels: 1}})
	packets := cut(sound, 2*1234)
	dir := filepath.Join(t.TempDir(), "kept")
	s := serveKept(t, httpapi.Limits{}, "", dir)
	c := s.open("stream=room&name=room&framing=numbered&rate=44100")
	c.sendAll(packets, 1, uint64(len(packets)*3/4))
	if err := c.read(func() bool { return c.acked > 0 }); err != nil {
		t.Fatal(err)
	}
	if c.acked >= uint64(len(packets)*3/4) || c.position != packets[c.acked].Position {
		t.Errorf("acknowledged %d of %d, up to %d", c.acked, len(packets), c.position)
	}
	c = s.killed(dir).again(c)
	c.sendAll(packets, c.next, uint64(len(packets)))
	c.end()
	equal(t, c.timeline, want)
	if c.kinds[event.GapFound] > 0 || c.acked != uint64(len(packets)) || c.lost > 0 {
		t.Errorf("%d gaps, acknowledged %d of %d, %d lost", c.kinds[event.GapFound], c.acked, len(packets), c.lost)
	}
}

// A recorder that waits until everything is acknowledged does not wait for ever.
func TestRecorderThatWaits(t *testing.T) {
	s := serveKept(t, httpapi.Limits{}, "", filepath.Join(t.TempDir(), "kept"))
	packets := cut(samples(t)[:2*32000], 2*piece)
	c := s.open("framing=numbered&rate=44100")
	for _, end := range []uint64{uint64(len(packets)) / 2, uint64(len(packets))} {
		c.sendAll(packets, c.acked+1, end)
		if err := c.read(func() bool { return c.acked == end }); err != nil {
			t.Fatal(err)
		}
	}
	c.end()
}

// A recording is kept even before anything was acknowledged.
func TestKilledAtItsBeginning(t *testing.T) {
	packets := cut(samples(t), 2*piece)
	dir := filepath.Join(t.TempDir(), "kept")
	s := serveKept(t, httpapi.Limits{}, "", dir)
	c := s.open("stream=room&name=room&framing=numbered&speakers=3")
	c.sendAll(packets, 1, 20)
	if err := c.read(func() bool { return c.after > 0 }); err != nil {
		t.Fatal(err)
	}
	if c.acked > 0 {
		t.Fatalf("acknowledged %d", c.acked)
	}
	c = s.killed(dir).again(c)
	if c.next != 1 && c.next != 21 { // a machine that stalls for a second has kept the pause behind them
		t.Errorf("packet %d is expected", c.next)
	}
	c.sendAll(packets, 1, 100)
	c.end()
	if c.timeline.At() != 100*piece || len(c.timeline.Turns()) == 0 || c.kinds[event.GapFound] > 0 {
		t.Errorf("heard up to %v, %v", c.timeline.At(), c.kinds)
	}
}

// The delays between the devices of a room are as before.
func TestRoomIsKept(t *testing.T) {
	if raced.Enabled {
		return // TestTwoDevicesOfOneRoom has all goroutines of the room
	}
	sound := samples(t)
	want := timelineOf(t, "room", bytes.NewReader(sound), raw)
	here, there := cut(sound, 2*piece), cut(elsewhere(sound, 0.8, 100, 0.0001), 2*piece)
	dir := filepath.Join(t.TempDir(), "kept")
	s := serveKept(t, httpapi.Limits{}, "", dir)
	one := s.open("stream=room&name=room&framing=numbered")
	two := s.open("stream=room&join=true&framing=numbered")
	send := func(from, to uint64) {
		for n := from; n <= to; n++ {
			one.sendAll(here, n, n)
			two.sendAll(there, n, n)
		}
	}
	send(1, 200)
	for _, c := range []*client{one, two} {
		if err := c.read(func() bool { return c.acked > 0 }); err != nil {
			t.Fatal(err)
		}
	}
	after := s.killed(dir)
	one, two = after.again(one), after.again(two)
	for one.next != two.next {
		if one.next < two.next {
			one.sendAll(here, one.next, one.next)
			one.next++
		} else {
			two.sendAll(there, two.next, two.next)
			two.next++
		}
	}
	send(one.next, uint64(len(here)))
	two.end()
	one.end()
	near(t, one.timeline, want)
	if len(one.notices) > 0 || len(two.notices) > 0 {
		t.Errorf("notices %q, %q", one.notices, two.notices)
	}
}

// A recording that has ended is resumed, with the same speakers and a gap as long as it was away.
// In the meantime, another device may resume it.
func TestGoesOnAfterItsEnd(t *testing.T) {
	sound := samples(t)
	want := timelineOf(t, "room", bytes.NewReader(sound), raw)
	const half = 8 * capture.Rate
	dir := filepath.Join(t.TempDir(), "kept")
	s := serveKept(t, httpapi.Limits{}, "", dir)
	c := s.open("stream=room&name=room")
	c.send(sound[:half])
	c.send(sound[half : 2*half])
	c.end()
	first, err := saved.Dir(dir).Load("room")
	if err != nil {
		t.Fatal(err)
	}
	first.Snapshot.Source.Origin = time.Now().Add(-(half/capture.Rate + 60) * time.Second) // a minute has passed
	if err := saved.Dir(dir).Save(first); err != nil {
		t.Fatal(err)
	}
	if status, text, _ := s.ask("GET", "/v1/live?stream=room&resume=true", nil); status != 426 {
		t.Errorf("%d, %s", status, text)
	}
	if err := errors.Join(s.api.Named("room", 1, "Ada"), s.api.Named("none", 1, "Ada")); err != nil {
		t.Error(err)
	}
	c = s.open("stream=room&resume=true&ago=20000")
	c.send(sound[2*half:])
	if status, text, _ := s.ask("GET", "/v1/live?stream=room&resume=true", nil); status != 426 { // 426: a WebSocket would be accepted
		t.Errorf("%d, %s", status, text)
	}
	c.end()
	if c.timeline.Name(1) != "Ada" {
		t.Errorf("speaker 1 is called %s", c.timeline.Name(1))
	}
	gap := c.timeline.At() - want.At()
	if d := gap.Seconds() - 40; math.Abs(d) > 5 || c.kinds[event.GapFound] != 1 {
		t.Errorf("%v s were missed, expected 40, %d gaps", gap.Seconds(), c.kinds[event.GapFound])
	}
	// The speakers afterwards are those of a recording without an interruption.
	last := want.Turns()[len(want.Turns())-1]
	if last.Start < half+capture.Rate {
		t.Fatal("nothing is said behind the gap")
	}
	middle := (last.Start + last.End) / 2
	if got := c.timeline.Between(middle+gap, middle+gap+1); len(got) != 1 || got[0].Speaker != last.Speaker {
		t.Errorf("after the gap: %+v, expected speaker %v", got, last.Speaker)
	}
}

// A recorder comes back after its recording was given up, and resumes it. Sound that was heard
// without an acknowledgement is not heard twice, and sound that it could not send is a gap.
func TestComesBackTooLate(t *testing.T) {
	sound := samples(t)
	want := timelineOf(t, "room", bytes.NewReader(sound), raw)
	packets := cut(sound, 2*piece)
	dir := filepath.Join(t.TempDir(), "kept")
	s := serveKept(t, httpapi.Limits{Resume: time.Millisecond}, "", dir)
	c := s.open("stream=room&name=room&framing=numbered")
	c.sendAll(packets, 1, 100)
	if err := c.read(func() bool { return c.timeline.At() > 0 }); err != nil {
		t.Fatal(err)
	}
	c.conn.CloseNow()
	query := "framing=numbered&session=" + c.session + "&run=" + c.timeline.Run()
	gone := func() bool {
		status, _, _ := s.ask("GET", "/v1/live?"+query, nil)
		return status == 404
	}
	for end := time.Now().Add(20 * time.Second); !gone(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the recording goes on")
		}
	}
	for status := 0; status != 426; time.Sleep(10 * time.Millisecond) { // its end will be kept in a moment
		status, _, _ = s.ask("GET", "/v1/live?stream=room&"+query, nil)
	}
	b := *c
	b.timeline, b.kinds = &event.Timeline{}, map[event.Kind]int{}
	again, _, err := s.dial("stream=room&"+query+"&after="+itoa(c.after), &b)
	if err != nil {
		t.Fatal(err)
	}
	defer again.conn.CloseNow()
	// What was still on its way when the connection broke may not have arrived.
	if heard := uint64(c.timeline.At() / piece); again.session != c.session || again.next <= heard || again.next > 101 {
		t.Fatalf("packet %d of session %s is expected, 100 of %s were sent and %d were heard", again.next, again.session, c.session, heard)
	}
	for _, p := range packets[again.next+9:] { // ten are lost
		again.send(p.Append(nil))
	}
	again.end()
	if again.timeline.At() != want.At() || again.kinds[event.GapFound] != 1 || again.lost != 10 {
		t.Errorf("heard up to %v, %d gaps, %d packets lost", again.timeline.At(), again.kinds[event.GapFound], again.lost)
	}
	last := want.Turns()[len(want.Turns())-1]
	middle := (last.Start + last.End) / 2
	if got := again.timeline.Between(middle, middle+1); len(got) != 1 || got[0].Speaker != last.Speaker {
		t.Errorf("after the gap: %+v, expected speaker %v", got, last.Speaker)
	}
}

// When nothing can be written to the disk, the recorder is told, and the sound is heard all the
// same.
func TestNothingCanBeKept(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	s := serveKept(t, httpapi.Limits{}, "", filepath.Join(file, "kept"))
	c := s.open("framing=numbered")
	packets := cut(samples(t)[:3*32000], 2*piece)
	c.sendAll(packets, 1, uint64(len(packets)))
	if err := c.read(func() bool { return c.acked == uint64(len(packets)) }); err != nil {
		t.Fatal(err)
	}
	c.end()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, said := range [][]string{c.notices, s.said} {
		if !slices.ContainsFunc(said, func(text string) bool {
			return strings.Contains(text, "cannot be kept") && strings.Contains(text, file)
		}) || len(said) > 2 {
			t.Errorf("said %q", said)
		}
	}
}

func TestResumeRefusals(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "kept")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "damaged.session"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := serveKept(t, httpapi.Limits{}, "", dir)
	if len(s.said) != 1 || !strings.Contains(s.said[0], "stream damaged was interrupted and cannot be continued") {
		t.Errorf("said %q", s.said)
	}
	for _, c := range []struct {
		status int
		says   string
		query  string
	}{
		{404, "nothing is kept", "stream=room&resume=true"},
		{404, "cannot be continued", "stream=damaged&resume=true"},
		{400, "stream=ID", "resume=true"},
		{400, "no join", "stream=room&resume=true&join=true"},
		{400, "true or false", "stream=room&resume=perhaps"},
		{400, "ago=5: expected it with", "stream=room&ago=5"},
		{400, "0 to 3600000", "stream=room&resume=true&ago=-5"},
		{400, "run=", "session=x&run=a%20b"},
	} {
		for _, header := range [][]string{nil, ws} {
			if status, text, _ := s.ask("GET", "/v1/live?"+c.query, nil, header...); status != c.status || !strings.Contains(text, c.says) {
				t.Errorf("%s: %d, %s", c.query, status, text)
			}
		}
	}
	none := serve(t, httpapi.Limits{}, "")
	if status, text, _ := none.ask("GET", "/v1/live?stream=room&resume=true", nil); status != 404 || !strings.Contains(text, "keeps nothing") {
		t.Errorf("%d, %s", status, text)
	}
}
