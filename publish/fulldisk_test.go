package publish

import (
	"errors"
	"testing"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/testkit/eventtest"
	"github.com/seed-7adb9000/diarizer/publish/journal"
	"github.com/seed-7adb9000/diarizer/publish/natsd"
)

// full is a journal on a disk that has room only at times.
type full struct {
	*journal.Journal
	room func() bool
}

var errFull = errors.New("no space left on device")

func (f full) Append(record []byte) error {
	if !f.room() {
		return errFull
	}
	return f.Journal.Append(record)
}

func TestFullDiskLosesNothingWhileTheProgramLives(t *testing.T) {
	s := serve(t, natsd.Options{})
	j, err := journal.Create(t.TempDir(), "run")
	if err != nil {
		t.Fatal(err)
	}
	spool, err := openSpool(j, "run")
	if err != nil {
		t.Fatal(err)
	}
	r := eventtest.Seeded(80)
	spool.store = full{j, func() bool { return r.IntN(3) == 0 }}
	c, err := newCourier(dial(t, s.URL()), StreamOptions{}, func(err error) { t.Log(err) })
	if err != nil {
		t.Fatal(err)
	}
	defer c.stop()
	events := eventtest.Encoded(eventtest.Seeded(81), "meeting", 300)
	said := 0
	go func() {
		defer spool.close()
		for _, e := range events {
			msg, err := NewMessage(e)
			if err != nil {
				t.Error(err)
			}
			if _, err := spool.push(e, msg.Data); errors.Is(err, errFull) {
				said++
			}
		}
	}()
	if err := c.deliver(patient(t), spool, func() {}); err != nil {
		t.Fatal(err)
	}
	if err := spool.release(); err != nil {
		t.Fatal(err)
	}
	if said == 0 {
		t.Error("the full disk was not mentioned")
	}
	wantOnceInOrder(t, stored(t, s.URL(), ended), map[string]int{events[0].Run: len(events)})
}

// An event that waits in memory for room on the disk is being sent when there is room again. It goes to the
// journal before the events after it, so that the next process has it too.
func TestAnEventOnItsWayIsJournaledWhenTheDiskHasRoom(t *testing.T) {
	dir := t.TempDir()
	events := eventtest.Encoded(eventtest.Seeded(82), "meeting", 3)[:3]
	room := false
	s, push := spoolWith(t, dir, events[0].Run, func() bool { return room })
	if push(events[0]) == nil {
		t.Error("a full disk is no error")
	}
	if p, _, err := s.pop(); err != nil || p == nil || p.event.Seq != 1 {
		t.Fatalf("popped %+v, %v", p, err)
	}
	if _, _, safe := s.counts(); safe {
		t.Error("an event that is in memory alone is safe")
	}
	room = true
	if err := push(events[1]); err != nil {
		t.Fatal(err)
	}
	if _, _, safe := s.counts(); !safe {
		t.Error("with room on the disk, the events are not safe")
	}
	if err := s.release(); err != nil { // before the server has answered
		t.Fatal(err)
	}
	s, _ = spoolWith(t, dir, events[0].Run, func() bool { return true })
	for _, e := range events[:2] {
		p, _, err := s.pop()
		if err != nil || p == nil || p.filler || p.event.Seq != e.Seq {
			t.Fatalf("the next process has %+v for event %d, %v", p, e.Seq, err)
		}
		if err := s.done(p, e.Seq); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.release(); err != nil {
		t.Fatal(err)
	}
}

// Whether or not an event on its way goes to the journal before the server has it, it is sent once, and no
// memory of it is left.
func TestAnEventFromMemoryIsSentOnce(t *testing.T) {
	for _, meanwhile := range []bool{false, true} {
		events := eventtest.Encoded(eventtest.Seeded(82), "meeting", 3)[:3]
		room := false
		s, push := spoolWith(t, t.TempDir(), events[0].Run, func() bool { return room })
		_ = push(events[0])
		for i, e := range events {
			p, _, err := s.pop()
			if err != nil || p == nil || p.event.Seq != e.Seq {
				t.Fatalf("popped %+v for event %d, %v", p, e.Seq, err)
			}
			room = meanwhile
			if i+1 < len(events) && meanwhile {
				_ = push(events[i+1])
			}
			if err := s.done(p, e.Seq); err != nil {
				t.Fatal(err)
			}
			if i+1 < len(events) && !meanwhile {
				_ = push(events[i+1])
			}
		}
		if p, _, err := s.pop(); p != nil || err != nil || len(s.memory) > 0 {
			t.Errorf("left: %+v, %v, %d events in memory", p, err, len(s.memory))
		}
		if err := s.release(); err != nil {
			t.Fatal(err)
		}
	}
}

// noCursor is a journal whose cursor cannot be written.
type noCursor struct{ *journal.Journal }

func (noCursor) Save(map[string]uint64) error { return errFull }
func (noCursor) Done(map[string]uint64) error { return errFull }

// The next process finds in the journal what the server has already, and more. The cursor that still cannot
// be written is mentioned, and holds up nothing.
func TestEventsDoNotWaitForTheCursor(t *testing.T) {
	s := serve(t, natsd.Options{})
	dir := t.TempDir()
	events := eventtest.Encoded(eventtest.Seeded(81), "meeting", 30)[:20]
	for _, n := range []int{10, 20} {
		spool, push := spoolWith(t, dir, events[0].Run, nil)
		spool.store = noCursor{spool.store.(full).Journal}
		for _, e := range events[:n] {
			if err := push(e); err != nil {
				t.Fatal(err)
			}
		}
		spool.close()
		said := 0
		c, err := newCourier(dial(t, s.URL()), StreamOptions{}, func(err error) {
			if errors.Is(err, errFull) {
				said++
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		defer c.stop()
		if err := c.deliver(patient(t), spool, func() {}); err != nil {
			t.Fatal(err)
		}
		if _, acked, _ := spool.counts(); acked != uint64(n) || said == 0 {
			t.Errorf("%d of %d events acknowledged, the cursor mentioned %d times", acked, n, said)
		}
		if err := spool.release(); err != nil {
			t.Fatal(err)
		}
	}
	last := func(m Message) bool { return m.Seq == uint64(len(events)) }
	wantOnceInOrder(t, stored(t, s.URL(), last), map[string]int{events[0].Run: len(events)})
}

// spoolWith returns a spool over a journal on a disk that has room at times, and how it takes an event.
func spoolWith(t *testing.T, dir, run string, room func() bool) (*spool, func(event.Event) error) {
	t.Helper()
	j, err := journal.OpenOrCreate(dir, run)
	if err != nil {
		t.Fatal(err)
	}
	s, err := openSpool(j, run)
	if err != nil {
		t.Fatal(err)
	}
	s.store = full{j, room}
	return s, func(e event.Event) error {
		t.Helper()
		msg, err := NewMessage(e)
		if err != nil {
			t.Fatal(err)
		}
		open, err := s.push(e, msg.Data)
		if !open {
			t.Fatal("the spool is closed")
		}
		return err
	}
}
