//go:build linux || freebsd

package main

import (
	"context"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/session/correct"
	"github.com/seed-7adb9000/diarizer/internal/show/tui"
	"github.com/seed-7adb9000/diarizer/internal/testkit/soundcard"
)

// journeySeconds is how much of the demo's conversation the meeting has.
const journeySeconds = 14

// TestJourney is a meeting from its first second to the file that is handed on, in the steps
// of docs/first-meeting.md: a microphone by the name in the sound server, a name given on the
// page, the end, a name corrected after it, and the result in other formats.
func TestJourney(t *testing.T) {
	card := soundcard.Start(t)
	card.Load("module-remap-source", "source_name=alsa_input.usb-0d8c", "master=speaker.monitor", `source_properties="device.description='Desk Microphone'"`)
	t.Chdir(t.TempDir())
	t.Setenv("XDG_STATE_HOME", t.TempDir())
	writeFile(t, "played.wav", wavBytes(append(make([]float32, capture.Rate), demoSamples(t, journeySeconds)...)))
	url := natsServer(t)

	// Which microphones are there?
	if got := works(t, "devices"); !strings.Contains(got, "Desk Microphone") {
		t.Fatalf("devices:\n%s", got)
	}

	// The meeting begins.
	ctx, end := context.WithCancel(t.Context())
	defer end()
	var stdout, stderr shout
	status := make(chan int, 1)
	args := []string{"listen", "--model", "light", "--device", "desk mic", "--stream", "standup", "--title", "Stand-up of team A", "--nats", url,
		"--http", "127.0.0.1:0", "--identify", "--record", "standup.flac", "--out", "standup.vtt", "--out", "standup.rttm", "--out", "standup.jsonl"}
	go func() { status <- run(ctx, args, strings.NewReader(""), &stdout, &stderr) }()
	page := stderr.wait(t, `live page: (\S+)`)
	stdout.wait(t, "listening to Stand-up of team A")

	// Another one of the same name is refused.
	var second shout
	if s := run(t.Context(), args[:11], strings.NewReader(""), &second, &second); s != exitUsage || !strings.Contains(second.String(), "somebody diarizes") {
		t.Errorf("a second meeting of the name: status %d, %s", s, second.String())
	}

	// Somebody speaks, and the host gives them a name on the page.
	if err := card.Play("played.wav"); err != nil {
		t.Fatal(err)
	}
	table := downloaded(t, page, "csv", `,S1,`)
	first := regexp.MustCompile(`,(S\d+),`).FindStringSubmatch(table)[1]
	var who event.Speaker
	if err := who.UnmarshalText([]byte(first)); err != nil {
		t.Fatal(err)
	}
	if reply := post(t, page, "standup", correct.Correction{Action: correct.Rename, Speaker: who, Name: "Ada"}); reply.Error != "" {
		t.Fatalf("answered %+v", reply)
	}
	downloaded(t, page, "vtt", "<v Ada>")

	// It ends. The result is printed, and the files are there.
	end()
	if s := <-status; s != exitInterrupted {
		t.Fatalf("status %d: %s", s, stderr.String())
	}
	if got := stdout.String(); !strings.Contains(got, "interrupted at") || !regexp.MustCompile(`(?m)^Ada +\d+ %`).MatchString(got) {
		t.Errorf("the end does not show the result:\n%s", got)
	}
	for _, name := range []string{"standup.vtt", "standup.rttm", "standup.jsonl", "standup.flac"} {
		if !strings.Contains(stderr.String(), "wrote "+name) {
			t.Errorf("%s is not named at the end:\n%s", name, stderr.String())
		}
	}
	if got := read(t, "standup.rttm"); !strings.Contains(got, "SPEAKER Stand-up_of_team_A 1") || !strings.Contains(got, " Ada ") {
		t.Errorf("RTTM:\n%s", got)
	}
	checkEvents(t, "listen", read(t, "standup.jsonl"))

	// The name is corrected after the end: on the server, and in the file.
	works(t, "name", "--nats", url, "standup", "Ada=Ada Lovelace", "--out", "mended.vtt")
	if got := read(t, "mended.vtt"); !strings.Contains(got, "<v Ada Lovelace>") {
		t.Errorf("mended:\n%s", got)
	}
	works(t, "name", "standup.rttm", "Ada=Ada Lovelace")
	if got := works(t, "watch", "--nats", url, "--stream", "standup", "--until-end", "--format", "rttm"); got != read(t, "standup.rttm") {
		t.Errorf("the server has\n%s\nthe file\n%s", got, read(t, "standup.rttm"))
	}

	// The terminal shows it as the server has it. Esc leaves nothing, q does.
	feed := tui.NewFeed()
	for line := range strings.Lines(works(t, "watch", "--nats", url, "--stream", "standup", "--until-end", "--json")) {
		e, err := event.Decode([]byte(line))
		if err == nil {
			err = feed.Event(e)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	view := tea.Model(tui.NewModel(feed))
	if got := view.View(); !strings.Contains(got, "Stand-up of team A") || !strings.Contains(got, "Ada Lovel") {
		t.Errorf("the terminal view:\n%s", got)
	}
	view, cmd := view.Update(tea.KeyMsg{Type: tea.KeyEsc})
	if cmd != nil {
		t.Error("Esc leaves the view")
	}
	if _, cmd = view.Update(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune("q")}); cmd == nil {
		t.Error("q does not")
	}

	// The result is handed on in other formats, and the voice is known the next day.
	works(t, "convert", "standup.rttm", "standup.csv", "standup.html")
	if got := read(t, "standup.html"); !strings.Contains(got, "Ada") {
		t.Error("the report does not name anybody")
	}
	if _, _, said := diarizer(t.Context(), nil, "convert", "standup.flac", "none.vtt"); !strings.Contains(said, "diarize it first") {
		t.Errorf("a recording to convert: %s", said)
	}
	works(t, "run", "--model", "light", "--identify", "--out", "again.rttm", "standup.flac")
	if kept := strings.Contains(stderr.String(), "kept the voice of Ada"); kept != strings.Contains(read(t, "again.rttm"), " Ada ") {
		t.Errorf("voice kept: %v; the next day:\n%s", kept, read(t, "again.rttm"))
	}
}

// downloaded takes a file from the page once the file matches the pattern.
func downloaded(t *testing.T, page, format, pattern string) string {
	t.Helper()
	last := ""
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		resp, err := http.Get(page + "download?stream=standup&format=" + format)
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		if last = string(data); regexp.MustCompile(pattern).MatchString(last) {
			return last
		}
	}
	t.Fatalf("%s has no %s:\n%s", format, pattern, last)
	return ""
}
