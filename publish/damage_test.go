package publish

import (
	"bytes"
	"errors"
	"fmt"
	"hash/crc32"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/testkit/eventtest"
	"github.com/seed-7adb9000/diarizer/publish/natsd"
)

// forgetful is a server that forgets message ids at once.
func forgetful(t *testing.T) (url string, js jetstream.JetStream) {
	t.Helper()
	url = serve(t, natsd.Options{}).URL()
	js, err := jetstream.New(dial(t, url))
	if err != nil {
		t.Fatal(err)
	}
	config := StreamOptions{}.config()
	config.Duplicates = 100 * time.Millisecond
	if _, err := js.CreateStream(patient(t), config); err != nil {
		t.Fatal(err)
	}
	return url, js
}

// journaled publishes the events of a run up to number sent. The events after them, up to number
// kept, are only in the journal.
func journaled(t *testing.T, nc *nats.Conn, dir string, events []event.Event, sent, kept int) {
	t.Helper()
	if sent > 0 {
		p := newPublisher(t, nc, PublisherOptions{Journal: dir, Run: events[0].Run})
		for _, e := range events[:sent] {
			if err := p.Publish(e); err != nil {
				t.Fatal(err)
			}
		}
		if err := p.Close(patient(t)); err != nil {
			t.Fatal(err)
		}
	}
	if kept > sent {
		abandon(t, dir, PublisherOptions{}, events[:kept])
	}
}

// runOf reads the messages of a run from the server.
func runOf(t *testing.T, nc *nats.Conn, js jetstream.JetStream, stream, run string) (messages []Message) {
	t.Helper()
	s, err := js.Stream(patient(t), JetStreamName)
	if err != nil {
		t.Fatal(err)
	}
	last, err := s.GetLastMsgForSubject(patient(t), StreamSubjects(stream))
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return nil
	}
	if err != nil {
		t.Fatal(err)
	}
	for m, err := range Subscribe(patient(t), nc, SubscribeOptions{Streams: []string{stream}}) {
		if err != nil {
			t.Fatal(err)
		}
		if m.Run == run {
			messages = append(messages, m)
		}
		if m.Number >= last.Sequence {
			break
		}
	}
	return messages
}

// A power cut leaves any part of a journal, the server has forgotten all ids, and perhaps the stream
// has another run by now. The next process publishes every whole event and a filler for every damaged
// one. The run has an end, and no event is there twice.
func TestWhatAPowerCutLeftIsPublished(t *testing.T) {
	url, js := forgetful(t)
	nc := dial(t, url)
	lost := 0
	for seed := range uint64(40) {
		r := rand.New(rand.NewPCG(seed, 3))
		stream := fmt.Sprint("meeting-", seed)
		events := eventtest.Encoded(r, stream, 12)
		run := event.NewRun(time.Now())
		for i := range events {
			events[i].Run = run
		}
		kept := 1 + r.IntN(len(events)-2) // without the end
		sent := r.IntN(kept + 1)
		early := r.IntN(sent + 1)
		dir := t.TempDir()
		path := func(suffix string) string { return filepath.Join(dir, events[0].Run+suffix) }
		var stale []byte
		if early > 0 {
			journaled(t, nc, dir, events, early, early)
			stale, _ = os.ReadFile(path(".cursor"))
		}
		journaled(t, nc, dir, events, sent, kept)
		if r.IntN(2) == 0 {
			publishAll(t, nc, eventtest.Encoded(r, stream, 3))
		}
		what := spoil(t, r, path, stale)
		whole := wholeEvents(t, path(".journal"))
		forget(t, js)
		known := whole > 0 || what != "no cursor"

		if _, err := FlushJournals(patient(t), nc, dir, PublisherOptions{OnError: func(err error) { t.Log(err) }}); err != nil {
			t.Errorf("%d, %s: %v", seed, what, err)
		}
		got := runOf(t, nc, js, stream, events[0].Run)
		if !known && len(got) == sent || sent == 0 && whole == 0 && len(got) == 0 {
			continue // no trace of the run is left, or none of its events was ever published
		}
		if want := max(sent, whole) + 1; len(got) != want {
			t.Errorf("%d, %s: %d events, expected %d: %d were sent, %d kept, the last whole is %d", seed, what, len(got), want, sent, kept, whole)
			continue
		}
		for i, m := range got[:len(got)-1] {
			filler := m.Kind == event.StatusReported && m.Status.Lost > 0 && i >= sent
			if m.Seq != uint64(i+1) || m.Kind != events[i].Kind && !filler {
				t.Errorf("%d, %s: event %d is %s %d", seed, what, i+1, m.Kind, m.Seq)
			}
			if filler {
				lost++
			}
		}
		if end := got[len(got)-1]; end.Kind != event.StreamEnded || end.End.Reason != event.Failed || end.Seq != uint64(len(got)) || end.At < got[max(0, len(got)-2)].At {
			t.Errorf("%d, %s: the last event is %s %d at %v", seed, what, end.Kind, end.Seq, end.At)
		}
		if n, err := FlushJournals(patient(t), nc, dir, PublisherOptions{}); n != 0 || err != nil {
			t.Errorf("%d, %s: %d events published again, %v", seed, what, n, err)
		}
	}
	if lost == 0 {
		t.Error("no journal lost an event in the middle")
	}
}

// spoil damages a journal as a power cut may.
func spoil(t *testing.T, r *rand.Rand, path func(string) string, stale []byte) (what string) {
	t.Helper()
	data, err := os.ReadFile(path(".journal"))
	if err != nil {
		t.Fatal(err)
	}
	cursor, err := os.ReadFile(path(".cursor"))
	if err != nil {
		t.Fatal(err)
	}
	from := 0
	if len(data) > 0 {
		from = r.IntN(len(data))
	}
	switch r.IntN(5) {
	case 0:
		what, data = "cut", data[:from]
	case 1:
		what = "zeros"
		clear(data[from:min(len(data), from+r.IntN(600))])
	case 2:
		what = "zeros at the end"
		clear(data[from:])
	case 3:
		what, data = "nothing", nil
	}
	switch r.IntN(4) {
	case 0:
		what, cursor = "no cursor", nil
	case 1:
		if stale != nil {
			what, cursor = what+", old cursor", stale
		}
	}
	for suffix, content := range map[string][]byte{".journal": data, ".cursor": cursor} {
		if err := os.WriteFile(path(suffix), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return what
}

// wholeEvents is the number of the last event in the file.
func wholeEvents(t *testing.T, path string) (last int) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for line := range bytes.Lines(data) {
		text, whole := bytes.CutSuffix(line, []byte("\n"))
		if whole && len(text) > 9 && string(text[:9]) == fmt.Sprintf("%08x ", crc32.ChecksumIEEE(text[9:])) {
			e, err := event.Decode(text[9:])
			if err != nil {
				t.Fatal(err)
			}
			last = int(e.Seq)
		}
	}
	return last
}

// A journal that cannot be read does not prevent the publishing of others.
func TestAnUnreadableJournalIsNoObstacle(t *testing.T) {
	dir := t.TempDir()
	events := eventtest.Encoded(eventtest.Seeded(90), "meeting", 5)
	abandon(t, dir, PublisherOptions{}, events)
	if err := os.Mkdir(filepath.Join(dir, "a-directory.journal"), 0o700); err != nil {
		t.Fatal(err)
	}
	url := serve(t, natsd.Options{}).URL()
	n, err := FlushJournals(patient(t), dial(t, url), dir, PublisherOptions{})
	if n != len(events) || err == nil || !strings.Contains(err.Error(), "a-directory") {
		t.Errorf("%d of %d events published, %v", n, len(events), err)
	}
}

// The server has messages of the run that the journal does not know about. A process that goes on with
// the run does not send them again.
func TestAResumedRunAsksWhatTheServerHas(t *testing.T) {
	url, js := forgetful(t)
	nc, dir := dial(t, url), t.TempDir()
	events := eventtest.Encoded(eventtest.Seeded(91), "meeting", 30)
	half := len(events) / 2
	opts := PublisherOptions{Journal: dir, Run: events[0].Run, Resumable: true}
	p := newPublisher(t, nc, opts)
	path := filepath.Join(dir, events[0].Run)
	var data, cursor []byte
	for i, e := range events[:half] {
		if i == half/2 {
			if err := p.Flush(patient(t)); err != nil {
				t.Fatal(err)
			}
			data, _ = os.ReadFile(path + ".journal")
			cursor, _ = os.ReadFile(path + ".cursor")
		}
		if err := p.Publish(e); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.Close(patient(t)); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(os.WriteFile(path+".journal", data, 0o600), os.WriteFile(path+".cursor", cursor, 0o600)); err != nil {
		t.Fatal(err)
	}
	forget(t, js)
	p = newPublisher(t, nc, opts)
	for _, e := range events[half/2:] { // decided again
		if err := p.Publish(e); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.Close(patient(t)); err != nil {
		t.Fatal(err)
	}
	wantOnceInOrder(t, runOf(t, nc, js, "meeting", events[0].Run), map[string]int{events[0].Run: len(events)})
}
