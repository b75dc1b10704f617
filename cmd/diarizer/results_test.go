package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/cli/demo"
	"github.com/seed-7adb9000/diarizer/internal/testkit/needs"
)

// soundIn makes a new directory the current one, with a recording of some
// seconds in it.
func soundIn(t *testing.T, seconds int) (wav []byte) {
	t.Helper()
	t.Chdir(t.TempDir())
	wav = wavBytes(demoSamples(t, seconds))
	writeFile(t, "a.wav", wav)
	return wav
}

// Every command that writes a file finds out before it begins that it cannot write it, or
// that the file is one that it reads.
func TestOutputsAreCheckedFirst(t *testing.T) {
	wav := soundIn(t, 2)
	writeFile(t, "a.rttm", []byte(meetingHyp))
	if err := os.Mkdir("dir", 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"a.wav", "a.rttm"} {
		if err := errors.Join(os.Link(name, "hard-"+name), os.Symlink(name, "soft-"+name)); err != nil {
			needs.Missing(t, "no links here: %v", err)
		}
	}
	var lines []string
	for _, bad := range []string{"a.wav", "hard-a.wav", "soft-a.wav", "dir", "none/x", "a.wav/x"} {
		for _, flag := range []string{"--rttm", "--rttm-live", "--out vtt:"} {
			flag = strings.TrimSuffix(flag+" ", ": ") + strings.Repeat(":", strings.Count(flag, ":"))
			for _, command := range []string{"run", "replay --nats off --speed max"} {
				lines = append(lines, fmt.Sprintf("%s %s%s a.wav", command, flag, bad))
			}
		}
	}
	for _, bad := range []string{"a.rttm", "hard-a.rttm", "soft-a.rttm", "dir", "none/x"} {
		lines = append(lines, "convert a.rttm vtt:"+bad)
	}
	lines = append(lines,
		"run --rttm x --out rttm:./x a.wav",
		"run --out - --rttm - a.wav",
		"run --json --out - a.wav",
		"listen --rttm none/x", "listen --record none/x", "listen --rttm x --record x", "listen --record dir",
		"watch --rttm none/x", "watch --stream a --out none/x.vtt", "watch --rttm x --out rttm:x",
		"convert a.rttm b.vtt vtt:b.vtt")
	before := files(t)
	for _, line := range lines {
		status, stdout, stderr := diarizer(t.Context(), nil, strings.Fields(line)...)
		if status != exitOutput || stdout != "" || strings.Count(stderr, "\n") != 1 {
			t.Errorf("%s: status %d, expected %d before anything else, in one line: %s%s", line, status, exitOutput, stdout, stderr)
		}
	}
	if after := files(t); !slices.Equal(before, after) {
		t.Errorf("%v became %v", before, after)
	}
	if read(t, "a.wav") != string(wav) || read(t, "a.rttm") != meetingHyp {
		t.Error("what is read was written")
	}
}

// files are the names in the current directory.
func files(t *testing.T) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// An older result is kept, unless --force gives it up. Both are told.
func TestAnOlderResultIsKept(t *testing.T) {
	soundIn(t, 5)
	writeFile(t, "a.rttm", []byte("old"))
	_, _, stderr := diarizer(t.Context(), nil, "run", "--rttm", "a.rttm", "a.wav")
	if !strings.Contains(stderr, "what was there before is a.rttm.1") || read(t, "a.rttm.1") != "old" {
		t.Errorf("said %q, files %v", stderr, files(t))
	}
	result := read(t, "a.rttm")
	for _, args := range [][]string{{"run", "--rttm", "a.rttm", "a.wav"}, {"run", "--force", "--rttm", "a.rttm", "a.wav"}} {
		if status, _, stderr := diarizer(t.Context(), nil, args...); status != 0 || !strings.HasSuffix(stderr, fmt.Sprintf("wrote a.rttm, %d bytes\n", len(result))) {
			t.Errorf("%v: status %d, %s", args, status, stderr)
		}
	}
	writeFile(t, "a.rttm", []byte("forced away"))
	if status, _, _ := diarizer(t.Context(), nil, "run", "--force", "--rttm", "a.rttm", "a.wav"); status != 0 {
		t.Error(status)
	}
	if got, want := files(t), []string{"a.rttm", "a.rttm.1", "a.wav"}; !slices.Equal(got, want) || read(t, "a.rttm") != result {
		t.Errorf("files %v, expected %v", got, want)
	}
}

// Every output that counts turns has the same number.
func TestNumbersAgree(t *testing.T) {
	t.Chdir(t.TempDir())
	sound, err := io.ReadAll(demo.Recording())
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, "demo.flac", sound)
	status, stdout, stderr := diarizer(t.Context(), nil, "replay", "--nats", "off", "--speed", "max",
		"--rttm", "d.rttm", "--out", "d.html", "--out", "d.json", "--out", "d.csv", "--out", "d.jsonl", "--out", "d.vtt", "--out", "d.srt", "--out", "d.eaf", "demo.flac")
	if status != 0 {
		t.Fatalf("status %d: %s", status, stderr)
	}
	for _, name := range files(t) {
		if info, err := os.Stat(name); name != "demo.flac" && (err != nil || !strings.Contains(stderr, "wrote "+name+", ")) {
			t.Errorf("%s, %d bytes, is not among what was said: %s", name, info.Size(), stderr)
		}
	}
	lines := strings.Count(read(t, "d.rttm"), "\n")
	summary := regexp.MustCompile(`finished at \S+ (\d+) speakers, (\d+) turns`).FindStringSubmatch(stdout)
	var turns, speakers int
	for _, row := range strings.Split(strings.TrimSpace(stdout[strings.Index(stdout, "\nspeaker "):]), "\n")[1:] {
		var name, share, percent, time string
		var n int
		if _, err := fmt.Sscan(row, &name, &share, &percent, &time, &n); err != nil {
			t.Fatalf("%q: %v", row, err)
		}
		turns, speakers = turns+n, speakers+1
	}
	var doc struct {
		Streams []struct {
			Speakers, Turns []any
		}
	}
	if err := json.Unmarshal([]byte(read(t, "d.json")), &doc); err != nil {
		t.Fatal(err)
	}
	for what, n := range map[string]int{"summary": atoi(t, summary[2]), "table": turns, "JSON": len(doc.Streams[0].Turns), "CSV": strings.Count(read(t, "d.csv"), "\n") - 1} {
		if n != lines {
			t.Errorf("%s: %d turns, RTTM %d", what, n, lines)
		}
	}
	if !strings.Contains(read(t, "d.html"), fmt.Sprintf(`<b>%d</b> <span class="soft">turns</span>`, lines)) {
		t.Error("the page counts other turns")
	}
	if n := atoi(t, summary[1]); n != speakers || n != len(doc.Streams[0].Speakers) {
		t.Errorf("%d speakers in the summary, %d in the table, %d in the JSON", n, speakers, len(doc.Streams[0].Speakers))
	}

	// The events and the RTTM lines give the same result again.
	for in, out := range map[string]string{"d.jsonl": "e.rttm", "d.rttm": "f.rttm"} {
		if status, _, stderr := diarizer(t.Context(), nil, "convert", in, out); status != 0 || read(t, out) != read(t, "d.rttm") {
			t.Errorf("convert %s: status %d, %s", in, status, stderr)
		}
	}
	if _, stdout, _ := diarizer(t.Context(), strings.NewReader(read(t, "d.jsonl")), "convert", "-", "vtt:-"); stdout != read(t, "d.vtt") {
		t.Errorf("converted %q", stdout)
	}
}

func atoi(t *testing.T, s string) (n int) {
	t.Helper()
	if _, err := fmt.Sscan(s, &n); err != nil {
		t.Fatal(err)
	}
	return n
}

// The first event of every command says which model decides and which program publishes.
func TestEventsSayWhoPublishes(t *testing.T) {
	soundIn(t, 2)
	for _, args := range [][]string{{"run", "--json", "a.wav"}, {"replay", "--json", "--speed", "max", "a.wav"}, {"replay", "--json", "--channel", "each", "--speed", "max", "a.wav"}} {
		status, stdout, stderr := diarizer(t.Context(), nil, args...)
		first, _, _ := strings.Cut(stdout, "\n")
		e, err := event.Decode([]byte(first))
		if status != 0 || err != nil || e.Kind != event.StreamStarted {
			t.Errorf("%v: status %d, %v: %s%s", args, status, err, first, stderr)
			continue
		}
		if name, version, _ := strings.Cut(e.Source.Program, " "); name != "diarizer" || version == "" || e.Source.Model == "" {
			t.Errorf("%v: model %q, program %q", args, e.Source.Model, e.Source.Program)
		}
	}
}

func TestConvertRefuses(t *testing.T) {
	soundIn(t, 1)
	writeFile(t, "both.rttm", []byte(meetingRef+callRef))
	writeFile(t, "none.rttm", nil)
	writeFile(t, "subtitles.vtt", []byte("WEBVTT\n\n00:00.000 --> 00:01.000\n<v S1>S1</v>\n"))
	for line, says := range map[string]string{
		"convert both.rttm":                     "2 diarizer: convert: 1 file named: expected IN.rttm or IN.jsonl and one OUT or more",
		"convert both.rttm x.vtt":               "2 diarizer: output x.vtt: vtt holds one stream",
		"convert both.rttm x.docx":              "2 diarizer: output: x.docx: expected a name that ends in .rttm",
		"convert both.rttm x.jsonl":             "2 diarizer: output x.jsonl: expected a name that ends in .rttm",
		"convert both.rttm --recording x x.vtt": `2 diarizer: both.rttm: no recording "x": expected one of call, meeting`,
		"convert none.rttm x.vtt":               "3 diarizer: none.rttm: no SPEAKER line and no event: nobody speaks",
		"convert missing x.vtt":                 "3 diarizer: open missing: no such file",
		"convert subtitles.vtt x.csv":           "3 diarizer: subtitles.vtt: turns are not read back from .vtt: expected the .rttm or .jsonl that --out writes",
		"convert a.wav x.vtt":                   "3 diarizer: a.wav is a recording: diarize it first: diarizer run --out a.rttm a.wav",
	} {
		status, stdout, stderr := diarizer(t.Context(), nil, strings.Fields(line)...)
		if got := fmt.Sprint(status, " ", stderr); !strings.HasPrefix(got, says) || stdout != "" || strings.Count(stderr, "\n") != 1 {
			t.Errorf("%s: %q, expected %q", line, got, says)
		}
	}
	if status, _, stderr := diarizer(t.Context(), nil, "convert", "both.rttm", "--recording", "call", "x.vtt"); status != 0 || !strings.HasPrefix(read(t, "x.vtt"), "WEBVTT") {
		t.Errorf("status %d, %s", status, stderr)
	}
}

// A replay at the speed of speech says how long it takes.
func TestReplaySaysHowLongItTakes(t *testing.T) {
	soundIn(t, 20)
	ctx, cancel := context.WithCancel(t.Context())
	var said []string
	stderr := writerFunc(func(p []byte) (int, error) {
		said = append(said, string(p))
		cancel()
		return len(p), nil
	})
	run(ctx, []string{"replay", "--nats", "off", "--speed", "2", "a.wav"}, nil, io.Discard, stderr)
	if len(said) == 0 || !strings.HasPrefix(said[0], "replayed at 2 times the speed this takes 10s, until ") || !strings.Contains(said[0], "--speed max does not wait") {
		t.Errorf("said %q", said)
	}
	if _, _, stderr := diarizer(t.Context(), nil, "run", "a.wav"); strings.Contains(stderr, "this takes") {
		t.Error(stderr)
	}
}
