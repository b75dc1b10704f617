package publish

import (
	"context"
	"errors"
	"maps"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/testkit/eventtest"
	"github.com/seed-7adb9000/diarizer/publish/journal"
	"github.com/seed-7adb9000/diarizer/publish/natsd"
)

// gone is a context that is done.
func gone(t testing.TB) context.Context {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	return ctx
}

// abandon publishes events while no server answers, so that they stay in the journal.
func abandon(t *testing.T, dir string, opts PublisherOptions, events []event.Event) {
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
	first, second := eventtest.Encoded(eventtest.Seeded(70), "meeting", 30), eventtest.Encoded(eventtest.Seeded(71), "meeting", 30)
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
	messages := stored(t, s.URL(), func(m Message) bool { return m.Run == second[0].Run && m.Kind == event.StreamEnded })
	wantOnceInOrder(t, messages, map[string]int{"0-dead": len(first), second[0].Run: len(second)})
	end := messages[len(first)-1]
	if end.Run != "0-dead" || end.End == nil || end.End.Reason != event.Failed || end.At != dead[len(dead)-1].At {
		t.Errorf("the dead run ends with %+v", end.Event)
	}
	runs, err := Journals(dir)
	if err != nil || len(runs) != 2 || runs[0].Waiting+runs[1].Waiting != 0 || runs[0].Acked != uint64(len(first)) {
		t.Errorf("journals afterwards: %+v, %v", runs, err)
	}
}

// The server has all events of a process that died. The next process ends the run.
func TestADeadRunIsEnded(t *testing.T) {
	dir := t.TempDir()
	s := serve(t, natsd.Options{})
	events := eventtest.Encoded(eventtest.Seeded(77), "meeting", 10)
	half := events[:len(events)/2]
	p := newPublisher(t, dial(t, s.URL()), PublisherOptions{Journal: dir, Run: events[0].Run})
	for _, e := range half {
		if err := p.Publish(e); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.Close(patient(t)); err != nil {
		t.Fatal(err)
	}
	for i, want := range []int{1, 0} {
		if n, err := FlushJournals(patient(t), dial(t, s.URL()), dir, PublisherOptions{}); n != want || err != nil {
			t.Errorf("flush %d: %d events, %v", i+1, n, err)
		}
	}
	wantOnceInOrder(t, stored(t, s.URL(), ended), map[string]int{events[0].Run: len(half) + 1})
}

func TestARunGoesOnInAnotherProcess(t *testing.T) {
	dir := t.TempDir()
	events := eventtest.Encoded(eventtest.Seeded(72), "meeting", 40)
	s := serve(t, natsd.Options{})
	for i, cut := range []int{len(events) / 3, len(events) / 2, len(events)} {
		if i == 1 {
			abandon(t, dir, PublisherOptions{Resumable: true}, events[:cut])
			// Another process publishes the rest, and leaves the run open.
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

// A client that may publish its own stream's events and nothing else goes on after a crash in which the
// acknowledgement of its last event was lost, even if the server has forgotten the id of that event.
func TestPublishPermissionSufficesAfterACrash(t *testing.T) {
	url := natsWith(t, &server.Options{JetStream: true, StoreDir: t.TempDir(), Users: []*server.User{{Username: "admin", Password: "a"},
		{Username: "box", Password: "b", Permissions: &server.Permissions{
			Publish:   &server.SubjectPermission{Allow: []string{StreamSubjects("meeting")}},
			Subscribe: &server.SubjectPermission{Allow: []string{"_INBOX.>"}}}}}})
	as := func(user string) string { return strings.Replace(url, "nats://", "nats://"+user+"@", 1) }
	js, err := jetstream.New(dial(t, as("admin:a")))
	if err != nil {
		t.Fatal(err)
	}
	config := StreamOptions{}.config()
	config.Duplicates = 100 * time.Millisecond
	if _, err := js.CreateStream(patient(t), config); err != nil {
		t.Fatal(err)
	}
	events := eventtest.Encoded(eventtest.Seeded(78), "meeting", 10)
	opts := PublisherOptions{Journal: t.TempDir(), Run: events[0].Run, Resumable: true}
	for _, cut := range []int{len(events) / 2, len(events)} {
		p := newPublisher(t, dial(t, as("box:b")), opts)
		for _, e := range events[:cut] {
			if err := p.Publish(e); err != nil {
				t.Fatal(err)
			}
		}
		if cut < len(events) {
			if err := p.Flush(patient(t)); err != nil {
				t.Fatal(err)
			}
		}
		if err := p.Close(patient(t)); err != nil {
			t.Fatal(err)
		}
		if cut < len(events) {
			forgetLast(t, opts, events[:cut])
			forget(t, js)
		}
	}
	var own []Message
	for _, m := range stored(t, as("admin:a"), ended) {
		if m.Stream == "meeting" {
			own = append(own, m)
		}
	}
	wantOnceInOrder(t, own, map[string]int{events[0].Run: len(events)})
}

// forgetLast puts the journal into the state in which the last event was sent and not yet
// acknowledged.
func forgetLast(t *testing.T, opts PublisherOptions, events []event.Event) {
	t.Helper()
	read, err := journal.Open(opts.Journal, opts.Run)
	if err != nil {
		t.Fatal(err)
	}
	state := maps.Clone(read.Passed().State)
	if err := read.Remove(); err != nil {
		t.Fatal(err)
	}
	last := events[len(events)-1]
	before := state[string(last.Kind)]
	for i, e := range events {
		if e.Kind == last.Kind && i < len(events)-1 {
			before = uint64(i + 1) // the run has the stream to itself
		}
	}
	if before == state[string(last.Kind)] {
		before = 0
	}
	state[string(last.Kind)], state[stateSeq] = before, last.Seq-1
	j, err := journal.Create(opts.Journal, opts.Run)
	if err != nil {
		t.Fatal(err)
	}
	for i, e := range events {
		msg, err := NewMessage(e)
		if err != nil {
			t.Fatal(err)
		}
		if err := j.Append(msg.Data); err != nil {
			t.Fatal(err)
		}
		if i == len(events)-1 {
			continue
		}
		if _, err := j.Next(); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(j.Done(state), j.Close()); err != nil {
		t.Fatal(err)
	}
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
	if err := p.Publish(eventtest.Encoded(eventtest.Seeded(1), "meeting", 1)[0]); !errors.Is(err, event.ErrRun) {
		t.Errorf("an event of another run: %v", err)
	}
}

func TestJournalThatCannotBeIsSaidAndDoneWithout(t *testing.T) {
	file := t.TempDir() + "/file"
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	var said []error // all come before NewPublisher returns
	s := serve(t, natsd.Options{})
	events := eventtest.Encoded(eventtest.Seeded(73), "meeting", 5)
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

// The oldest journals of runs whose end the server has are deleted, also if another process could have gone on
// with the run. One that may still go on stays.
func TestFinishedJournalsAreBounded(t *testing.T) {
	dir := t.TempDir()
	nc := dial(t, serve(t, natsd.Options{}).URL())
	var sizes int64
	for i, run := range []string{"a", "b", "c"} {
		events := eventtest.Encoded(eventtest.Seeded(uint64(74+i)), "meeting", 20)
		if run == "a" {
			events = events[:len(events)-1]
		}
		p := newPublisher(t, nc, PublisherOptions{Journal: dir, Run: run, Resumable: run != "c"})
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
	if runs[0].Ended || !runs[1].Ended || !runs[1].Resumable || runs[1].unfinished() {
		t.Errorf("%+v: expected that b alone was ended and could have gone on", runs)
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
