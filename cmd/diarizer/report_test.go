package main

import (
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
		if status, stdout, stderr := command(args); status != 0 || stdout+stderr != "" {
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
		"report":           "report: 0 files named: expected one FILE.rttm",
		"report none.rttm": "none.rttm: no SPEAKER line: nobody speaks",
		"report both.rttm": "both.rttm: 2 recordings: choose one with --recording: meeting, call",
	} {
		if status, _, stderr := command(args); status != 1 || stderr != "diarizer: "+want+"\n" {
			t.Errorf("%s: status %d, %s", args, status, stderr)
		}
	}
}
