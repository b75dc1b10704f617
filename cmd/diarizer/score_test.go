package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/seed-7adb9000/diarizer/internal/testkit/onpaper"
)

const (
	meetingRef, meetingHyp = onpaper.MeetingRef, onpaper.MeetingHyp
	callRef, callHyp       = onpaper.CallRef, onpaper.CallHyp
)

// scoreDir writes files and returns a function that runs "score" on them, with
// their directory cut out of what it prints.
func scoreDir(t *testing.T, files map[string]string) func(args ...string) (status int, stdout, stderr string) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return func(args ...string) (int, string, string) {
		for i, a := range args {
			if strings.Contains(a, ".") && !strings.HasPrefix(a, "0") || strings.HasSuffix(a, "/") {
				args[i] = filepath.Join(dir, a)
			}
		}
		var stdout, stderr strings.Builder
		status := run(t.Context(), append([]string{"score"}, args...), strings.NewReader(""), &stdout, &stderr)
		return status, stdout.String(), strings.ReplaceAll(stderr.String(), dir+string(filepath.Separator), "")
	}
}

var scoreFiles = map[string]string{
	"ref.rttm": meetingRef + callRef, "meeting.rttm": meetingHyp, "call.rttm": callHyp,
	"ref/a.rttm": meetingRef, "ref/b.rttm": callRef, "ref/notes.txt": "not read",
	"hyp/all.rttm": callHyp + meetingHyp,
	"one.rttm":     meetingRef, "part.uem": "meeting 1 5 12\n", "empty.rttm": ";; nobody\n", "empty.uem": "",
	"broken.rttm": callRef + "SPEAKER call 1 0 -4 <NA> <NA> kim <NA> <NA>\n",
	"ref2.rttm":   meetingRef, "empty/x.txt": "", "broken.uem": "meeting 1 5 2",
}

const scoreTable = `recording  speech s     DER    miss      fa    conf     JER  purity  speakers
call           6.00   50.00    0.00   16.67   33.33   71.43   66.67       2/1
meeting       17.00   26.47   14.71    5.88    5.88   22.92   87.10       2/3
all           23.00   32.61   10.87    8.70   13.04   47.17   81.40       4/4

Rates in percent; collar 0 s, overlap scored; speakers: reference/found.
Number of speakers exact in 0 of 2, off by 1.00 on average. Speech detection: miss 6.82, fa 9.09.
`

func TestScoreTable(t *testing.T) {
	score := scoreDir(t, scoreFiles)
	for _, c := range []struct{ name, args, stdout, stderr string }{
		{"files", "ref.rttm meeting.rttm call.rttm", scoreTable, ""},
		{"directories", "ref/ hyp/", scoreTable, ""},
		{"forgiving", "--collar 0.25 --skip-overlap one.rttm meeting.rttm",
			`recording  speech s     DER    miss      fa    conf     JER  purity  speakers
meeting       13.50   18.52    5.56    7.41    5.56   22.92   94.12       2/3
all           13.50   18.52    5.56    7.41    5.56   22.92   94.12       2/3

Rates in percent; collar 0.25 s, overlap left out; speakers: reference/found.
Number of speakers exact in 0 of 1, off by 1.00 on average. Speech detection: miss 5.56, fa 7.41.
`, ""},
		{"regions", "--uem part.uem ref.rttm hyp/",
			`recording  speech s     DER    miss      fa    conf     JER  purity  speakers
meeting        7.00   14.29    0.00    0.00   14.29   26.67   85.71       2/2
all            7.00   14.29    0.00    0.00   14.29   26.67   85.71       2/2

Rates in percent; collar 0 s, overlap scored; speakers: reference/found.
Number of speakers exact in 1 of 1, off by 0.00 on average. Speech detection: miss 0.00, fa 0.00.
`, "diarizer: warning: recording \"call\" has no region in part.uem: it is not scored\n"},
		{"nobody found", "ref.rttm meeting.rttm empty.rttm",
			`recording  speech s     DER    miss      fa    conf     JER  purity  speakers
call           6.00  100.00  100.00    0.00    0.00  100.00       -       2/0
meeting       17.00   26.47   14.71    5.88    5.88   22.92   87.10       2/3
all           23.00   45.65   36.96    4.35    4.35   61.46   87.10       4/3

Rates in percent; collar 0 s, overlap scored; speakers: reference/found.
Number of speakers exact in 0 of 2, off by 1.50 on average. Speech detection: miss 34.09, fa 4.55.
`, "diarizer: warning: recording \"call\" has no turns in the hypothesis: all of it counts as missed\n"},
		{"more found than referred to", "one.rttm hyp/",
			`recording  speech s     DER    miss      fa    conf     JER  purity  speakers
meeting       17.00   26.47   14.71    5.88    5.88   22.92   87.10       2/3
all           17.00   26.47   14.71    5.88    5.88   22.92   87.10       2/3

Rates in percent; collar 0 s, overlap scored; speakers: reference/found.
Number of speakers exact in 0 of 1, off by 1.00 on average. Speech detection: miss 9.38, fa 6.25.
`, "diarizer: warning: recording \"call\" is not in the reference: it is not scored\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			status, stdout, stderr := score(strings.Fields(c.args)...)
			if status != 0 || stdout != c.stdout || stderr != c.stderr {
				t.Errorf("status %d\n%s\nwant\n%s\nstderr %s\nwant   %s", status, stdout, c.stdout, stderr, c.stderr)
			}
		})
	}
}

func TestScoreJSON(t *testing.T) {
	score := scoreDir(t, scoreFiles)
	status, stdout, stderr := score("--json", "ref.rttm", "meeting.rttm")
	if status != 0 || !strings.Contains(stderr, `"call" has no turns`) {
		t.Errorf("status %d, stderr %s", status, stderr)
	}
	var got struct {
		Recordings []scoreJSON
		All        scoreJSON
		Missing    []string
	}
	if err := json.Unmarshal([]byte(stdout), &got); err != nil {
		t.Fatalf("%v in %s", err, stdout)
	}
	if len(got.Recordings) != 2 || !reflect.DeepEqual(got.Missing, []string{"call"}) {
		t.Fatalf("got %s", stdout)
	}
	call, meeting := got.Recordings[0], got.Recordings[1]
	if call.Recording != "call" || call.Purity != nil || *call.DER != 100 {
		t.Errorf("call: %+v", call)
	}
	if want := map[string]string{"1": "ann", "2": "bob"}; meeting.Miss != 2.5 || meeting.Speech != 17 ||
		*meeting.SpeakersOff != 1 || !reflect.DeepEqual(meeting.Speakers, want) {
		t.Errorf("meeting: %+v", meeting)
	}
	if got.All.Recording != "" || got.All.Speech != 23 || got.All.RefSpeakers != 4 || *got.All.DetectionMiss != 100*7.5/22 {
		t.Errorf("all: %+v", got.All)
	}
}

func TestScoreErrors(t *testing.T) {
	score := scoreDir(t, scoreFiles)
	for args, want := range map[string]string{
		"ref.rttm":                         "score: 1 file named: expected REF.rttm and one HYP.rttm or more",
		"none.rttm meeting.rttm":           "open none.rttm: no such file or directory",
		"ref.rttm broken.rttm":             `broken.rttm:3: duration "-4": expected seconds from 0 to 100000000`,
		"one.rttm call.rttm":               `call.rttm: recording "call" is not in one.rttm, which has "meeting": expected the same file field (field 2)`,
		"one.rttm meeting.rttm ref2.rttm":  `ref2.rttm: recording "meeting" is also in meeting.rttm: expected each recording in one file`,
		"empty.rttm meeting.rttm":          "empty.rttm: no SPEAKER line: nothing to score against",
		"empty/ meeting.rttm":              "empty/: no .rttm file in this directory",
		"--uem empty.uem ref.rttm hyp/":    "empty.uem: no region: expected lines with file, channel, start, end",
		"--uem broken.uem ref.rttm hyp/":   `broken.uem:1: end "2": expected a time not before the start, 5`,
		"--collar -1 ref.rttm hyp/":        "--collar -1: expected seconds, 0 or more",
		"--collar x ref.rttm meeting.rttm": "--collar x: expected a number such as 0.5",
	} {
		status, stdout, stderr := score(strings.Fields(args)...)
		stderr = strings.ReplaceAll(stderr, "empty:", "empty/:") // Join cleans the directory
		code := exitInput
		if args == "ref.rttm" || strings.HasPrefix(args, "--collar") {
			code = exitUsage
		}
		if status != code || stdout != "" || stderr != "diarizer: "+want+"\n" {
			t.Errorf("%s: status %d, expected %d, stdout %q, stderr\n%swant\n%s", args, status, code, stdout, stderr, want)
		}
	}
}
