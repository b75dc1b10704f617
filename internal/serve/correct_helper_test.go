package serve

import (
	"context"
	"encoding/json"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/seed-7adb9000/diarizer/capture/natsaudio"
	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/bus/wait"
	"github.com/seed-7adb9000/diarizer/internal/pipeline"
	"github.com/seed-7adb9000/diarizer/internal/session/correct"
	"github.com/seed-7adb9000/diarizer/publish"
)

// manyVoices are settings with which the sound of speech has several speakers.
func manyVoices() pipeline.Config {
	m := anyModel()
	m.Threshold = 20
	return pipeline.Config{Model: m}
}

// kept returns the messages of a stream's sound as JetStream keeps them.
func kept(t *testing.T, nc *nats.Conn, stream string) []message {
	t.Helper()
	s, err := openShared(t.Context(), nc, StoreOptions{})
	if err != nil {
		t.Fatal(err)
	}
	last, err := lastNumber(t.Context(), s.audio, natsaudio.Subject(stream))
	if err != nil {
		t.Fatal(err)
	}
	in := &intake{js: s.audio, subject: natsaudio.Subject(stream), report: func(err error) { t.Error(err) }}
	defer in.stop()
	var all []message
	for len(all) == 0 || all[len(all)-1].number < last {
		m, _, err := in.next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, m)
	}
	return all
}

// movesLead holds that the messages lead to the events and turns of want when another owner goes
// on after every so many messages.
func movesLead(t *testing.T, cfg pipeline.Config, all []message, want *recorder, every ...int) {
	t.Helper()
	for _, every := range every {
		rec := &recorder{}
		f, err := newFollower("room", cfg, rec)
		if err != nil {
			t.Fatal(err)
		}
		for i, m := range all {
			if i%every == every-1 {
				if f, err = resume("room", cfg, rec, f.snapshot()); err != nil {
					t.Fatal(err)
				}
			}
			if err := f.push(t.Context(), m); err != nil {
				t.Fatal(err)
			}
		}
		if !f.ended || !slices.Equal(rec.text, want.text) {
			t.Errorf("moved every %d messages: %s", every, firstDifference(rec.text, want.text))
		}
	}
}

// replayed has the events and turns of one undisturbed process for some messages.
func replayed(t *testing.T, stream string, cfg pipeline.Config, all []message) *recorder {
	t.Helper()
	rec := &recorder{}
	f, err := newFollower(stream, cfg, rec)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range all {
		if err := f.push(t.Context(), m); err != nil {
			t.Fatal(err)
		}
		if f.ended {
			return rec
		}
	}
	t.Fatal("the run has not ended")
	return nil
}

// asked sends a correction until it is taken, as people do.
func asked(t *testing.T, nc *nats.Conn, stream string, c correct.Correction) correct.Reply {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for {
		reply, err := correct.Request(ctx, nc, stream, c)
		if err == nil {
			return reply
		}
		if ctx.Err() != nil || !wait.Sleep(ctx, 50*time.Millisecond) {
			t.Errorf("stream %s, %+v: %v", stream, c, err)
			return correct.Reply{}
		}
	}
}

// plays feeds 60 % of m's sound at a speed while script runs, and the rest once script has ended,
// so that it works on a slow machine too. It checks that the events of every stream are those of
// its messages, each once, with every correction at its place. It returns the events.
func (m *meetings) plays(t *testing.T, nc *nats.Conn, cfg pipeline.Config, speed float64, script func()) [][]string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	events, lines := make([][]string, len(m.names)), make([]string, len(m.names))
	ended := make(chan struct{})
	var wg sync.WaitGroup
	for i, name := range m.names {
		wg.Go(func() {
			all := m.sound[i]
			err := feed(ctx, nc, name, all[:len(all)*6/10], speed)
			select {
			case <-ended:
			case <-ctx.Done():
			}
			if err == nil {
				err = feed(ctx, nc, name, all[len(all)*6/10:], 1000)
			}
			if err != nil {
				t.Error(err)
			}
		})
		wg.Go(func() {
			var err error
			if events[i], lines[i], err = told(ctx, nc, name); err != nil {
				t.Error(err)
			}
		})
	}
	func() {
		defer close(ended) // also where script fails
		script()
	}()
	wg.Wait()
	for i, name := range m.names {
		want := replayed(t, name, cfg, kept(t, nc, name))
		if !slices.Equal(events[i], want.text) {
			t.Errorf("stream %s: %d events, expected %d:\n%s", name, len(events[i]), len(want.text), firstDifference(events[i], want.text))
		}
		if rttm, err := want.rttm(); err != nil || lines[i] != rttm {
			t.Errorf("stream %s: RTTM\n%s\nexpected\n%s", name, lines[i], rttm)
		}
	}
	return events
}

func firstDifference(got, want []string) string {
	for i := range min(len(got), len(want)) {
		if got[i] != want[i] {
			return got[i] + "\nexpected\n" + want[i]
		}
	}
	return "one goes on after the other has ended"
}

// decode reads an event from its text.
func decode(t *testing.T, text string) event.Event {
	t.Helper()
	var e event.Event
	if err := json.Unmarshal([]byte(text), &e); err != nil {
		t.Fatal(err)
	}
	return e
}

// ofPeople divides events into names, which the undisturbed run does not have, and the rest.
func ofPeople(t *testing.T, events []string) (names []event.Event, rest []string) {
	t.Helper()
	for _, text := range events {
		e := decode(t, text)
		if e.Kind == event.SpeakerIdentified {
			names = append(names, e)
			continue
		}
		// Numbers count the names too.
		e.Seq -= uint64(len(names))
		e.Revision -= uint64(len(names))
		rest = append(rest, plain(e))
	}
	return names, rest
}

// liveSpeakers are the speakers of a stream's only run, by its published events.
func liveSpeakers(t *testing.T, s *shared, stream string) []event.Speaker {
	t.Helper()
	last, err := lastNumber(t.Context(), s.events, publish.StreamSubjects(stream))
	if err != nil {
		t.Fatal(err)
	}
	events, _, err := readEvents(t.Context(), s.events, stream, 1, last)
	if err != nil {
		t.Fatal(err)
	}
	var live []event.Speaker
	for _, e := range events {
		switch e.Kind {
		case event.SpeakerAdded:
			live = append(live, e.Speaker)
		case event.SpeakerMerged:
			live = slices.DeleteFunc(live, func(s event.Speaker) bool { return s == e.Speaker })
		}
	}
	return live
}

// waitForSpeakers waits until each stream has a speaker.
func waitForSpeakers(t *testing.T, nc *nats.Conn, streams []string) {
	t.Helper()
	s, err := openShared(t.Context(), nc, StoreOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, stream := range streams {
		waitFor(t, func() bool { return len(liveSpeakers(t, s, stream)) > 0 })
	}
}
