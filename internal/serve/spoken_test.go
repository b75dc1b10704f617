package serve

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/seed-7adb9000/diarizer/capture/natsaudio"
	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/bus/wait"
	"github.com/seed-7adb9000/diarizer/internal/pipeline"
	"github.com/seed-7adb9000/diarizer/internal/session/correct"
	"github.com/seed-7adb9000/diarizer/internal/session/heard"
	"github.com/seed-7adb9000/diarizer/internal/session/said"
	"github.com/seed-7adb9000/diarizer/internal/testkit/natstest"
	"github.com/seed-7adb9000/diarizer/publish"
	"github.com/seed-7adb9000/diarizer/words"
)

// spoken is one message of words: one word each 0.4 s, from the second from on.
func spoken(seq uint64, from float64, n int) heard.Message {
	m := heard.Message{Recogniser: "script", Seq: seq}
	for i := range n {
		at := from + 0.4*float64(i)
		m.Words = append(m.Words, heard.Word{Text: fmt.Sprintf("w%d", i), Start: at, End: at + 0.35, Confidence: 0.9, Line: i == 0})
	}
	return m
}

// listOf is the words of messages as package words has them.
func listOf(messages ...heard.Message) []words.Word {
	var list []words.Word
	for _, m := range messages {
		for _, w := range m.Words {
			list = append(list, words.Word{Text: w.Text, Start: event.TimeOf(time.Duration(w.Start * 1e9)).Duration(),
				End: event.TimeOf(time.Duration(w.End * 1e9)).Duration(), Confidence: w.Confidence, Break: w.Line})
		}
	}
	return list
}

// checkWords fails unless the words of a timeline have the speakers that a join of all words with
// the final turns gives them.
func checkWords(t *testing.T, tl *event.Timeline, list []words.Word) {
	t.Helper()
	want, err := words.Join(list, said.Turns(tl))
	if err != nil {
		t.Fatal(err)
	}
	got := said.Words(tl.Words("script"))
	if len(got) != len(want) {
		t.Fatalf("%d words, expected %d", len(got), len(want))
	}
	known := 0
	for i := range want {
		if got[i].Word != want[i].Word || got[i].Speaker != want[i].Speaker {
			t.Errorf("word %d: %+v, joined %+v", i, got[i], want[i])
		}
		if got[i].Speaker != "" {
			known++
		}
	}
	if known < len(want)/2 {
		t.Errorf("%d of %d words have a speaker", known, len(want))
	}
}

// tellWords sends words until they are taken, as a recogniser does.
func tellWords(t *testing.T, nc *nats.Conn, stream string, m heard.Message) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	for {
		once, done := context.WithTimeout(ctx, 3*time.Second)
		_, err := heard.Send(once, nc, stream, m)
		done()
		if err == nil {
			return
		}
		if ctx.Err() != nil || !wait.Sleep(ctx, 50*time.Millisecond) {
			t.Errorf("stream %s: %v", stream, err)
			return
		}
	}
}

// TestWordsMove sends words while streams move between workers, one of which is killed. In the end,
// and for later readers of the events, the words have the speakers of a join of everything. Each word
// is told as often as in an undisturbed run.
func TestWordsMove(t *testing.T) {
	cfg := manyVoices()
	nc := natstest.New(t)
	m := newMeetings(t, cfg, 2, 24)
	url := nc.ConnectedUrl()
	first := startChild(t, url, childVoices+"=1")
	parts := []heard.Message{spoken(1, 0.2, 18), spoken(2, 7.5, 20), spoken(3, 15.6, 19)}
	parts[2].End = true
	m.plays(t, nc, cfg, 2, func() {
		waitForSpeakers(t, nc, m.names)
		for _, name := range m.names {
			tellWords(t, nc, name, parts[0])
		}
		first.kill()
		second := startWorker(t, natstest.Connect(t, url), testOptions(cfg))
		for _, name := range m.names {
			tellWords(t, nc, name, parts[0]) // sent again, as if the answer had been lost
			tellWords(t, nc, name, parts[1])
			asked(t, nc, name, correct.Correction{Action: correct.Rename, Speaker: 1, Name: "Ada"})
		}
		startWorker(t, natstest.Connect(t, url), testOptions(cfg))
		second.end(t)
		for _, name := range m.names {
			tellWords(t, nc, name, parts[2])
		}
	})
	for _, name := range m.names {
		tl := &event.Timeline{}
		for msg, err := range publish.Subscribe(t.Context(), nc, publish.SubscribeOptions{Streams: []string{name}}) {
			if err != nil {
				t.Fatal(err)
			}
			if err := tl.Apply(msg.Event); err != nil {
				t.Fatal(err)
			}
			if msg.Pending == 0 && tl.Ended() != nil {
				break
			}
		}
		checkWords(t, tl, listOf(parts...))
	}
}

// wordsOf are messages of a stream: its sound, with words at places among it.
func wordsOf(t *testing.T, stream string, ps []natsaudio.Packet, at map[int][]heard.Message) []message {
	t.Helper()
	var all []message
	for i, p := range ps {
		msg, err := p.Message(natsaudio.Subject(stream))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, message{header: msg.Header, data: msg.Data})
		for _, m := range at[i] {
			note := noteOf(t, noteWords, wordsNote{Message: m})
			note.header[natsaudio.HeaderSession] = []string{p.Session}
			all = append(all, note)
		}
	}
	for i := range all {
		all[i].number, all[i].stored = uint64(i+1), time.Unix(int64(i)/20, 0)
	}
	return all
}

// TestWordsInCheckpoints holds that a follower replaced between any two messages goes on to the same
// words, even while it waits for the last ones.
func TestWordsInCheckpoints(t *testing.T) {
	cfg := manyVoices()
	ps := packetsOf("s", speech(5, 20))
	last := spoken(3, 13, 16)
	last.End = true
	parts := []heard.Message{spoken(1, 0.3, 12), spoken(2, 5, 20), last}
	other := heard.Message{Recogniser: "other", Words: parts[0].Words, End: true}
	all := wordsOf(t, "room", ps, map[int][]heard.Message{150: {parts[0], other}, 260: {parts[1], parts[1]}, len(ps) - 1: {parts[2]}})
	want := replayed(t, "room", cfg, all)
	checkWords(t, &want.timeline, listOf(parts...))
	if e := decode(t, want.text[len(want.text)-1]); e.Kind != event.StreamEnded || e.End.Reason != event.Finished {
		t.Errorf("the last event is %+v", e)
	}
	movesLead(t, cfg, all, want, len(all)-1, 97)
}

// TestLastWordsAreWaitedForNotForLong ends a run whose recogniser never ends: by a stop, by words that
// come too late, and by the next session.
func TestLastWordsAreWaitedForNotForLong(t *testing.T) {
	cfg := pipeline.Config{Model: anyModel()}
	ps := packetsOf("s", speech(5, 6))
	all := wordsOf(t, "room", ps, map[int][]heard.Message{60: {spoken(1, 0.3, 8)}})
	late := wordsOf(t, "room", ps[:1], map[int][]heard.Message{0: {spoken(2, 4, 3)}})[1]
	stop := message{header: map[string][]string{headerStop: {"no sound"}}}
	next := wordsOf(t, "room", packetsOf("another", speech(6, 1)), nil)[0]
	for name, c := range map[string]struct {
		m     message
		after time.Duration
		err   error
	}{"stop": {stop, time.Second, nil}, "late words": {late, lastWords, nil}, "next": {next, time.Second, errNext}} {
		rec := &recorder{}
		f, err := newFollower("room", cfg, rec)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range all {
			if err := f.push(t.Context(), m); err != nil {
				t.Fatal(err)
			}
		}
		if f.ended || !f.closing() {
			t.Fatal("the last words are not waited for")
		}
		end := all[len(all)-1]
		in := late
		in.number, in.stored = end.number+1, end.stored.Add(lastWords-time.Second)
		if err := f.push(t.Context(), in); err != nil || f.ended {
			t.Fatalf("%s: words in time: %v, ended %v", name, err, f.ended)
		}
		c.m.number, c.m.stored = end.number+2, end.stored.Add(c.after)
		if err := f.push(t.Context(), c.m); !errors.Is(err, c.err) || !f.ended {
			t.Errorf("%s: %v, ended %v", name, err, f.ended)
		}
		if got := len(rec.timeline.Words("script")); got != 11 {
			t.Errorf("%s: %d words, expected 11", name, got)
		}
		if e := decode(t, rec.text[len(rec.text)-1]); e.Kind != event.StreamEnded || e.End.Reason != event.Finished {
			t.Errorf("%s: the last event is %+v", name, e)
		}
	}
}

// TestHostileWords holds that messages with more words than anybody can say, or with nonsense, are
// refused and answered, and that the stream goes on.
func TestHostileWords(t *testing.T) {
	cfg := pipeline.Config{Model: anyModel()}
	nc := natstest.New(t)
	m := newMeetings(t, cfg, 1, 16)
	var log lines
	opts := testOptions(cfg)
	opts.Log, opts.wordBytes = log.logger(t), 1<<20
	w := startWorker(t, nc, opts)
	stream := m.names[0]
	m.plays(t, nc, cfg, 3, func() {
		waitForSpeakers(t, nc, m.names)
		tellWords(t, nc, stream, heard.Message{Recogniser: "script", Seq: 1, Words: spoken(1, 1, 5).Words, End: true})
		for text, want := range map[string]string{
			`{"words":[{"text":"so","start":2,"end":1}]}`:                "malformed words: word 1",
			`{"run":"another","words":[{"text":"a","start":0,"end":1}]}`: "words refused: they are of run another",
			`nonsense`: "malformed words: invalid character",
		} {
			reply, err := nc.RequestWithContext(t.Context(), heard.Subject(stream), []byte(text))
			if err != nil || !strings.Contains(string(reply.Data), want) {
				t.Errorf("%s: %s, %v, expected %s", text, reply.Data, err, want)
			}
		}
		big := heard.Message{Recogniser: "loud"}
		for range heard.MaxWords {
			big.Words = append(big.Words, heard.Word{Text: strings.Repeat("o", heard.MaxText), Start: 1, End: 1e7})
		}
		data, err := json.Marshal(big)
		if err != nil {
			t.Fatal(err)
		}
		refused := 0
		for i := 0; i < 60 && refused < 3; i++ { // faster than speech, even on a slow machine
			reply, err := nc.RequestWithContext(t.Context(), heard.Subject(stream), data)
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(string(reply.Data), "more words than are spoken") {
				refused++
			}
		}
		if refused < 3 {
			t.Errorf("%d messages of %d bytes were refused", refused, len(data))
		}
		for i := range heard.MaxRecognisers {
			_, err := heard.Send(t.Context(), nc, stream, heard.Message{Recogniser: fmt.Sprint("r", i), End: true})
			if most := i >= heard.MaxRecognisers-2; errors.Is(err, heard.ErrRefused) != most {
				t.Errorf("recogniser %d: %v", i+3, err)
			}
		}
		tellWords(t, nc, stream, heard.Message{Recogniser: "loud", End: true})
	})
	if n := metricOf(t, w.Worker, "diarizer_words_refused_total"); n < 6 {
		t.Errorf("%v messages were counted", n)
	}
	if !strings.Contains(log.String(), "words are refused") {
		t.Errorf("nobody was told:\n%s", log.String())
	}
}
