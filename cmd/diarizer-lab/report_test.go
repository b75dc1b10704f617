package main

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

func TestReportWritesAPage(t *testing.T) {
	command := inDir(t, map[string]string{"a.rttm": meetingHyp, "both.rttm": meetingRef + callRef, "none.rttm": ""})
	for args, file := range map[string]string{
		"report a.rttm": "a.html",
		"report both.rttm --recording call --title Monday -o m.htm": "m.htm",
	} {
		if status, stdout, stderr := command(args); status != 0 || stdout != "" || !strings.HasPrefix(stderr, "wrote "+file+", ") {
			t.Errorf("%s: status %d, %s%s", args, status, stdout, stderr)
		}
		data, err := os.ReadFile(file)
		if err != nil || !strings.HasPrefix(string(data), "<!doctype html>") {
			t.Errorf("%s: %v, begins with %.20q", file, err, data)
		}
		if file == "m.htm" && (!strings.Contains(string(data), "<h1>Monday</h1>") || strings.Contains(string(data), "ann")) {
			t.Error("title or choice of the recording was not obeyed")
		}
	}
	for args, want := range map[string]string{
		"report":                      "2 diarizer-lab: report: 0 files named: expected one FILE.rttm\n",
		"report none.rttm":            "3 diarizer-lab: none.rttm: no SPEAKER line: nobody speaks\n",
		"report both.rttm":            "2 diarizer-lab: both.rttm: 2 recordings: choose one with --recording: meeting, call\n",
		"report a.rttm -o both.rttm/": "4 diarizer-lab: --output both.rttm/: not a directory\n",
		"report a.rttm -o a.rttm":     "4 diarizer-lab: --output a.rttm: is what is read, a.rttm: name another file\n",
	} {
		if status, _, stderr := command(args); fmt.Sprint(status, " ", stderr) != want {
			t.Errorf("%s: status %d, %s", args, status, stderr)
		}
	}
}
