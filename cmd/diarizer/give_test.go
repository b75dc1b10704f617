package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
)

// In a file, a turn is given to another speaker, and to a new one.
func TestGiveInRTTM(t *testing.T) {
	t.Chdir(t.TempDir())
	writeFile(t, "talk.rttm", []byte(threeVoices))
	for _, c := range []struct {
		args   string
		status int
		say    string
	}{
		{"give --recording talk talk.rttm S2 never", exitUsage, `time "never": expected seconds, or 01:12`},
		{"give --recording talk talk.rttm S2 1:75", exitUsage, "expected seconds"},
		{"give --recording talk talk.rttm S2 09:12", exitUsage, "09:12: nobody's turn is there"},
		{"give --recording talk talk.rttm S7 1", exitUsage, "expected one of S1, S2, S3"},
		{"give --recording talk --from S2 talk.rttm S3 1", exitUsage, "nobody's turn is there"},
		{"give --recording talk talk.rttm S2 1-", exitUsage, `time "": expected seconds, or 01:12`},
		{"give --recording talk talk.rttm S2 1.5-0.5", exitUsage, "1.5-0.5: the end lies before the beginning: expected a range such as 01:12-01:15.5"},
		{"give --recording talk talk.rttm S2 1.5-0", exitUsage, "1.5-0: the end lies before the beginning"},
		{"give --recording talk talk.rttm S2 0:01.5-1.5", exitUsage, "0:01.5-1.5: expected at least 0.05 s"},
		{"give --recording talk talk.rttm S2 0-1 1-2", exitUsage, "0-1 1-2: expected times, or one range"},
		{"give --recording talk talk.rttm S2 0.5-1 1", exitUsage, "expected times, or one range"},
		{"give --recording talk talk.rttm S2 09:12-10:00", exitUsage, "09:12.0–10:00.0: nobody's turn is there"},
		{"give --recording talk talk.rttm S2 2-3", exitUsage, "00:02.0–00:03.0: nobody else's turn is there"},
		{"give --recording talk talk.rttm S2 0.5-0.51", exitUsage, "expected at least 0.05 s"},
		{"split --recording talk talk.rttm S1", exitUsage, "no voices"},
	} {
		status, _, stderr := diarizer(t.Context(), nil, strings.Fields(c.args)...)
		if status != c.status || !strings.Contains(stderr, c.say) || strings.Count(stderr, "\n") != 1 {
			t.Errorf("%s: status %d, %q, want %d, %q", c.args, status, stderr, c.status, c.say)
		}
	}
	works(t, "give", "--recording", "talk", "talk.rttm", "S1", "2.5")
	works(t, "give", "--recording", "talk", "talk.rttm", "new", "00:03.5")
	want := strings.NewReplacer("<NA> S2 ", "<NA> S1 ", "<NA> S3 ", "<NA> S2 ").Replace(threeVoices)
	if got, err := os.ReadFile("talk.rttm"); err != nil || string(got) != want {
		t.Errorf("%v, given:\n%s\nwant\n%s", err, got, want)
	}
}

// In a file, parts are given: one within a turn, and one over several turns.
func TestGivePartsInRTTM(t *testing.T) {
	t.Chdir(t.TempDir())
	writeFile(t, "talk.rttm", []byte(threeVoices))
	if status, _, said := diarizer(t.Context(), nil, "give", "--recording", "talk", "talk.rttm", "S2", "0.5-1.25"); status != 0 || !strings.Contains(said, "00:00.5–00:01.3 given to S2") {
		t.Errorf("status %d, said %s", status, said)
	}
	works(t, "give", "--recording", "talk", "talk.rttm", "new", "1.5-3.98")
	want := strings.NewReplacer("SPEAKER talk 1 0.000 2.000 <NA> <NA> S1 <NA> <NA>\n",
		"SPEAKER talk 1 0.000 0.500 <NA> <NA> S1 <NA> <NA>\nSPEAKER talk 1 0.500 0.750 <NA> <NA> S2 <NA> <NA>\n"+
			"SPEAKER talk 1 1.250 0.250 <NA> <NA> S1 <NA> <NA>\nSPEAKER talk 1 1.500 0.500 <NA> <NA> S4 <NA> <NA>\n",
		"2.000 1.000 <NA> <NA> S2", "2.000 1.000 <NA> <NA> S4", "3.000 1.000 <NA> <NA> S3", "3.000 1.000 <NA> <NA> S4").Replace(threeVoices)
	if got, err := os.ReadFile("talk.rttm"); err != nil || string(got) != want {
		t.Errorf("%v, given:\n%s\nwant\n%s", err, got, want)
	}
	writeFile(t, "both.rttm", []byte("SPEAKER both 1 0 3 <NA> <NA> ann <NA> <NA>\nSPEAKER both 1 1 3 <NA> <NA> bob <NA> <NA>\n"))
	status, _, stderr := diarizer(t.Context(), nil, "give", "both.rttm", "new", "0.5-2")
	if status != exitUsage || !strings.Contains(stderr, "00:00.5–00:02.0: ann and bob speak there at once: expected --from") {
		t.Errorf("of two at once: %d, %s", status, stderr)
	}
	works(t, "give", "--from", "ann", "both.rttm", "new", "0.5-2")
}

// Turns of a stream that is over on the server are given. Everybody who reads the stream
// later has the correction.
func TestGiveOverStream(t *testing.T) {
	t.Chdir(t.TempDir())
	url := meetingOver(t)
	rttm := func() string { return works(t, "watch", "--nats", url, "--until-end", "--format", "rttm") }
	before := rttm()
	first := strings.Fields(strings.Split(before, "\n")[0])
	works(t, "give", "--nats", url, "--from", first[7], "meeting", "new", first[3])
	if got := strings.Fields(strings.Split(rttm(), "\n")[0]); got[7] == first[7] || strings.Contains(before, " "+got[7]+" ") {
		t.Errorf("given to somebody new: %v", got)
	}
	works(t, "give", "--nats", url, "meeting", "S3", first[3])
	if got := strings.Fields(strings.Split(rttm(), "\n")[0]); got[7] != "S3" {
		t.Errorf("given to S3: %v", got)
	}
	// A part of a turn becomes a turn.
	whole := rttm()
	start, err := strconv.ParseFloat(first[3], 64)
	if err != nil {
		t.Fatal(err)
	}
	works(t, "give", "--nats", url, "meeting", "new", fmt.Sprintf("%.3f-%.3f", start+0.2, start+0.5))
	if got := strings.Split(rttm(), "\n"); len(got) != len(strings.Split(whole, "\n"))+2 || !strings.Contains(got[1], fmt.Sprintf(" 1 %.3f 0.300 ", start+0.2)) {
		t.Errorf("a part given:\n%s", strings.Join(got, "\n"))
	}
	works(t, "undo", "--nats", url, "meeting")
	if got := rttm(); got != whole {
		t.Errorf("the part taken back:\n%s\nwant\n%s", got, whole)
	}
	status, _, stderr := diarizer(t.Context(), nil, "split", "--nats", url, "meeting", "S1")
	if status != exitUsage || !strings.Contains(stderr, "only while the stream goes on") {
		t.Errorf("split after the end: %d, %s", status, stderr)
	}
	works(t, "undo", "--nats", url, "meeting")
	works(t, "undo", "--nats", url, "meeting")
	if got := rttm(); got != before {
		t.Errorf("taken back:\n%s\nwant\n%s", got, before)
	}
}
