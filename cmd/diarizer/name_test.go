package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-7adb9000/diarizer/internal/session/correct"
	"github.com/seed-7adb9000/diarizer/internal/testkit/meeting"
	"github.com/seed-7adb9000/diarizer/internal/testkit/natstest"
	"github.com/seed-7adb9000/diarizer/publish"
)

// works runs a command line that has to succeed and returns what it prints.
func works(t *testing.T, args ...string) string {
	t.Helper()
	status, stdout, stderr := diarizer(t.Context(), nil, args...)
	if status != 0 {
		t.Fatalf("%q: status %d: %s", args, status, stderr)
	}
	return stdout
}

const threeVoices = `SPKR-INFO talk 1 <NA> <NA> <NA> <NA> S1 <NA> <NA>
SPEAKER talk 1 0.000 2.000 <NA> <NA> S1 <NA> <NA>
SPEAKER talk 1 2.000 1.000 <NA> <NA> S2 <NA> <NA>
SPEAKER talk 1 3.000 1.000 <NA> <NA> S3 <NA> <NA>
SPEAKER other 1 0.000 1.000 <NA> <NA> S1 <NA> <NA>
`

func TestNameInRTTM(t *testing.T) {
	t.Chdir(t.TempDir())
	writeFile(t, "talk.rttm", []byte(threeVoices))
	read := func(name string) string {
		t.Helper()
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		return string(data)
	}
	for _, c := range []struct {
		args   string
		status int
		say    string
	}{
		{"name talk.rttm S1=Ada", exitUsage, "say which with --recording"},
		{"name --recording talk talk.rttm S7=Ada", exitUsage, "expected one of S1, S2, S3"},
		{"name --recording talk talk.rttm S1", exitUsage, "SPEAKER=NAME"},
		{"name --recording talk talk.rttm S1=S2", exitUsage, "S2 is somebody else"},
		{"name --recording talk none.rttm S1=Ada", exitInput, "none.rttm"},
		{"name --recording talk --out talk.rttm talk.rttm S1=Ada", exitOutput, "what is corrected"},
		{"name --recording talk --out new.jsonl talk.rttm S1=Ada", exitUsage, "events are where they were"},
		{"undo --recording talk talk.rttm", exitUsage, "there is no older file beside it"},
		{"merge --recording talk talk.rttm S1 S1", exitUsage, "into itself"},
	} {
		status, _, stderr := diarizer(t.Context(), nil, strings.Fields(c.args)...)
		if status != c.status || !strings.Contains(stderr, c.say) || strings.Count(stderr, "\n") != 1 {
			t.Errorf("%s: status %d, %q, want %d, %q", c.args, status, stderr, c.status, c.say)
		}
	}
	if read("talk.rttm") != threeVoices {
		t.Fatal("what is refused has changed the file")
	}
	status, _, said := diarizer(t.Context(), nil, "name", "--recording", "talk", "--out", "talk.csv", "talk.rttm", "S1=Ada", "S2=Grace Hopper")
	if status != 0 || !strings.HasPrefix(said, "talk.rttm: S1 is Ada\ntalk.rttm: S2 is Grace Hopper, written Grace_Hopper, as a name is one word in RTTM\n") {
		t.Errorf("status %d: %s", status, said)
	}
	works(t, "merge", "--recording", "talk", "talk.rttm", "S3", "grace hopper")
	want := strings.NewReplacer("talk 1 <NA> <NA> <NA> <NA> S1", "talk 1 <NA> <NA> <NA> <NA> Ada", "2.000 <NA> <NA> S1", "2.000 <NA> <NA> Ada",
		"S2", "Grace_Hopper", "S3", "Grace_Hopper").Replace(threeVoices)
	writeFile(t, "talk.rttm.10", nil)
	writeFile(t, "talk.rttm.old", nil)
	writeFile(t, "talk.rttm.012", nil)
	if status, _, said := diarizer(t.Context(), nil, "undo", "--recording", "talk", "talk.rttm"); status != exitUsage ||
		said != "diarizer: talk.rttm: an RTTM file does not say what was corrected: older files are talk.rttm.1, talk.rttm.2, talk.rttm.10\n" {
		t.Errorf("undo: status %d: %s", status, said)
	}
	if got := read("talk.rttm"); got != want {
		t.Errorf("corrected:\n%s\nwant\n%s", got, want)
	}
	if read("talk.rttm.1") != threeVoices {
		t.Error("the file before is not kept")
	}
	// Another case of the same name is no other speaker, and no name is the id again.
	works(t, "name", "--recording", "talk", "talk.rttm", "ada=ADA")
	if got := read("talk.rttm"); got != strings.ReplaceAll(want, " Ada ", " ADA ") {
		t.Errorf("in capitals:\n%s", got)
	}
	works(t, "name", "--recording", "talk", "talk.rttm", "Ada=")
	if got := read("talk.rttm"); got != strings.ReplaceAll(want, " Ada ", " S1 ") {
		t.Errorf("without a name:\n%s", got)
	}
	if got := read("talk.csv"); !strings.Contains(got, "Ada") || strings.Contains(got, "other") {
		t.Errorf("--out:\n%s", got)
	}
}

// meetingOver returns the address of a server that has a meeting which is over.
func meetingOver(t *testing.T) (url string) {
	t.Helper()
	nc := natstest.New(t)
	if err := publish.EnsureStream(t.Context(), nc, publish.StreamOptions{}); err != nil {
		t.Fatal(err)
	}
	run := meeting.Events(meeting.Options{Turns: 30})
	if err := publish.Append(t.Context(), nc, 0, run...); err != nil {
		t.Fatal(err)
	}
	return nc.ConnectedUrl()
}

// Speakers of a stream that is over on the server are named and merged, and the corrections
// are taken back. Later readers of the events and of files have each state.
func TestNameOverStream(t *testing.T) {
	t.Chdir(t.TempDir())
	url := meetingOver(t)
	lines := func(args ...string) string {
		return works(t, append([]string{"watch", "--nats", url, "--until-end"}, args...)...)
	}
	before := lines("--format", "rttm")
	works(t, "name", "--nats", url, "--out", "m.vtt", "meeting", "S1=Ada Lovelace")
	if vtt, err := os.ReadFile("m.vtt"); err != nil || !bytes.Contains(vtt, []byte("<v Ada Lovelace>")) {
		t.Errorf("--out: %v, %s", err, vtt)
	}
	named := lines("--format", "rttm")
	if want := strings.ReplaceAll(before, " S1 ", " Ada_Lovelace "); named != want {
		t.Errorf("named:\n%s\nwant\n%s", named, want)
	}
	works(t, "merge", "--nats", url, "meeting", "S2", "ada lovelace")
	if got := lines("--format", "rttm"); strings.Contains(got, " S2 ") {
		t.Errorf("merged:\n%s", got)
	}
	if text := lines(); !strings.Contains(text, "S2 is Ada Lovelace after all") {
		t.Errorf("the transcript does not tell:\n%s", text)
	}
	works(t, "mark", "--nats", url, "meeting", "decided: ship it", "--out", "m.json")
	if got := read(t, "m.json"); !strings.Contains(got, `"text": "decided: ship it"`) {
		t.Errorf("marked:\n%s", got)
	}
	writeFile(t, "m.jsonl", []byte(lines("--json")))
	works(t, "undo", "--nats", url, "meeting")
	if got := lines("--format", "rttm"); got != named {
		t.Errorf("merge taken back:\n%s\nwant\n%s", got, named)
	}
	// The same with a file of the events from before.
	works(t, "undo", "m.jsonl", "--out", "m.rttm")
	if got, err := os.ReadFile("m.rttm"); err != nil || string(got) != named {
		t.Errorf("taken back in a file: %v\n%s", err, got)
	}
	works(t, "undo", "--nats", url, "meeting")
	if got := lines("--format", "rttm"); got != before {
		t.Errorf("all taken back:\n%s", got)
	}
	status, _, stderr := diarizer(t.Context(), nil, "undo", "--nats", url, "meeting")
	if status != exitUsage || !strings.Contains(stderr, "nothing to take back") {
		t.Errorf("status %d, %s", status, stderr)
	}
}

// A page that stays after the end takes names, and the files of the command are written again.
func TestPageAfterTheEnd(t *testing.T) {
	for _, bus := range []string{"off", "embedded"} {
		t.Run(bus, func(t *testing.T) {
			dir := t.TempDir()
			wav := writeFile(t, filepath.Join(dir, "talk.wav"), wavBytes(demoSamples(t, 12)))
			ctx, cancel := context.WithCancel(t.Context())
			var stderr shout
			done := make(chan int, 1)
			go func() {
				done <- run(ctx, []string{"run", "--model", "light", "--nats", bus, "--http", "127.0.0.1:0", "--out", filepath.Join(dir, "m.rttm"), "--out", filepath.Join(dir, "m.jsonl"), "--out", "jsonl:-", wav}, strings.NewReader(""), &shout{}, &stderr)
			}()
			url := stderr.wait(t, `the page stays at (\S+)`)
			if reply := post(t, url, "talk", correct.Correction{Action: correct.Rename, Speaker: 1, Name: "Ada"}); reply.Error != "" {
				t.Errorf("answered %+v", reply)
			}
			for _, name := range []string{"m.rttm", "m.jsonl"} {
				if data, err := os.ReadFile(filepath.Join(dir, name)); err != nil || !bytes.Contains(data, []byte("Ada")) {
					t.Errorf("%s does not follow: %v\n%s", name, err, data)
				}
			}
			if reply := post(t, url, "talk", correct.Correction{Action: correct.Undo}); reply.Error != "" {
				t.Errorf("answered %+v", reply)
			}
			if data, err := os.ReadFile(filepath.Join(dir, "m.rttm")); err != nil || bytes.Contains(data, []byte("Ada")) {
				t.Errorf("undo: %v\n%s", err, data)
			}
			if bus == "embedded" { // by another program
				works(t, "name", "--nats", stderr.wait(t, `publishing to (\S+)`), "talk", "S1=Grace")
			}
			cancel()
			if status := <-done; status != exitInterrupted {
				t.Errorf("status %d: %s", status, stderr.String())
			}
			for _, name := range []string{"m.rttm", "m.jsonl"} {
				if data := read(t, filepath.Join(dir, name)); strings.Contains(data, "Grace") != (bus == "embedded") {
					t.Errorf("%s does not follow the other program:\n%s", name, data)
				}
			}
			all, err := filepath.Glob(filepath.Join(dir, "*.1"))
			if err != nil || len(all) > 0 {
				t.Errorf("left behind: %v, %v", all, err)
			}
		})
	}
}

// If one of several names is wrong, no name is written and none is printed.
func TestNameAllOrNothing(t *testing.T) {
	t.Chdir(t.TempDir())
	writeFile(t, "talk.rttm", []byte(threeVoices))
	status, _, stderr := diarizer(t.Context(), nil, "name", "--recording", "talk", "talk.rttm", "S1=Ada", "S9=Grace")
	if status != exitUsage || strings.Contains(stderr, "Ada\n") || strings.Count(stderr, "\n") != 1 {
		t.Errorf("status %d, said %s", status, stderr)
	}
	if got, err := os.ReadFile("talk.rttm"); err != nil || string(got) != threeVoices {
		t.Errorf("%v, the file is\n%s", err, got)
	}
}
