package main

import (
	"os"
	"strings"
	"testing"
)

// A turn is given to somebody else, and to somebody new, in a file.
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

// A stream that is over on the server is corrected by turns, and all later readers have
// it so.
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
