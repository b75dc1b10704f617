package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/event/rttm"
	"github.com/seed-7adb9000/diarizer/internal/show/export"
	"github.com/seed-7adb9000/diarizer/online"
	"github.com/seed-7adb9000/diarizer/publish"
)

// talk is a run of n turns of two speakers.
func talk(stream, run string, n int) []event.Event {
	enc := event.Encoder{Stream: stream, Run: run}
	events := []event.Event{enc.Start(event.Source{})}
	var at int64
	for i := range n {
		turn := online.Turn{ID: i + 1, Speaker: i%2 + 1, Start: at, End: at + 16000, Confidence: 0.9, State: online.Final}
		at += 20000
		events = append(events, online.Encode(&enc, online.Event{Kind: online.TurnEnded, At: at, Turn: turn}))
	}
	return append(events, enc.Finish(at, event.Finished, ""))
}

func publishTo(t *testing.T, url string, events []event.Event) {
	t.Helper()
	nc, err := publish.Connect(t.Context(), url, publish.ConnectOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	p, err := publish.NewPublisher(nc, publish.PublisherOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range events {
		if err := p.Publish(e); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := p.Close(ctx); err != nil {
		t.Fatal(err)
	}
}

// written is the RTTM that the publishing program writes for events.
func written(t *testing.T, events []event.Event) string {
	t.Helper()
	var tl event.Timeline
	for _, e := range events {
		if err := tl.Apply(e); err != nil {
			t.Fatal(err)
		}
	}
	var out bytes.Buffer
	if err := rttm.Write(&out, tl.Segments()); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func read(t *testing.T, file string) string {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// again is the RTTM of a stream's second run beside its first.
func again(lines, stream string) string {
	return strings.ReplaceAll(lines, "SPEAKER "+stream+" ", "SPEAKER "+stream+"-2 ")
}

// The files of a watch have both of two meetings of the same name, one after the other.
func TestWatchFollowsRuns(t *testing.T) {
	url := natsServer(t)
	first, second := talk("standup", "run1", 3), talk("standup", "run2", 5)
	publishTo(t, url, first)
	dir := t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	var stdout, stderr shout
	done := make(chan int, 1)
	go func() {
		done <- run(ctx, []string{"watch", "--nats", url, "--stream", "standup", "--rttm", filepath.Join(dir, "m.rttm"), "--out", filepath.Join(dir, "m.vtt")}, strings.NewReader(""), &stdout, &stderr)
	}()
	stdout.wait(t, "finished at .*3 turns")
	publishTo(t, url, second)
	stdout.wait(t, "finished at .*5 turns")
	cancel()
	if status := <-done; status != exitInterrupted {
		t.Errorf("status %d: %s", status, stderr.String())
	}
	if got, want := read(t, filepath.Join(dir, "m.rttm")), written(t, first)+again(written(t, second), "standup"); got != want {
		t.Errorf("RTTM\n%sexpected\n%s", got, want)
	}
	for name, cues := range map[string]int{"m.vtt": 3, "m-2.vtt": 5} {
		if n := strings.Count(read(t, filepath.Join(dir, name)), "-->"); n != cues {
			t.Errorf("%s has %d cues, want %d", name, n, cues)
		}
	}
	if strings.Contains(stderr.String(), "missing") {
		t.Errorf("said: %s", stderr.String())
	}
}

func TestWatchPrintsTheLatestRun(t *testing.T) {
	url := natsServer(t)
	first, second, other := talk("standup", "run1", 3), talk("standup", "run2", 5), talk("lecture", "run3", 2)
	for _, events := range [][]event.Event{first, other, second} {
		publishTo(t, url, events)
	}
	for _, c := range []struct {
		args  []string
		lines int // of turns
		rttm  string
	}{
		{[]string{"--stream", "standup"}, 5, written(t, second)},
		{[]string{"--stream", "standup", "--all"}, 8, written(t, first) + again(written(t, second), "standup")},
		{nil, 7, written(t, other) + written(t, second)},
		{[]string{"--all"}, 10, written(t, first) + again(written(t, second), "standup") + written(t, other)},
		{[]string{"--since", "1h"}, 10, written(t, first) + again(written(t, second), "standup") + written(t, other)},
		{[]string{"--stream", "lecture,standup"}, 7, written(t, other) + written(t, second)},
	} {
		file := filepath.Join(t.TempDir(), "out.rttm")
		var stdout, stderr bytes.Buffer
		args := append([]string{"watch", "--nats", url, "--until-end", "--rttm", file}, c.args...)
		if code := run(t.Context(), args, strings.NewReader(""), &stdout, &stderr); code != 0 || stderr.String() != fmt.Sprintf("wrote %s, %d bytes\n", file, len(c.rttm)) {
			t.Errorf("%v: exit status %d, %s", c.args, code, &stderr)
		}
		if n := strings.Count(stdout.String(), "1.0 s"); n != c.lines {
			t.Errorf("%v: %d lines of turns, expected %d:\n%s", c.args, n, c.lines, &stdout)
		}
		if got := read(t, file); got != c.rttm {
			t.Errorf("%v: RTTM\n%sexpected\n%s", c.args, got, c.rttm)
		}
	}
}

// Streams that begin at a server's first messages are heard from their first events, in
// whatever order they are named.
func TestWatchFromTheFirstMessage(t *testing.T) {
	url := natsServer(t)
	a, b := talk("a", "run1", 2), talk("b", "run2", 3)
	publishTo(t, url, a[:1])
	publishTo(t, url, b)
	publishTo(t, url, a[1:])
	for streams, want := range map[string]string{"a,b": written(t, a) + written(t, b), "b,a": written(t, a) + written(t, b), "b": written(t, b)} {
		file := filepath.Join(t.TempDir(), "out.rttm")
		status, _, stderr := diarizer(t.Context(), nil, "watch", "--nats", url, "--until-end", "--rttm", file, "--stream", streams)
		if got := read(t, file); status != 0 || strings.Contains(stderr, "missing") || got != want {
			t.Errorf("%s: status %d, %s%s, expected\n%s", streams, status, stderr, got, want)
		}
	}
}

// Streams whose first events are lost are called by their ids.
func TestWatchWithoutStarts(t *testing.T) {
	url := natsServer(t)
	a, b := talk("a", "run1", 2), talk("b", "run2", 3)
	publishTo(t, url, a[1:])
	publishTo(t, url, b[1:])
	file := filepath.Join(t.TempDir(), "out.rttm")
	status, _, stderr := diarizer(t.Context(), nil, "watch", "--nats", url, "--until-end", "--rttm", file)
	if got, want := read(t, file), written(t, a)+written(t, b); status != 0 || strings.Count(stderr, "events 1 to 1 are missing") != 2 || got != want {
		t.Errorf("status %d, %s%s, expected\n%s", status, stderr, got, want)
	}
}

// A format that holds one run tells on standard output that there are more, and makes no
// file for them.
func TestWatchRunsToStandardOutput(t *testing.T) {
	url := natsServer(t)
	t.Chdir(t.TempDir())
	publishTo(t, url, talk("standup", "run1", 3))
	publishTo(t, url, talk("standup", "run2", 5))
	status, stdout, stderr := diarizer(t.Context(), nil, "watch", "--nats", url, "--until-end", "--all", "--stream", "standup", "--out", "vtt:-")
	if status != exitOutput || strings.Count(stdout, "-->") != 3 || !strings.Contains(stderr, "holds one run, the first of 2") {
		t.Errorf("status %d, %s%s", status, stdout, stderr)
	}
	if all, err := os.ReadDir("."); err != nil || len(all) > 0 {
		t.Errorf("left behind: %v, %v", all, err)
	}
}

// Whatever needs each turn keeps each, printed or as a file.
func TestFormatsOfEveryTurn(t *testing.T) {
	for _, c := range []struct {
		printed string
		files   []finalFile
		want    bool
	}{
		{"text", nil, false},
		{jsonl, []finalFile{{format: export.RTTM}}, false},
		{"rttm", nil, false},
		{"csv", nil, true},
		{"text", []finalFile{{format: export.RTTM}, {format: export.CSV}}, true},
	} {
		if got := everyTurn(c.printed, c.files); got != c.want {
			t.Errorf("%+v: %v", c, got)
		}
	}
}

// Files that have not all turns are named.
func TestShortenedFiles(t *testing.T) {
	var tl event.Timeline
	tl.Bound(50)
	for _, e := range talk("standup", "run1", 60) {
		if err := tl.Apply(e); err != nil {
			t.Fatal(err)
		}
	}
	r := newResults(io.Discard, io.Discard, false, true)
	if err := r.out("--out", []string{filepath.Join(t.TempDir(), "a.rttm"), filepath.Join(t.TempDir(), "a.csv")}, true); err != nil {
		t.Fatal(err)
	}
	if err := r.write(whole, []*event.Timeline{&tl}, nil); err != nil {
		t.Fatal(err)
	}
	want := fmt.Sprintf("a.csv has the latest %d turns of standup, and not the %d before them", len(tl.Turns()), tl.Settled())
	if err := r.shortened([]*event.Timeline{&tl}); tl.Settled() == 0 || err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "a.rttm has") {
		t.Errorf("%v, expected %q", err, want)
	}
	if err := r.shortened([]*event.Timeline{{}}); err != nil {
		t.Errorf("of an empty stream: %v", err)
	}
}

// A message that is no event is told, also where it is the last one of its stream.
func TestLastMessageIsNoEvent(t *testing.T) {
	url := natsServer(t)
	publishTo(t, url, talk("standup", "run1", 3))
	nc, err := nats.Connect(url)
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	if err := errors.Join(nc.Publish("diarizer.v1.standup.note", []byte("hello")), nc.Flush()); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for _, c := range []struct{ args, want, says string }{
		{"watch --until-end --stream standup", "3 turns", "not an event"},
		{"stats --stream standup", "standup", ""},
		{"name standup S1=Ada", "Ada", ""},
		{"watch --until-end --stream standup", "Ada", "not an event"}, // the name follows the message
	} {
		args := strings.Fields(c.args)
		args = append(args[:1:1], append([]string{"--nats", url}, args[1:]...)...)
		status, stdout, stderr := diarizer(ctx, nil, args...)
		if status != 0 || !strings.Contains(stdout+stderr, c.want) || !strings.Contains(stderr, c.says) {
			t.Errorf("%s: status %d, %s%s", c.args, status, stdout, stderr)
		}
	}
}

func TestWatchPrintsJSONAsItCame(t *testing.T) {
	url := natsServer(t)
	events := talk("standup", "run1", 3)
	publishTo(t, url, events)
	var stdout, stderr bytes.Buffer
	if code := run(t.Context(), []string{"watch", "--nats", url, "--until-end", "--json"}, strings.NewReader(""), &stdout, &stderr); code != 0 {
		t.Fatalf("exit status %d, %s", code, &stderr)
	}
	lines := strings.Split(strings.TrimSuffix(stdout.String(), "\n"), "\n")
	if len(lines) != len(events) {
		t.Fatalf("%d lines for %d events", len(lines), len(events))
	}
	for i, line := range lines {
		if e, err := event.Decode([]byte(line)); err != nil || e.ID() != events[i].ID() {
			t.Errorf("line %d: %s, %v", i+1, line, err)
		}
	}
}

func TestWatchFormats(t *testing.T) {
	url := natsServer(t)
	first, second := talk("standup", "run1", 3), talk("standup", "run2", 2)
	publishTo(t, url, first)
	publishTo(t, url, second)
	for _, c := range []struct {
		args []string
		want []string
	}{
		{[]string{"--format", "rttm"}, []string{written(t, second)}},
		{[]string{"--format", "csv"}, []string{"stream,run,turn,start,", "\nstandup,run2,2,1.250,2.250,S2,S2,0.9,0,final\n"}},
		{[]string{"--format", "csv", "--all"}, []string{"\nstandup,run1,3,2.500,3.500,S1,S1,0.9,0,final\nstandup,run2,1,"}},
		{[]string{"--format", "srt"}, []string{"2\n00:00:01,250 --> 00:00:02,250\nS2\n"}},
		{[]string{"--format", "vtt"}, []string{"WEBVTT\n\n1\n00:00:00.000 --> 00:00:01.000\n<v S1>S1</v>\n"}},
		{[]string{"--format", "eaf"}, []string{"<TIER TIER_ID=\"S2\""}},
		{[]string{"--format", "jsonl"}, []string{`"kind":"stream-ended"`}},
	} {
		var stdout, stderr bytes.Buffer
		args := append([]string{"watch", "--nats", url, "--until-end", "--stream", "standup"}, c.args...)
		if code := run(t.Context(), args, strings.NewReader(""), &stdout, &stderr); code != 0 || stderr.Len() > 0 {
			t.Errorf("%v: exit status %d, %s", c.args, code, &stderr)
		}
		for _, want := range c.want {
			if !strings.Contains(stdout.String(), want) {
				t.Errorf("%v: %s\nexpected %q in it", c.args, &stdout, want)
			}
		}
	}
}

func TestWatchStoppedWritesWhatIsKnown(t *testing.T) {
	url := natsServer(t)
	events := talk("standup", "run1", 4)
	publishTo(t, url, events[:4])
	file := filepath.Join(t.TempDir(), "out.rttm")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	stdout := writerFunc(func(p []byte) (int, error) {
		if strings.Contains(string(p), "00:02.5") { // the third turn
			cancel()
		}
		return len(p), nil
	})
	writeFile(t, file, []byte("old"))
	err := watch(ctx, stdout, io.Discard, watchOptions{url: url, rttm: file, results: resultFlags{force: true}})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("stopped: %v", err)
	}
	if got, want := read(t, file), written(t, events[:4]); got != want {
		t.Errorf("RTTM\n%sexpected\n%s", got, want)
	}
	if _, err := os.Stat(file + ".1"); err == nil { // Ctrl-C is the normal end of a watch
		t.Error("the older file was kept in spite of --force")
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

func TestWatchSaysWhatIsMissing(t *testing.T) {
	url := natsServer(t)
	events := talk("standup", "run1", 4)
	publishTo(t, url, append(events[:2:2], events[3:]...)[1:]) // renumbered from 2
	file := filepath.Join(t.TempDir(), "out.rttm")
	var stdout, stderr bytes.Buffer
	if code := run(t.Context(), []string{"watch", "--nats", url, "--until-end", "--rttm", file}, strings.NewReader(""), &stdout, &stderr); code != 0 {
		t.Errorf("exit status %d", code)
	}
	if !strings.Contains(stderr.String(), "events 1 to 1 are missing") || strings.Count(read(t, file), "\n") != 3 {
		t.Errorf("said %q and wrote\n%s", stderr.String(), read(t, file))
	}
}

func TestWatchRefusesInOneLine(t *testing.T) {
	for _, args := range [][]string{
		{"5", "--nats", "nats://127.0.0.1:1"},
		{"2", "--stream", "a b"},
		{"2", "--since", "-1m"},
		{"2", "--since", "1m", "--all"},
		{"2", "--format", "docx"},
		{"2", "--format", "csv", "--json"},
		{"2", "--nats-wait", "-1s"},
		{"3", "--nats-creds", "no-such-file"},
		{"5", "--nats-context", "no-such-context"},
		{"2", "extra"},
		{"2", "--out", "a.vtt"}, // of all streams
		{"2", "--stream", "a", "--out", "a.docx"},
		{"4", "--stream", "a", "--out", "none/a.vtt"},
		{"4", "--rttm", "none/a.rttm"},
		{"4", "--format", "csv", "--rttm", "-"},
	} {
		var stdout, stderr bytes.Buffer
		code := run(t.Context(), append([]string{"watch"}, args[1:]...), strings.NewReader(""), &stdout, &stderr)
		if fmt.Sprint(code) != args[0] || strings.Count(stderr.String(), "\n") != 1 || stdout.Len() > 0 {
			t.Errorf("%v: exit status %d, %q", args, code, &stderr)
		}
	}
}

// Messages before the latest run are earlier, until the server's stream was made again: its
// numbers begin with 1, and all it has is new.
func TestEarlierMessages(t *testing.T) {
	w := &watcher{first: map[string]uint64{"a": 10, "b": 20}}
	for i, m := range []struct {
		number  uint64
		stream  string
		earlier bool
	}{{9, "a", true}, {10, "a", false}, {11, "b", true}, {21, "b", false}, {22, "c", false}, {1, "a", false}, {2, "b", false}, {9, "a", false}} {
		if got := w.earlier(publish.Message{Number: m.number, Event: event.Event{Stream: m.stream}}); got != m.earlier {
			t.Errorf("message %d, number %d of %s: earlier %v", i, m.number, m.stream, got)
		}
	}
}
