package record

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/internal/session/table"
)

// A state may be taken at any moment. Everything that it acknowledges was heard. A recorder that
// sends the rest to another process is heard to the end, each sample once and in its place.
func TestStateAtAnyMoment(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		registry := func() *Registry {
			r := NewRegistry(2, time.Hour)
			r.Keep()
			return r
		}
		s, err := registry().Begin("room", usual)
		if err != nil {
			t.Fatal(err)
		}
		want, got := map[int64]int16{}, map[int64]int16{}
		end := int64(0)
		hear := func(s *Session) bool {
			b, err := s.Source().Next(context.Background())
			if err != nil {
				return false
			}
			if b.Start < end {
				t.Fatalf("a block at %d after %d", b.Start, end)
			}
			for i, x := range b.Samples {
				got[b.Start+int64(i)] = int16(x * 32768)
			}
			end = b.End()
			return true
		}
		var sent []Packet
		position, heard := int64(0), 0
		for range rapid.IntRange(0, 120).Draw(t, "packets") {
			position += rapid.SampledFrom([]int64{0, 0, 0, 0, 700, 40000}).Draw(t, "samples lost")
			p := counting(uint64(len(sent)+1), position, rapid.IntRange(1, 2000).Draw(t, "samples"))
			if err := s.Take(context.Background(), p); err != nil {
				t.Fatal(err)
			}
			if s.Since("", 0).Acked != 0 {
				t.Fatal("acknowledged what is not kept")
			}
			sent = append(sent, p)
			for i := range len(p.Data) / 2 {
				want[position+int64(i)] = int16(position + int64(i))
			}
			position += int64(len(p.Data) / 2)
			if len(sent)-heard > 3 || rapid.Bool().Draw(t, "hears") {
				for range len(sent) - heard {
					hear(s)
				}
				heard = len(sent)
			}
		}
		state, covered := s.State(end)
		covered()
		acked := s.Since("", 0).Acked
		if acked > 0 && sent[acked-1].Position+int64(len(sent[acked-1].Data)/2) > end {
			t.Fatalf("packet %d is acknowledged, %d samples were heard", acked, end)
		}
		data, err := json.Marshal(state)
		if err != nil {
			t.Fatal(err)
		}
		state = State{}
		if err := json.Unmarshal(data, &state); err != nil {
			t.Fatal(err)
		}
		again, err := registry().Restore("room", state, time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		again.Attach(func() {}) // so that no timer is left
		if u := again.Since("", 0); again.ID() != s.ID() || u.Acked != acked || u.Taken != acked {
			t.Fatalf("acknowledged %d, then %+v", acked, u)
		}
		for _, p := range sent[acked:] {
			if err := again.Take(context.Background(), p); err != nil {
				t.Fatal(err)
			}
		}
		again.End()
		for hear(again) {
		}
		for at, x := range want {
			if y, ok := got[at]; !ok || y != x {
				t.Fatalf("sample %d is %d, sent %d", at, y, x)
			}
		}
		if len(got) != len(want) {
			t.Fatalf("%d samples heard, %d sent", len(got), len(want))
		}
	})
}

// A stream that is cut off, with sound that was taken and not heard, can be continued from where it
// was heard.
func TestPastIsWhatWasHeard(t *testing.T) {
	for heard := range 11 {
		r := NewRegistry(1, time.Hour)
		r.Keep()
		s, err := r.Begin("room", usual)
		if err != nil {
			t.Fatal(err)
		}
		var packets []Packet
		for i := range int64(10) {
			packets = append(packets, counting(uint64(i+1), i*capture.Rate, capture.Rate))
			if err := s.Take(t.Context(), packets[i]); err != nil {
				t.Fatal(err)
			}
		}
		for range heard {
			if _, err := s.Source().Next(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		s.End()
		state, ok := s.Past(int64(heard) * capture.Rate).Only(s.ID())
		if !ok {
			t.Fatalf("%d s were heard, and the recorder cannot come back", heard)
		}
		s.Done(errors.New("cut off"))
		r.Forget(s)
		again, err := r.Restore("room", state, 0)
		if err != nil {
			t.Fatal(err)
		}
		u := again.Since("", 0)
		if u.Taken != uint64(heard) || u.Acked != u.Taken || u.Position != int64(heard)*capture.Rate || u.Lost != 0 {
			t.Errorf("%d s were heard, the recorder goes on after %+v", heard, u)
		}
		for _, p := range packets[min(u.Taken, 10):] {
			if err := again.Take(t.Context(), p); err != nil {
				t.Fatal(err)
			}
		}
		again.End()
		if rest := heardOf(t, again); len(rest) != (10-heard)*capture.Rate {
			t.Errorf("%d s were heard, and then %d samples", heard, len(rest))
		}
	}
}

// A recorder comes back to a recording that has ended, while a connection of the ended recording is
// still in the time in which its recorder could have come back. When that time is over, only the
// ended recording is forgotten.
func TestEndedRecordingIsForgottenAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := NewRegistry(1, time.Hour)
		r.Keep()
		s, err := r.Begin("room", usual)
		if err != nil {
			t.Fatal(err)
		}
		connection := s.Attach(func() {})
		if err := s.Take(t.Context(), counting(1, 0, capture.Rate)); err != nil {
			t.Fatal(err)
		}
		s.End()
		heard := int64(len(heardOf(t, s)))
		state, ok := s.Past(heard).Only(s.ID())
		if !ok {
			t.Fatal("the recorder cannot come back")
		}
		s.Done(nil)
		r.Forget(s)
		s.Detach(connection, time.Minute)
		again, err := r.Restore("room", state, 0)
		if err != nil {
			t.Fatal(err)
		}
		again.Attach(func() {})
		time.Sleep(time.Hour) // no time passes but the test's own
		synctest.Wait()
		if found, err := r.Find(s.ID()); err != nil || found != again {
			t.Errorf("%p is found, %v, expected %p", found, err, again)
		}
		if err := r.Check("room", false); !errors.Is(err, ErrFull) {
			t.Errorf("a second recording of the stream could begin: %v", err)
		}
		if r.Close(); !again.Since("", 0).Over {
			t.Error("the recording has not ended with the registry")
		}
	})
}

// The memory for sound that nobody has heard yet is bounded, also for a sender that leaves a gap
// before each sample.
func TestMarksAreBounded(t *testing.T) {
	r := NewRegistry(1, 500*time.Hour)
	r.Keep()
	s, err := r.Begin("room", usual)
	if err != nil {
		t.Fatal(err)
	}
	for i := range uint64(3 * mostMarks) {
		if err := s.Take(t.Context(), counting(i+1, int64(i)*3*capture.Rate, 1)); err != nil {
			t.Fatal(err)
		}
	}
	if len(s.marks) > mostMarks || s.marks[len(s.marks)-1].seq != 3*mostMarks {
		t.Errorf("%d marks, the last one at %d", len(s.marks), s.marks[len(s.marks)-1].seq)
	}
	s.End()
}

func TestRestoreRefuses(t *testing.T) {
	one := Recorder{ID: "x", Format: usual, Seq: 3, Position: 9}
	for _, state := range []State{
		{},
		{Recorders: []Recorder{one}},
		{Recorders: []Recorder{{Format: usual}}, Table: table.State{Devices: make([]table.Place, 1)}},
		{Recorders: []Recorder{{ID: "x", Format: Format{"mp3", 1, 1}}}, Table: table.State{Devices: make([]table.Place, 1)}},
		{Recorders: []Recorder{{ID: "x", Format: usual, Assembler: []byte("no")}}, Table: table.State{Devices: make([]table.Place, 1)}},
		{Recorders: []Recorder{one, one, one}, Table: table.State{Devices: make([]table.Place, 3)}},
	} {
		r := NewRegistry(2, time.Hour)
		if s, err := r.Restore("room", state, time.Hour); err == nil {
			t.Errorf("%+v was restored to %+v", state, s)
		}
		if len(r.sessions) > 0 {
			t.Errorf("%+v is there by half", state)
		}
	}
	r := NewRegistry(2, time.Hour)
	if _, err := r.Begin("room", usual); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Restore("room", State{Recorders: []Recorder{one}, Table: table.State{Devices: make([]table.Place, 1)}}, time.Hour); !errors.Is(err, ErrTaken) {
		t.Error(err)
	}
}
