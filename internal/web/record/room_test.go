package record

import (
	"errors"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/session/table"
)

// join returns a recording and another recording that joins it.
func join(t *testing.T, most int) (r *Registry, one, two *Session, src capture.Source) {
	t.Helper()
	r = NewRegistry(most, time.Hour)
	one, err := r.Begin("room", usual)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Join("room", usual); !errors.Is(err, ErrTaken) {
		t.Errorf("somebody joined what nobody hears: %v", err)
	}
	src = one.Source()
	if two, err = r.Join("room", usual); err != nil {
		t.Fatal(err)
	}
	return r, one, two, src
}

// The others wait for a silent device no longer than [table.Patience].
func TestNobodyWaitsForLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, one, two, src := join(t, 4)
		heard := make(chan int64, 1)
		go func() {
			end := int64(0)
			for {
				b, err := src.Next(t.Context())
				if err != nil {
					if !errors.Is(err, io.EOF) {
						t.Error(err)
					}
					heard <- end
					return
				}
				end = b.End()
			}
		}()
		const n = capture.Rate / 10
		for i := range int64(100) { // ten seconds, of which the first device hears five
			if i < 50 {
				if err := one.Take(t.Context(), counting(uint64(i+1), i*n, n)); err != nil {
					t.Fatal(err)
				}
			}
			if err := two.Take(t.Context(), counting(uint64(i+1), i*n, n)); err != nil {
				t.Fatal(err)
			}
			time.Sleep(100 * time.Millisecond)
		}
		synctest.Wait()
		if waits := 10*capture.Rate - one.room.length(); waits > capture.Rate/2 {
			t.Errorf("%d samples wait", waits)
		}
		two.End()
		if !two.Since("", 0).Done {
			t.Error("a device that has left is not told so while another one stays")
		}
		one.End()
		if got := <-heard; got < 9*capture.Rate {
			t.Errorf("heard %d samples", got)
		}
	})
}

// Every recorder is told all events from the first one on, and the end. Places are free
// again afterwards.
func TestJoinedAreTold(t *testing.T) {
	r, one, two, src := join(t, 3)
	if err := r.Check("room", true); err != nil {
		t.Error(err)
	}
	if err := r.Check("other", true); !errors.Is(err, ErrNobody) {
		t.Error(err)
	}
	for i := range 3 {
		if err := one.Event(event.Event{Stream: "room", Run: "r", Seq: uint64(i + 1), Kind: event.SpeakerAdded, Speaker: 1}); err != nil {
			t.Fatal(err)
		}
	}
	three, err := r.Join("room", usual)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []*Session{one, two, three} {
		if u := s.Since("", 0); len(u.Events) != 3 || u.Missed != 0 || u.Done {
			t.Errorf("%+v", u)
		}
	}
	three.End()
	r.Forget(three)
	two.End()
	one.End()
	if _, err := r.Join("room", usual); !errors.Is(err, ErrTaken) {
		t.Errorf("somebody joined what has ended: %v", err)
	}
	if _, err := src.Next(t.Context()); !errors.Is(err, io.EOF) {
		t.Error(err)
	}
	one.Done(errors.New("no more"))
	if u := one.Since("r", 3); !u.Done || u.Failure != "no more" {
		t.Errorf("%+v", u)
	}
	if u := two.Since("r", 3); !u.Done || u.Failure != "" {
		t.Errorf("one that has left before is told of a failure: %+v", u)
	}
	if _, err := r.Begin("room", usual); err != nil {
		t.Errorf("the stream is not free: %v", err)
	}
}

func TestRoomIsFull(t *testing.T) {
	r, _, _, _ := join(t, 100)
	for range table.Most - 2 {
		if _, err := r.Join("room", usual); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := r.Join("room", usual); !errors.Is(err, ErrFull) {
		t.Error(err)
	}
}
