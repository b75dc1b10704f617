package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/event/rttm"
	"github.com/seed-7adb9000/diarizer/internal/cli/demo"
)

// call is the first seconds of the demo as a call of two channels: the first speaker in one
// channel, all others in the other. Each channel has the other one too, more softly by leak
// and a little later.
func call(t *testing.T, seconds int, leak float32) (ada, grace []float32) {
	t.Helper()
	sound := demoSamples(t, seconds)
	own := [2][]float32{make([]float32, len(sound)), make([]float32, len(sound))}
	first := demo.Reference()[0].Speaker
	for _, s := range demo.Reference() {
		from, to := min(len(sound), int(s.Start*capture.Rate)), min(len(sound), int(s.End*capture.Rate))
		side := 1
		if s.Speaker == first {
			side = 0
		}
		copy(own[side][from:to], sound[from:to])
	}
	const late = 480 // samples
	both := [2][]float32{}
	for i := range both {
		both[i] = append(both[i], own[i]...)
		for n := late; n < len(sound); n++ {
			both[i][n] += leak * own[1-i][n-late]
		}
	}
	return both[0], both[1]
}

// wrongIn is how many seconds of segments have the wrong speaker of a call.
func wrongIn(segments []rttm.Segment, seconds float64) (wrong, talk float64) {
	const tick = 0.01
	first := demo.Reference()[0].Speaker
	for at := 0.0; at < seconds; at += tick {
		said, told := map[string]bool{}, map[string]bool{}
		for _, s := range demo.Reference() {
			if s.Start <= at && at < s.End {
				said[map[bool]string{true: "Ada", false: "Grace"}[s.Speaker == first]] = true
			}
		}
		for _, s := range segments {
			if s.Start <= at && at < s.End {
				told[s.Speaker] = true
			}
		}
		talk += float64(len(said)) * tick
		for name := range told {
			if !said[name] {
				wrong += tick
			}
		}
		for name := range said {
			if !told[name] {
				wrong += tick
			}
		}
	}
	return wrong, talk
}

// The channels of one recording, from a file or a pipe, are its participants. Speech that
// both channels have is told once.
func TestChannelsAreParticipants(t *testing.T) {
	const seconds = 24
	ada, grace := call(t, seconds, 0.2)
	wav := wavBytes(ada, grace)
	path := filepath.Join(t.TempDir(), "call.wav")
	if err := os.WriteFile(path, wav, 0o600); err != nil {
		t.Fatal(err)
	}
	var before []rttm.Segment
	for _, how := range []string{"run " + path, "run -", "replay --speed max --nats off " + path} {
		out := filepath.Join(t.TempDir(), "call.rttm")
		from := strings.Fields(how)
		status, stdout, stderr := diarizer(t.Context(), bytes.NewReader(wav), append(from, "--model", "light", "--channel", "each", "--names", "Ada,Grace", "--out", out)...)
		segments, err := rttm.ReadFile(out)
		if status != 0 || err != nil || !strings.Contains(stdout, "Grace") {
			t.Fatalf("status %d, %v: %s", status, err, stderr)
		}
		wrong, talk := wrongIn(segments, seconds)
		t.Logf("%s: %.1f s of %.1f are wrong; %s", how, wrong, talk, stderr)
		if wrong > 0.1*talk {
			t.Errorf("%s: %.1f s of %.1f s of speech are told wrong:\n%v", how, wrong, talk, segments)
		}
		for i := range segments {
			segments[i].File = ""
			if before != nil && (len(before) != len(segments) || before[i] != segments[i]) {
				t.Fatalf("%s leads to other turns:\n%v\n%v", how, before, segments)
			}
		}
		before = segments
	}
}

func TestChannelNames(t *testing.T) {
	path := filepath.Join(t.TempDir(), "call.wav")
	if err := os.WriteFile(path, wavBytes(make([]float32, 16000), make([]float32, 16000)), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ args, want string }{
		{"--names Ada,Grace " + path, "with --channel each"},
		{"--channel each --names Ada " + path, "1 name for 2 channels"},
		{"--channel each --names Ada,Grace,Emmy " + path, "3 names for 2 channels"},
		{"--channel each --names Ada,Ada " + path, "Ada is there twice"},
		{"--channel each --names Ada, " + path, "a name is empty"},
		{"--channel each --names Ada,Grace " + path + " " + path, "expected one recording"},
		{"--channel each --names Ada,Grace " + filepath.Dir(path), "is a directory"},
		{"--channel each --names Ada,Grace none.wav", "none.wav"},
		{"--channel each --names Ada,Grace --speech x.rttm " + path, "without --speech"},
		{"--names Ada --tracks A=a.wav,B=b.wav", "--names: expected it with --channel each"},
	} {
		status, _, stderr := diarizer(t.Context(), nil, strings.Fields("run --model light "+c.args)...)
		if status != exitUsage && status != exitInput || !strings.Contains(stderr, c.want) || strings.Count(stderr, "\n") != 1 {
			t.Errorf("%s: status %d, %q, want one line with %q", c.args, status, stderr, c.want)
		}
	}
}
