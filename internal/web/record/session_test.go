package record

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"testing"
	"time"

	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/session/table"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func begin(t testing.TB, format Format) *Session {
	t.Helper()
	s, err := NewRegistry(1, time.Hour).Begin("room", format)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

var usual = Format{S16, capture.Rate, 1}

// counting is a packet whose samples are their own positions.
func counting(seq uint64, position int64, n int) Packet {
	data := make([]byte, 0, 2*n)
	for i := range n {
		data = binary.LittleEndian.AppendUint16(data, uint16(position+int64(i)))
	}
	return Packet{seq, position, data}
}

// heardOf reads all sound that a session has, by position.
func heardOf(t testing.TB, s *Session) map[int64]int16 {
	t.Helper()
	all, end := map[int64]int16{}, int64(0)
	for {
		b, err := s.Source().Next(context.Background())
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil || b.Start < end {
			t.Fatalf("block at %d after %d, %v", b.Start, end, err)
		}
		for i, x := range b.Samples {
			all[b.Start+int64(i)] = int16(x * 32768)
		}
		end = b.End()
	}
}

// Packets come twice, or again after a lost connection, or not at all. Sound that was
// acknowledged is heard, each sample once and in its place.
func TestAcknowledgedIsHeard(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, err := NewRegistry(1, time.Hour).Begin("room", usual)
		if err != nil {
			t.Fatal(err)
		}
		want := map[int64]int16{}
		position, next := int64(0), uint64(1)
		var sent []Packet
		for range rapid.IntRange(1, 40).Draw(t, "packets") {
			if len(sent) > 0 && rapid.IntRange(0, 3).Draw(t, "again") == 0 {
				for _, p := range sent[rapid.IntRange(0, len(sent)-1).Draw(t, "from"):] {
					if err := s.Take(context.Background(), p); err != nil {
						t.Fatal(err)
					}
				}
				continue
			}
			if rapid.IntRange(0, 4).Draw(t, "loses") == 0 { // the recorder gave this sound up
				position += rapid.Int64Range(1, 5000).Draw(t, "samples lost")
				next += rapid.Uint64Range(1, 9).Draw(t, "numbers lost")
			}
			p := counting(next, position, rapid.IntRange(1, 800).Draw(t, "samples"))
			if err := s.Take(context.Background(), p); err != nil {
				t.Fatal(err)
			}
			if got := s.Since("", 0).Acked; got != next {
				t.Fatalf("packet %d: acknowledged up to %d", next, got)
			}
			sent = append(sent, p)
			for i := range len(p.Data) / 2 {
				want[position+int64(i)] = int16(position + int64(i))
			}
			position, next = position+int64(len(p.Data)/2), next+1
		}
		s.End()
		all, end := map[int64]int16{}, int64(0)
		for {
			b, err := s.Source().Next(context.Background())
			if err != nil {
				break
			}
			if b.Start < end {
				t.Fatalf("a block at %d after %d", b.Start, end)
			}
			for i, x := range b.Samples {
				all[b.Start+int64(i)] = int16(x * 32768)
			}
			end = b.End()
		}
		for at, x := range want {
			if all[at] != x {
				t.Fatalf("sample %d is %d, sent %d", at, all[at], x)
			}
		}
		if len(all) != len(want) {
			t.Fatalf("%d samples heard, %d sent", len(all), len(want))
		}
	})
}

func TestWaitsForTheDiarizer(t *testing.T) {
	s := begin(t, usual)
	ctx, cancel := context.WithCancel(t.Context())
	position, seq := int64(0), uint64(1)
	waited := make(chan error, 1)
	go func() {
		for {
			if err := s.Take(ctx, counting(seq, position, capture.Rate)); err != nil {
				waited <- err
				return
			}
			seq, position = seq+1, position+capture.Rate
		}
	}()
	for s.Since("", 0).Acked < table.Held/capture.Rate {
		<-s.Since("", 0).News
	}
	cancel()
	if err := <-waited; !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	// A connection that was given up takes no more packets, even when there is room again:
	// the packet that it gave up would count as lost.
	if _, err := s.Source().Next(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := s.Take(ctx, counting(seq+1, position+capture.Rate, 1)); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if got := s.Since("", 0).Acked; got != table.Held/capture.Rate {
		t.Errorf("%d s of sound wait, expected %d", got, table.Held/capture.Rate)
	}
	s.End()
	if got := len(heardOf(t, s)) + capture.Rate; got != table.Held {
		t.Errorf("%d samples heard, %d acknowledged", got, table.Held)
	}
}

func TestRefusesWhatIsNoSound(t *testing.T) {
	for _, c := range []struct {
		format Format
		packet Packet
	}{
		{usual, Packet{Seq: 1, Data: []byte{1}}},
		{usual, Packet{Seq: 1, Position: -1, Data: []byte{1, 2}}},
		{usual, Packet{Seq: 1, Position: 1 << 60, Data: []byte{1, 2}}},
		{Format{F32, 48000, 2}, Packet{Seq: 1, Data: make([]byte, 12)}},
		{Format{Opus, 48000, 1}, Packet{Seq: 1, Data: []byte{3}}},
	} {
		s := begin(t, c.format)
		if err := s.Take(t.Context(), c.packet); !errors.Is(err, ErrPacket) || s.Since("", 0).Acked != 0 {
			t.Errorf("%+v, %+v: %v", c.format, c.packet, err)
		}
	}
	for _, f := range []Format{{"mp3", 16000, 1}, {S16, 10, 1}, {S16, 16000, 0}, {S16, 16000, 33}, {Opus, 16000, 1}, {Opus, 48000, 3}} {
		if _, err := NewRegistry(1, time.Hour).Begin("a", f); err == nil {
			t.Errorf("%+v is taken", f)
		}
	}
}

func TestEndsWhereItIsTooLong(t *testing.T) {
	s, err := NewRegistry(1, time.Second).Begin("room", usual)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Take(t.Context(), counting(1, 0, capture.Rate)); err != nil {
		t.Fatal(err)
	}
	if err := s.Take(t.Context(), counting(2, capture.Rate, 1)); !errors.Is(err, ErrOver) {
		t.Error(err)
	}
	if u := s.Since("", 0); !u.Over || u.Acked != 1 || len(u.Notices) != 1 {
		t.Errorf("%+v", u)
	}
	if got := len(heardOf(t, s)); got != capture.Rate {
		t.Errorf("%d samples heard", got)
	}
}

func TestRecorderComesBack(t *testing.T) {
	r := NewRegistry(1, time.Hour)
	s, err := r.Begin("room", usual)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Begin("other", usual); !errors.Is(err, ErrFull) {
		t.Error(err)
	}
	left := make(chan struct{})
	first := s.Attach(func() { close(left) })
	second := s.Attach(func() {})
	<-left                 // the second connection takes the recording over
	s.Detach(first, 0)     // the second connection is not lost
	s.Detach(second, 1e12) // lost, and a third one comes
	third := s.Attach(func() {})
	if found, err := r.Find(s.ID()); err != nil || found != s || s.Since("", 0).Over {
		t.Error(err)
	}
	s.Detach(third, 0) // lost, and no other one comes
	for !s.Since("", 0).Over {
		<-s.Since("", 0).News
	}
	s.Done(nil)
	if !s.Abandoned() {
		t.Error("a recording that is over and that nobody is connected to is not abandoned")
	}
	r.Forget(s)
	if _, err := r.Find(s.ID()); !errors.Is(err, ErrNone) {
		t.Error(err)
	}
	a := NewRegistry(9, time.Hour)
	if _, err := a.Begin("room", usual); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Begin("room", usual); !errors.Is(err, ErrTaken) {
		t.Error(err)
	}
	a.Close()
	if _, err := a.Begin("other", usual); !errors.Is(err, ErrClosing) {
		t.Error(err)
	}
}

// A recorder that reads late gets the latest events, and how many are not kept any more.
func TestEventsAreBounded(t *testing.T) {
	s := begin(t, usual)
	const n = 3*keepEvents + 7
	var read uint64
	var missed uint64
	for i := range n {
		if err := s.Event(event.Event{Stream: "room", Run: "r", Seq: uint64(i + 1), Kind: event.SpeakerAdded, Speaker: 1}); err != nil {
			t.Fatal(err)
		}
		if i == 100 || i == n-1 {
			u := s.Since("r", read)
			if u.Missed+uint64(len(u.Events)) != uint64(i+1)-read || len(u.Events) > keepEvents {
				t.Fatalf("event %d: %d events, %d missed after %d", i, len(u.Events), u.Missed, read)
			}
			read, missed = u.Seq, u.Missed
		}
	}
	if missed == 0 || read != n {
		t.Errorf("%d missed, told up to %d of %d", missed, read, n)
	}
	if u := s.Since("r", n); len(u.Events) != 0 || u.Missed != 0 || u.Seq != n {
		t.Errorf("%+v", u)
	}
	if u := s.Since("r", n+5); len(u.Events) != 0 || len(u.Notices) != 0 {
		t.Errorf("%+v", u)
	}
}

// An update has the run of its events, so that a recorder that has been told the first event is not
// told it a second time. A recorder that has events of another run is told all of them.
func TestEventsAreOfARun(t *testing.T) {
	s := begin(t, usual)
	if u := s.Since("", 5); u.Run != "" || u.Seq != 5 || len(u.Events) != 0 {
		t.Errorf("before the first event: %+v", u)
	}
	if err := s.Event(event.Event{Stream: "room", Run: "r", Seq: 1, Kind: event.SpeakerAdded, Speaker: 1}); err != nil {
		t.Fatal(err)
	}
	for _, of := range []string{"", "another"} {
		u := s.Since(of, 5)
		if u.Run != "r" || u.Seq != 1 || len(u.Events) != 1 {
			t.Errorf("after event 5 of run %q: %+v", of, u)
		}
		if u = s.Since(u.Run, u.Seq); u.Run != "r" || u.Seq != 1 || len(u.Events) != 0 {
			t.Errorf("told again: %+v", u)
		}
	}
}
