package serve

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/pipeline"
	"github.com/seed-7adb9000/diarizer/internal/session/correct"
	"github.com/seed-7adb9000/diarizer/internal/testkit/natstest"
)

// TestNamesMove names speakers while streams move between workers by drains:
// apart from the names, the events are those of an undisturbed run.
func TestNamesMove(t *testing.T) {
	cfg := pipeline.Config{Model: anyModel()}
	nc := natstest.New(t)
	m := newMeetings(t, cfg, 3, 20)
	first := startWorker(t, nc, testOptions(cfg))
	events := m.plays(t, nc, cfg, 4, func() {
		waitForSpeakers(t, nc, m.names)
		for _, name := range m.names {
			asked(t, nc, name, correct.Correction{Action: correct.Rename, Speaker: 1, Name: "Ada"})
		}
		second := startWorker(t, natstest.Connect(t, nc.ConnectedUrl()), testOptions(cfg))
		first.end(t)
		for _, name := range m.names {
			asked(t, nc, name, correct.Correction{Action: correct.Rename, Speaker: 1, Name: "Grace"})
		}
		startWorker(t, natstest.Connect(t, nc.ConnectedUrl()), testOptions(cfg))
		second.end(t)
		for _, name := range m.names {
			asked(t, nc, name, correct.Correction{Action: correct.Undo})
		}
	})
	for i, name := range m.names {
		names, rest := ofPeople(t, events[i])
		var said []string
		for _, e := range names {
			said = append(said, e.Speaker.String()+" "+e.Name)
		}
		if want := []string{"S1 Ada", "S1 Grace", "S1 Ada"}; !slices.Equal(said, want) {
			t.Errorf("stream %s: names %v, expected %v", name, said, want)
		}
		if !slices.Equal(rest, m.events[i]) {
			t.Errorf("stream %s: without the names, %s", name, firstDifference(rest, m.events[i]))
		}
	}
}

// TestMergeSurvivesKill merges two speakers, kills the worker process before its
// next checkpoint, and takes the merge back with its successor.
func TestMergeSurvivesKill(t *testing.T) {
	cfg := manyVoices()
	nc := natstest.New(t)
	m := newMeetings(t, cfg, 2, 30)
	url := nc.ConnectedUrl()
	s, err := openShared(t.Context(), nc, StoreOptions{})
	if err != nil {
		t.Fatal(err)
	}
	first := startChild(t, url, childVoices+"=1")
	merges, merged, undone := make([]correct.Correction, 2), make([]correct.Reply, 2), make([]correct.Reply, 2)
	events := m.plays(t, nc, cfg, 1.5, func() {
		for i, name := range m.names {
			waitFor(t, func() bool {
				live := liveSpeakers(t, s, name)
				if len(live) < 2 {
					return false
				}
				merges[i] = correct.Correction{Action: correct.Merge, Speaker: live[1], Into: live[0], ID: "merge"}
				var err error
				merged[i], err = correct.Request(t.Context(), nc, name, merges[i])
				return err == nil // otherwise, the clustering has merged them already
			})
		}
		first.kill()
		startChild(t, url, childVoices+"=1")
		for i, name := range m.names {
			// Asked again, the successor knows the result.
			if again := asked(t, nc, name, merges[i]); again != merged[i] {
				t.Errorf("stream %s: asked again, %+v, expected %+v", name, again, merged[i])
			}
			undone[i] = asked(t, nc, name, correct.Correction{Action: correct.Undo})
		}
	})
	for i, name := range m.names {
		e := decode(t, events[i][merged[i].Seq-1])
		if e.Kind != event.SpeakerMerged || e.Speaker != merges[i].Speaker || e.Into != merges[i].Into {
			t.Errorf("stream %s: %+v led to %+v", name, merges[i], e)
		}
		if undone[i].Seq < merged[i].Seq {
			t.Errorf("stream %s: taken back with event %d, merged with event %d", name, undone[i].Seq, merged[i].Seq)
		}
	}
}

// TestLateCorrection stores a correction among the sound while the owner is cut off. The next
// owner reads it, and the client gets the answer.
func TestLateCorrection(t *testing.T) {
	cfg := pipeline.Config{Model: anyModel()}
	nc := natstest.New(t)
	m := newMeetings(t, cfg, 1, 24)
	p := newProxy(t, nc.ConnectedUrl())
	first := startWorker(t, natstest.Connect(t, p.url()), testOptions(cfg))
	s, err := openShared(t.Context(), nc, StoreOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var reply correct.Reply
	events := m.plays(t, nc, cfg, 2, func() {
		waitForSpeakers(t, nc, m.names)
		run := first.all()[0].state().Run
		p.sever(true)
		c := correct.Correction{Action: correct.Rename, Speaker: 1, Name: "Ada", Run: run, ID: "late"}
		if err := s.putNote(t.Context(), m.names[0], "session-"+m.names[0], noteCorrection, c); err != nil {
			t.Error(err)
		}
		startWorker(t, nc, testOptions(cfg))
		reply = asked(t, nc, m.names[0], c) // again
		p.sever(false)
	})
	if e := decode(t, events[0][reply.Seq-1]); e.Kind != event.SpeakerIdentified || e.Name != "Ada" {
		t.Errorf("the answer names event %d, which is %+v", reply.Seq, e)
	}
	if names, _ := ofPeople(t, events[0]); len(names) != 1 {
		t.Errorf("%d names, expected 1", len(names))
	}
}

// TestRefusedCorrections: the answer to a wrong correction says what is wrong. Without a run,
// nobody answers.
func TestRefusedCorrections(t *testing.T) {
	cfg := pipeline.Config{Model: anyModel()}
	nc := natstest.New(t)
	m := newMeetings(t, cfg, 1, 8)
	name := m.names[0]
	startWorker(t, nc, testOptions(cfg))
	ask := func(c correct.Correction) error {
		_, err := correct.Request(t.Context(), nc, name, c)
		return err
	}
	rename := correct.Correction{Action: correct.Rename, Speaker: 1, Name: "Ada"}
	if err := ask(rename); !errors.Is(err, correct.ErrNobody) {
		t.Errorf("before the run: %v", err)
	}
	sound := m.sound[0]
	half := len(sound) / 2
	if err := feed(t.Context(), nc, name, sound[:half], 20); err != nil {
		t.Fatal(err)
	}
	waitForSpeakers(t, nc, m.names)
	for _, c := range []struct {
		correct.Correction
		want string
	}{
		{correct.Correction{Action: correct.Undo}, "nothing to take back"},
		{correct.Correction{Action: correct.Rename, Speaker: 77, Name: "x"}, "S77 is not a speaker"},
		{correct.Correction{Action: correct.Undo, Run: "another"}, "about run another"},
	} {
		if err := ask(c.Correction); !errors.Is(err, correct.ErrRefused) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v, expected %q", c.Correction, err, c.want)
		}
	}
	if msg, err := nc.Request(correct.Subject(name), []byte("{"), time.Minute); err != nil || !strings.Contains(string(msg.Data), "malformed correction") {
		t.Errorf("malformed: %v, %v", msg, err)
	}
	if err := ask(rename); err != nil {
		t.Error(err)
	}
	if err := feed(t.Context(), nc, name, sound[half:], 20); err != nil {
		t.Fatal(err)
	}
	waitFor(t, func() bool { return errors.Is(ask(rename), correct.ErrNobody) })
	if names, _ := ofPeople(t, lastRun(t, nc, name)); len(names) != 1 {
		t.Errorf("%d names, expected 1", len(names))
	}
}
