package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/publish"
)

// leave puts events into a journal whose server is away.
func leave(t *testing.T, dir string, events []event.Event) {
	t.Helper()
	nc, err := publish.Connect(t.Context(), "nats://127.0.0.1:1", publish.ConnectOptions{Wait: true})
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	p, err := publish.NewPublisher(nc, publish.PublisherOptions{Journal: dir, Run: events[0].Run})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range events {
		if err := p.Publish(e); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := p.Close(ctx); !errors.Is(err, publish.ErrUnpublished) {
		t.Fatal(err)
	}
}

// succeed runs one command line, which must succeed and print no error.
func succeed(t *testing.T, stdin string, args ...string) string {
	t.Helper()
	var stdout, stderr bytes.Buffer
	if code := run(t.Context(), args, strings.NewReader(stdin), &stdout, &stderr); code != 0 || stderr.Len() > 0 {
		t.Fatalf("%v: exit status %d, %s", args, code, &stderr)
	}
	return stdout.String()
}

func TestJournalIsShownAndFlushed(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "journal")
	if out := succeed(t, "", "journal", "--journal", dir); out != "nothing in "+dir+"\n" {
		t.Errorf("of nothing: %q", out)
	}
	events := talk("standup", "run1", 3)
	url := natsServer(t)
	place := filepath.Join(dir, server(url, ""))
	leave(t, filepath.Join(dir, "another"), talk("far", "run0", 1))
	leave(t, place, events)
	leave(t, place, talk("lecture", "run2", 2)[:2]) // broke off
	show := func() string { return strings.Join(strings.Fields(succeed(t, "", "journal", "--journal", dir)), " ") }
	if out := show(); !strings.Contains(out, "run1 standup 0 5 ") || !strings.Contains(out, "run2 lecture 0 2 ") {
		t.Errorf("before: %s", out)
	}
	if out := succeed(t, "", "journal", "flush", "--journal", dir, "--nats", url); !strings.HasPrefix(out, "8 events ") {
		t.Errorf("flushed: %s", out)
	}
	if out := show(); !strings.Contains(out, "another run0 far 0 3 ") || !strings.Contains(out, "run1 standup 5 0 ") || !strings.Contains(out, "run2 lecture 3 0 ") {
		t.Errorf("after: %s", out)
	}
	if out := succeed(t, "", "journal", "flush", "--journal", dir, "--nats", url, "--from", "another"); !strings.HasPrefix(out, "3 events ") {
		t.Errorf("flushed from another: %s", out)
	}
	if out := succeed(t, "", "watch", "--nats", url, "--until-end", "--format", "rttm", "--stream", "standup"); out != written(t, events) {
		t.Errorf("watched: %s", out)
	}
}

func TestServersAreToldApart(t *testing.T) {
	same := []string{"nats://bus:4222", "bus:4222", "nats://ada:secret@bus:4222"}
	for _, url := range same {
		if server(url, "") != server(same[0], "") || strings.Contains(server(url, ""), "secret") {
			t.Errorf("%s is %s", url, server(url, ""))
		}
	}
	if server("nats://a:1, nats://b:2", "") != server("b:2,a:1", "") {
		t.Error("the order of servers matters")
	}
	seen := map[string]bool{}
	for _, s := range []string{server("bus:4222", ""), server("bus:4223", ""), server("", "bus"), server("", "x")} {
		if seen[s] {
			t.Errorf("%s twice", s)
		}
		seen[s] = true
	}
}

func TestStatsOfAServerAndOfLines(t *testing.T) {
	url := natsServer(t)
	publishTo(t, url, talk("standup", "run0", 9))
	publishTo(t, url, talk("standup", "run1", 4))
	publishTo(t, url, talk("lecture", "run2", 3)[:3]) // goes on
	out := strings.Join(strings.Fields(succeed(t, "", "stats", "--nats", url)), " ")
	for _, want := range []string{"lecture, run run2: 2.5 s heard, 2 turns", "standup, run run1: 5.0 s heard, 4 turns, 0 of them revised",
		"start of turn to a speaker, stream time 1.25 s 1.25 s 1.25 s", "end of turn to turn-ended, stream time 0.25 s", "decision to server"} {
		if !strings.Contains(out, want) {
			t.Errorf("%s\nexpected %q in it", out, want)
		}
	}
	if strings.Contains(out, "run0") {
		t.Errorf("an earlier run: %s", out)
	}
	lines := succeed(t, "", "watch", "--nats", url, "--stream", "standup", "--until-end", "--json")
	file := filepath.Join(t.TempDir(), "events.jsonl")
	if err := os.WriteFile(file, []byte(lines), 0o600); err != nil {
		t.Fatal(err)
	}
	fromFile, fromStdin := succeed(t, "", "stats", "--json", file), succeed(t, lines, "stats", "--json", "-")
	if fromFile != fromStdin || !strings.Contains(fromFile, `"run":"run1"`) || !strings.Contains(fromFile, `"turns":4`) {
		t.Errorf("%s\n%s", fromFile, fromStdin)
	}
	var stdout, stderr bytes.Buffer
	if code := run(t.Context(), []string{"stats", "-"}, strings.NewReader("{}\n"), &stdout, &stderr); code != exitInput ||
		!strings.Contains(stderr.String(), "standard input:1: ") {
		t.Errorf("of no event: exit status %d, %s", code, &stderr)
	}
}

func TestWhereToPublishIsSaidOnce(t *testing.T) {
	for _, c := range []struct {
		status int
		args   []string
	}{
		{exitUsage, []string{"--nats", "nats://127.0.0.1:1", "--nats-context", "bus"}},
		{exitServer, []string{"--nats-context", "no-such-context"}},
		{exitUsage, []string{"--retain", "-1h"}},
		{exitServer, []string{"--nats", "nats://127.0.0.1:1", "--journal", t.TempDir()}},
		{exitOutput, []string{"--nats", "nats://127.0.0.1:1", "--journal", "/dev/null/journal"}},
		{exitServer, []string{"--nats", "nats://127.0.0.1:1", "--journal", "off", "--nats-wait", "10ms"}},
	} {
		var stdout, stderr bytes.Buffer
		code := run(t.Context(), append([]string{"replay", "../../internal/cli/demo/demo.flac"}, c.args...), strings.NewReader(""), &stdout, &stderr)
		if code != c.status || strings.Count(stderr.String(), "\n") != 1 || stdout.Len() > 0 {
			t.Errorf("%v: exit status %d, expected %d, %q", c.args, code, c.status, &stderr)
		}
	}
}

// Where the server lacks events, no line says that it keeps them.
func TestWhatNoServerHas(t *testing.T) {
	o := &output{files: newResults(io.Discard, io.Discard, false, true), where: "--nats nats://bus:4222"}
	if said := o.kept(); !strings.Contains(said, "kept by the server") {
		t.Errorf("said %q", said)
	}
	if o.unsent = true; !strings.Contains(o.kept(), "in no file") {
		t.Errorf("said %q", o.kept())
	}
}

// A run that has ended does not go on, whatever it was meant to.
func TestStateOfAJournal(t *testing.T) {
	for want, runs := range map[string][]publish.Kept{
		"in use":    {{InUse: true, Resumable: true}},
		"damaged":   {{Damage: errors.New("damage"), Resumable: true}},
		"may go on": {{Resumable: true}},
		"":          {{}, {Ended: true}, {Resumable: true, Ended: true}},
	} {
		for _, r := range runs {
			if got := stateOf(r); got != want {
				t.Errorf("%+v: %q, expected %q", r, got, want)
			}
		}
	}
}
