package publish

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/seed-7adb9000/diarizer/publish/journal"
	"github.com/seed-7adb9000/diarizer/publish/natsd"
)

// gone is a context that is over.
func gone(t testing.TB) context.Context {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	return ctx
}

// abandon publishes events to nobody and leaves them in the journal.
func abandon(t *testing.T, dir string, opts PublisherOptions, events []Event) {
	t.Helper()
	nc, err := Connect(t.Context(), "nats://127.0.0.1:1", ConnectOptions{Wait: true})
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	opts.Journal, opts.Run = dir, events[0].Run
	p := newPublisher(t, nc, opts)
	for _, e := range events {
		if err := p.Publish(e); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.Close(gone(t)); !errors.Is(err, ErrUnpublished) || !strings.Contains(err.Error(), dir) {
		t.Fatalf("closed without a server: %v", err)
	}
}

func TestWhatADeadProcessLeftIsPublishedFirst(t *testing.T) {
	dir := t.TempDir()
	first, second := encoded(seeded(70), "meeting", 30), encoded(seeded(71), "meeting", 30)
	for i := range first {
		first[i].Run = "0-dead"
	}
	dead := first[:len(first)-1] // before it could end
	abandon(t, dir, PublisherOptions{}, dead)

	s := serve(t, natsd.Options{})
	p := newPublisher(t, dial(t, s.URL()), PublisherOptions{Journal: dir, Run: second[0].Run})
	for _, e := range second {
		if err := p.Publish(e); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.Close(patient(t)); err != nil {
		t.Fatal(err)
	}
	messages := stored(t, s.URL(), func(m Message) bool { return m.Run == second[0].Run && m.Kind == StreamEnded })
	wantOnceInOrder(t, messages, map[string]int{"0-dead": len(first), second[0].Run: len(second)})
	end := messages[len(first)-1]
	if end.Run != "0-dead" || end.End == nil || end.End.Reason != Failed || end.At != dead[len(dead)-1].At {
		t.Errorf("the dead run ends with %+v", end.Event)
	}
	runs, err := Journals(dir)
	if err != nil || len(runs) != 2 || runs[0].Waiting+runs[1].Waiting != 0 || runs[0].Acked != uint64(len(first)) {
		t.Errorf("journals afterwards: %+v, %v", runs, err)
	}
}

func TestARunGoesOnInAnotherProcess(t *testing.T) {
	dir := t.TempDir()
	events := encoded(seeded(72), "meeting", 40)
	s := serve(t, natsd.Options{})
	for i, cut := range []int{len(events) / 3, len(events) / 2, len(events)} {
		if i == 1 {
			abandon(t, dir, PublisherOptions{Resumable: true}, events[:cut])
			// Somebody else publishes what is left, and leaves the run open.
			if n, err := FlushJournals(patient(t), dial(t, s.URL()), dir, PublisherOptions{}); err != nil || n != cut-len(events)/3 {
				t.Errorf("%d events flushed, %v", n, err)
			}
			continue
		}
		p := newPublisher(t, dial(t, s.URL()), PublisherOptions{Journal: dir, Run: events[0].Run, Resumable: true})
		for _, e := range events[:cut] { // decided again from the start
			if err := p.Publish(e); err != nil {
				t.Fatal(err)
			}
		}
		if err := p.Close(patient(t)); err != nil {
			t.Fatal(err)
		}
	}
	wantOnceInOrder(t, stored(t, s.URL(), ended), map[string]int{events[0].Run: len(events)})
}

func TestARunHasOnePublisher(t *testing.T) {
	dir := t.TempDir()
	nc := dial(t, serve(t, natsd.Options{}).URL())
	opts := PublisherOptions{Journal: dir, Run: "run"}
	newPublisher(t, nc, opts)
	if _, err := NewPublisher(nc, opts); !errors.Is(err, journal.ErrLocked) {
		t.Errorf("a second publisher: %v", err)
	}
	p := newPublisher(t, nc, PublisherOptions{Journal: dir, Run: "other"})
	if err := p.Publish(encoded(seeded(1), "meeting", 1)[0]); !errors.Is(err, ErrRun) {
		t.Errorf("an event of another run: %v", err)
	}
}

func TestJournalThatCannotBeIsSaidAndDoneWithout(t *testing.T) {
	file := t.TempDir() + "/file"
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	var said []error // all before NewPublisher returns
	s := serve(t, natsd.Options{})
	events := encoded(seeded(73), "meeting", 5)
	p := newPublisher(t, dial(t, s.URL()), PublisherOptions{Journal: file, Run: events[0].Run,
		OnError: func(err error) { said = append(said, err) }})
	if len(said) != 1 || !strings.Contains(said[0].Error(), "in memory") {
		t.Errorf("said %v", said)
	}
	for _, e := range events {
		if err := p.Publish(e); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.Flush(patient(t)); err != nil {
		t.Fatal(err)
	}
	wantOnceInOrder(t, stored(t, s.URL(), ended), map[string]int{events[0].Run: len(events)})
	if err := p.Close(patient(t)); err != nil {
		t.Fatal(err)
	}
}

func TestFinishedJournalsAreBounded(t *testing.T) {
	dir := t.TempDir()
	nc := dial(t, serve(t, natsd.Options{}).URL())
	var sizes int64
	for i, run := range []string{"a", "b", "c"} {
		events := encoded(seeded(uint64(74+i)), "meeting", 20)
		p := newPublisher(t, nc, PublisherOptions{Journal: dir, Run: run, Resumable: run == "a"})
		for _, e := range events {
			e.Run = run
			if err := p.Publish(e); err != nil {
				t.Fatal(err)
			}
		}
		if err := p.Close(patient(t)); err != nil {
			t.Fatal(err)
		}
	}
	runs, err := Journals(dir)
	if err != nil || len(runs) != 3 {
		t.Fatalf("%+v, %v", runs, err)
	}
	sizes = runs[2].Size
	if err := prune(dir, sizes); err != nil {
		t.Fatal(err)
	}
	runs, err = Journals(dir)
	if err != nil || len(runs) != 2 || runs[0].Run != "a" || runs[1].Run != "c" {
		t.Errorf("kept %+v, %v: expected the one that may go on and the newest", runs, err)
	}
}

// full is a journal on a disk that has room now and then.
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
	spool, err := openSpool(j)
	if err != nil {
		t.Fatal(err)
	}
	r := seeded(80)
	spool.store = full{j, func() bool { return r.IntN(3) == 0 }}
	c, err := newCourier(dial(t, s.URL()), StreamOptions{}, func(err error) { t.Log(err) })
	if err != nil {
		t.Fatal(err)
	}
	defer c.stop()
	events := encoded(seeded(81), "meeting", 300)
	said := 0
	go func() {
		defer spool.close()
		for _, e := range events {
			msg, err := e.Message()
			if err != nil {
				t.Error(err)
			}
			if _, err := spool.push(e.Seq, msg.Data); errors.Is(err, errFull) {
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
