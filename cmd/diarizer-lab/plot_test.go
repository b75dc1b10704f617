package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-7adb9000/diarizer/internal/cli"
	"github.com/seed-7adb9000/diarizer/internal/testkit/onpaper"
)

const (
	meetingRef, meetingHyp = onpaper.MeetingRef, onpaper.MeetingHyp
	callRef                = onpaper.CallRef
)

// silence is a WAV file of a sample, 16 kHz mono, 16 bits.
const silence = "RIFF\x26\x00\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00\x80\x3e\x00\x00\x00\x7d\x00\x00\x02\x00\x10\x00data\x02\x00\x00\x00\x00\x00"

// inDir writes files to a new directory and runs commands in it.
func inDir(t *testing.T, files map[string]string) func(args string) (status int, stdout, stderr string) {
	t.Helper()
	t.Chdir(t.TempDir())
	for name, text := range files {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return func(args string) (int, string, string) {
		var stdout, stderr strings.Builder
		status := run(t.Context(), strings.Fields(args), strings.NewReader(""), &stdout, &stderr)
		return status, stdout.String(), stderr.String()
	}
}

func TestPlotWritesPictures(t *testing.T) {
	command := inDir(t, map[string]string{"a.rttm": meetingHyp, "ref.rttm": meetingRef, "both.rttm": meetingRef + callRef})
	for args, file := range map[string]string{
		"plot a.rttm":          "a.svg",
		"plot a.rttm -o b.PNG": "b.PNG",
		"plot a.rttm --reference ref.rttm -o c.svg":       "c.svg",
		"plot a.rttm --reference both.rttm -o d.svg":      "d.svg",
		"plot both.rttm --recording call -o e.png":        "e.png",
		"plot a.rttm --title Monday --width 400 -o f.svg": "f.svg",
	} {
		if status, stdout, stderr := command(args); status != 0 || stdout != "" || !strings.HasPrefix(stderr, "wrote "+file+", ") {
			t.Errorf("%s: status %d, %s%s", args, status, stdout, stderr)
		}
		data, err := os.ReadFile(file)
		if err != nil {
			t.Error(err)
			continue
		}
		if start := map[bool]string{true: "<?xml", false: "\x89PNG"}[filepath.Ext(file) == ".svg"]; !bytes.HasPrefix(data, []byte(start)) {
			t.Errorf("%s begins with %q", file, data[:min(8, len(data))])
		}
	}
	c, _ := os.ReadFile("c.svg")
	d, _ := os.ReadFile("d.svg")
	if !bytes.Equal(c, d) {
		t.Error("another recording in the reference changes the picture")
	}
}

func TestPlotErrors(t *testing.T) {
	command := inDir(t, map[string]string{"a.rttm": meetingHyp, "both.rttm": meetingRef + callRef, "none.rttm": "",
		"broken.rttm": "SPEAKER x", "sound.wav": silence, "other.rttm": strings.ReplaceAll(meetingRef+callRef, "meeting", "board")})
	for args, c := range map[string]struct {
		status int
		want   string
	}{
		"plot":                               {cli.ExitUsage, "plot: 0 files named: expected one FILE.rttm"},
		"plot a.rttm b.rttm":                 {cli.ExitUsage, "plot: 2 files named: expected one FILE.rttm"},
		"plot missing.rttm":                  {cli.ExitInput, "open missing.rttm: no such file or directory"},
		"plot none.rttm":                     {cli.ExitInput, "none.rttm: no SPEAKER line: nobody speaks"},
		"plot sound.wav":                     {cli.ExitInput, "sound.wav is a recording: diarize it first: diarizer run --out sound.rttm sound.wav"},
		"plot a.rttm -o ./a.rttm":            {cli.ExitUsage, "--output ./a.rttm: expected a name that ends in .svg or .png, or - for an SVG on standard output"},
		"plot a.rttm -o a.gif":               {cli.ExitUsage, "--output a.gif: expected a name that ends in .svg or .png, or - for an SVG on standard output"},
		"plot both.rttm":                     {cli.ExitUsage, "both.rttm: 2 recordings: choose one with --recording: meeting, call"},
		"plot both.rttm --recording x":       {cli.ExitUsage, `both.rttm: no recording "x": expected one of meeting, call`},
		"plot a.rttm --width 5":              {cli.ExitUsage, "a.rttm: width 5: expected 200 to 20000 pixels"},
		"plot a.rttm --reference none.rttm":  {cli.ExitInput, "none.rttm: no SPEAKER line: nobody speaks"},
		"plot a.rttm --reference other.rttm": {cli.ExitUsage, `other.rttm: no recording "meeting": expected one of board, call`},
		"plot a.rttm -o no/dir.svg":          {cli.ExitOutput, "--output no/dir.svg: there is no directory no: make it, or name another"},
	} {
		status, stdout, stderr := command(args)
		if status != c.status || stdout != "" || stderr != "diarizer-lab: "+c.want+"\n" {
			t.Errorf("%s: status %d, expected %d, stdout %q, stderr\n%swant\n%s", args, status, c.status, stdout, stderr, c.want)
		}
	}
	if _, err := os.Stat("a.svg"); err == nil {
		t.Error("a refused picture was written")
	}
}
