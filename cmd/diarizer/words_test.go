package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/event/rttm"
	"github.com/seed-7adb9000/diarizer/internal/cli/demo"
	"github.com/seed-7adb9000/diarizer/online"
)

// runWords runs "words" in a directory with these files.
func runWords(t *testing.T, files map[string]string, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	for name, text := range files {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var out, errs strings.Builder
	status = run(t.Context(), append([]string{"words"}, args...), strings.NewReader(""), &out, &errs)
	return status, out.String(), errs.String()
}

// smallTalk is a transcript of two people, and a turn of each.
var smallTalk = map[string]string{
	"talk.json": `{"segments":[{"start":0.5,"end":2,"text":" How are you?","words":[{"word":" How","start":0.5,"end":0.9,"probability":0.9},` +
		`{"word":" are","start":0.9,"end":1.2,"probability":0.9},{"word":" you?","start":1.2,"end":2,"probability":0.8}]},` +
		`{"start":2.1,"end":3,"text":" Fine.","words":[{"word":" Fine.","start":1.9,"end":3,"probability":0.7}]}]}`,
	"talk.rttm": "SPEAKER talk 1 0.5 1.5 <NA> <NA> ann <NA> <NA>\nSPEAKER talk 1 2.1 0.9 <NA> <NA> bob <NA> <NA>\n",
}

func TestWords(t *testing.T) {
	t.Chdir(t.TempDir())
	status, stdout, stderr := runWords(t, smallTalk, "talk.json", "--rttm", "talk.rttm")
	if want := "00:00.5  ann  How are you?\n00:01.9  bob  Fine.\n"; status != 0 || stdout != want {
		t.Errorf("status %d, %s\n%swant\n%s", status, stderr, stdout, want)
	}
	if want := "talk.json: Whisper JSON, 4 words by 2 speakers, 0 by nobody known; 95 % of the words' time is speech\n"; stderr != want {
		t.Errorf("said %swant %s", stderr, want)
	}
	files := []string{"a.txt", "a.vtt", "a.srt", "a.json", "a.ctm", "a.stm", "a.eaf"}
	args := []string{"talk.json", "--rttm", "talk.rttm", "--offset", "100ms"}
	for _, f := range files {
		args = append(args, "-o", f)
	}
	if status, stdout, stderr := runWords(t, nil, args...); status != 0 || stdout != "" {
		t.Fatalf("status %d, %s%s", status, stderr, stdout)
	}
	for _, f := range files {
		if data, err := os.ReadFile(f); err != nil || !strings.Contains(string(data), "Fine.") || !strings.Contains(string(data), "bob") {
			t.Errorf("%s: %v\n%s", f, err, data)
		}
	}
	var doc struct {
		Clock struct{ Offset float64 }
		Words []struct{ Start float64 }
	}
	data, err := os.ReadFile("a.json")
	if err != nil || json.Unmarshal(data, &doc) != nil || doc.Clock.Offset != 0.1 || doc.Words[0].Start != 0.6 {
		t.Errorf("%v %+v, want the words moved by 0.1 s", err, doc)
	}
}

// The transcript of a recogniser that began two seconds after the diarizer, and one of another
// recording.
func TestWordsOfAnotherClock(t *testing.T) {
	t.Chdir(t.TempDir())
	reference := new(strings.Builder)
	if err := rttm.Write(reference, demo.Reference()); err != nil {
		t.Fatal(err)
	}
	late, backwards := new(strings.Builder), new(strings.Builder)
	for _, l := range scriptLines(t) {
		f := strings.Fields(l)
		if f[2] = seconds(t, f[2], -2.5); !strings.HasPrefix(f[2], "-") {
			late.WriteString(strings.Join(f[:5], " ") + "\n")
		}
		f = strings.Fields(l)
		f[2] = strings.TrimPrefix(seconds(t, f[2], -80), "-")
		backwards.WriteString(strings.Join(f[:5], " ") + "\n")
	}
	files := map[string]string{"demo.rttm": reference.String(), "late.ctm": late.String(), "other.ctm": backwards.String(), "kept.txt": "kept"}
	status, stdout, stderr := runWords(t, files, "late.ctm", "--rttm", "demo.rttm")
	if status != 0 || !strings.Contains(stderr, "+2.5") || !strings.Contains(stdout, "cole   Really?\n") {
		t.Errorf("status %d, %s%s", status, stderr, stdout)
	}
	status, _, stderr = runWords(t, nil, "other.ctm", "--rttm", "demo.rttm", "-o", "kept.txt")
	if status != 3 || !strings.Contains(stderr, "other.ctm does not fit demo.rttm: ") || !strings.Contains(stderr, "--anyway") {
		t.Errorf("of something else: status %d, %s", status, stderr)
	}
	if data, err := os.ReadFile("kept.txt"); err != nil || string(data) != "kept" {
		t.Errorf("what was written before: %q, %v", data, err)
	}
	if status, _, stderr := runWords(t, nil, "other.ctm", "--rttm", "demo.rttm", "-o", "kept.txt", "--anyway", "--force"); status != 0 {
		t.Errorf("with --anyway: status %d, %s", status, stderr)
	}
}

func scriptLines(t *testing.T) []string {
	t.Helper()
	data, err := io.ReadAll(demo.Script())
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSpace(string(data)), "\n")
}

// The recording is diarized; the words are its script.
func TestWordsOfARecording(t *testing.T) {
	t.Chdir(t.TempDir())
	sound, err := io.ReadAll(demo.Recording())
	if err != nil {
		t.Fatal(err)
	}
	status, stdout, stderr := runWords(t, map[string]string{"demo.flac": string(sound), "demo.ctm": strings.Join(scriptLines(t), "\n")},
		"demo.ctm", "--recording", "demo.flac")
	if status != 0 || !strings.Contains(stdout, "S1  Would the library agree?\n") || strings.Contains(stdout, "unknown") {
		t.Errorf("status %d, %s\n%s", status, stderr, stdout)
	}
}

// The turns are those of a stream on a server, with the names of its speakers.
func TestWordsOfAStream(t *testing.T) {
	t.Chdir(t.TempDir())
	url := natsServer(t)
	publishTo(t, url, talk("standup", "run1", 6))
	enc := event.Encoder{Stream: "standup", Run: "run2"}
	publishTo(t, url, []event.Event{enc.Start(event.Source{Name: "Stand-up"}),
		online.Encode(&enc, online.Event{Kind: online.TurnEnded, At: 32000, Turn: online.Turn{ID: 1, Speaker: 1, Start: 8000, End: 32000, Confidence: 0.9}}),
		online.Encode(&enc, online.Event{Kind: online.TurnEnded, At: 48000, Turn: online.Turn{ID: 2, Speaker: 2, Start: 33600, End: 48000, Confidence: 0.9}}),
		enc.Identify(48000, 2, "Bo Ek", 0.9)}) // and it goes on
	status, stdout, stderr := runWords(t, smallTalk, "talk.json", "--nats", url, "--stream", "standup")
	if want := "00:00.5  S1     How are you?\n00:01.9  Bo Ek  Fine.\n"; status != 0 || stdout != want {
		t.Errorf("status %d, %s\n%swant\n%s", status, stderr, stdout, want)
	}
	if !strings.Contains(stderr, "stream standup goes on: what is known at 3s is taken") {
		t.Errorf("said %s", stderr)
	}
	if status, _, stderr := runWords(t, nil, "talk.json", "--nats", url, "--stream", "other"); status != 1 ||
		!strings.Contains(stderr, "stream other: the server keeps no run of it") {
		t.Errorf("another stream: status %d, %s", status, stderr)
	}
}

func TestWordsErrors(t *testing.T) {
	t.Chdir(t.TempDir())
	files := map[string]string{"bad.srt": "1\n00:00:02,000 --> 00:00:01,000\nso\n"}
	for name, text := range smallTalk {
		files[name] = text
	}
	for args, want := range map[string]struct {
		status int
		said   string
	}{
		"talk.json": {2, "words: expected --rttm, --recording or --stream\n"},
		"talk.json --rttm talk.rttm --offset soon":     {2, `--offset "soon": expected a duration`},
		"talk.json --rttm talk.rttm -o a.docx":         {2, `a.docx: format "docx": expected one of`},
		"talk.json --rttm none.rttm":                   {3, "none.rttm"},
		"bad.srt --rttm talk.rttm":                     {3, "bad.srt:2: from 2s to 1s: expected an end not before the start"},
		"talk.rttm --rttm talk.rttm":                   {3, `talk.rttm: unknown format, it begins with "SPEAKER talk`},
		"talk.json --rttm talk.rttm -o none/there.txt": {4, "none/there.txt: "},
		"talk.json --rttm talk.rttm --stream a":        {2, "--rttm and --stream: expected one of them\n"},
		"talk.json --stream a.b":                       {2, "--stream: stream"},
	} {
		status, stdout, stderr := runWords(t, files, strings.Fields(args)...)
		if status != want.status || stdout != "" || !strings.Contains(stderr, want.said) {
			t.Errorf("%s: status %d, %s%s\nwant %d, %s", args, status, stderr, stdout, want.status, want.said)
		}
	}
	if left, err := filepath.Glob(".*"); err != nil || len(left) != 0 {
		t.Errorf("files left behind: %v, %v", left, err)
	}
}

// seconds adds to a number of seconds.
func seconds(t *testing.T, s string, by float64) string {
	t.Helper()
	v, err := strconv.ParseFloat(s, 64)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%.2f", v+by)
}
