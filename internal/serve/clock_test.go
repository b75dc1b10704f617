package serve

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/internal/pipeline"
	"github.com/seed-7adb9000/diarizer/internal/testkit/natstest"
)

// childClock is the environment variable that makes the wall clock of a process of jumpingBinary
// jump.
const childClock = "DIARIZER_TEST_CLOCK"

// jumping is a file of package time.
const jumping = `package time

import "syscall"

var jumping = func() bool { _, ok := syscall.Getenv("` + childClock + `"); return ok }()

// jump is by how many seconds the wall clock is wrong: by a minute to half an hour, ahead and
// back in turn, another number every five seconds and in every process.
func jump(mono int64) int64 {
	if !jumping {
		return 0
	}
	turn, pid := uint64(mono/(5*int64(Second))), uint64(syscall.Getpid())
	h := (turn + pid<<32 + 1) * 0x9e3779b97f4a7c15
	h = (h ^ h>>29) * 0xbf58476d1ce4e5b9
	by := 60 + int64(h>>32%1740)
	if (turn+pid)%2 == 0 {
		return -by
	}
	return by
}
`

// jumpingBinary builds this test's binary with a package time whose wall clock can jump, as a
// clock does that people or services set. The monotonic clock is unchanged.
func jumpingBinary(t *testing.T) string {
	t.Helper()
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatalf("go env GOROOT: %v", err)
	}
	dir := t.TempDir()
	std := filepath.Join(strings.TrimSpace(string(root)), "src", "time")
	b, err := os.ReadFile(filepath.Join(std, "time.go"))
	if err != nil {
		t.Fatal(err)
	}
	const reading = "func Now() Time {\n\tsec, nsec, mono := runtimeNow()\n"
	if n := strings.Count(string(b), reading); n != 1 {
		t.Fatalf("%s reads the clock in another way than %q: adapt this test to this version of Go", std, reading)
	}
	files := map[string]string{
		"time.go": strings.Replace(string(b), reading, reading+"\tsec += jump(mono)\n", 1),
		"jump.go": jumping,
	}
	overlay := struct{ Replace map[string]string }{map[string]string{}}
	for name, text := range files {
		path := filepath.Join(dir, name)
		overlay.Replace[filepath.Join(std, name)] = path
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	b, err = json.Marshal(overlay)
	if err != nil {
		t.Fatal(err)
	}
	list, binary := filepath.Join(dir, "overlay.json"), filepath.Join(dir, "jumping.test")
	if err := os.WriteFile(list, b, 0o600); err != nil {
		t.Fatal(err)
	}
	build := exec.CommandContext(t.Context(), "go", "test", "-c", "-overlay", list, "-o", binary, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %v\n%s", build, err, out)
	}
	return binary
}

// jumps counts how often a clock went back or ahead by a minute or more from one
// reading to the next.
func jumps(readings []time.Time) (back, ahead int) {
	for i := 1; i < len(readings); i++ {
		switch d := readings[i].Sub(readings[i-1]); {
		case d <= -time.Minute:
			back++
		case d >= time.Minute:
			ahead++
		}
	}
	return back, ahead
}

// logTime matches the time of a line of a log.
var logTime = regexp.MustCompile(`(?m)^time=(\S+)`)

// logTimes are the readings of the clock in a log.
func logTimes(t *testing.T, log string) (at []time.Time) {
	t.Helper()
	for _, m := range logTime.FindAllStringSubmatch(log, -1) {
		v, err := time.Parse(time.RFC3339, m[1])
		if err != nil {
			t.Fatal(err)
		}
		at = append(at, v)
	}
	return at
}

// storedTimes are up to some 2000 readings of the clocks of the servers that stored a
// stream's messages.
func storedTimes(t *testing.T, js jetstream.Stream) (at []time.Time) {
	t.Helper()
	info, err := js.Info(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	last := info.State.LastSeq
	for seq := uint64(1); seq <= last; seq += max(1, last/2000) {
		msg, err := js.GetMsg(t.Context(), seq)
		if err != nil {
			t.Fatal(err)
		}
		at = append(at, msg.Time)
	}
	return at
}

// TestWallClocksJump makes the wall clocks of two workers and of their server jump, and nothing
// else. No worker is declared dead, no stream moves except to a worker with fewer, or is taken to be
// over, and the events are the same.
func TestWallClocksJump(t *testing.T) {
	exe, env := jumpingBinary(t), childClock+"=jumps"
	cfg := pipeline.Config{Model: anyModel()}
	m := newMeetings(t, cfg, 4, 20)
	for i, ps := range m.sound { // in the middle nothing comes for 6 s, while the clocks jump
		for k := range ps[len(ps)/2:] {
			ps[len(ps)/2+k].Position += 12 * capture.Rate
		}
		m.events[i], m.rttm[i] = undisturbed(t, m.names[i], cfg, ps)
	}
	n := &node{Name: "alone", Port: freePorts(t, 1)[0], Store: t.TempDir()}
	n.start(t, exe, env)
	nc := natstest.Connect(t, n.url())
	s, err := openShared(t.Context(), nc, StoreOptions{})
	if err != nil {
		t.Fatal(err)
	}
	// A clock jumps by a minute or more, and a machine that is busy does not stop a worker for 20 s.
	workers := []*child{
		startProcess(t, exe, env, childURL+"="+n.url(), childIdle+"=20s", childDead+"=20s"),
		startProcess(t, exe, env, childURL+"="+n.url(), childIdle+"=20s", childDead+"=20s"),
	}
	m.run(t, nc, 2, 2*time.Minute, nil)
	taken, evened := 0, 0
	for _, w := range workers {
		log := w.log.String()
		taken += strings.Count(log, "stream taken")
		fewer := strings.Count(log, "another worker has fewer") // one of them was slow to take its streams
		evened += fewer
		if left := strings.Count(log, "stream left"); left > fewer {
			t.Errorf("a worker has left %d streams, %d of them to a worker with fewer", left, fewer)
		}
		for _, line := range []string{"declared dead", "given up", "will try again"} {
			if strings.Contains(log, line) {
				t.Errorf("a worker says %q", line)
			}
		}
	}
	if taken < len(m.names) || taken > len(m.names)+evened {
		t.Errorf("streams were taken %d times, expected each of %d once, and %d again", taken, len(m.names), evened)
	}
	if back, ahead := jumps(storedTimes(t, s.audio)); back == 0 || ahead == 0 {
		t.Errorf("the server's clock jumped %d times back and %d ahead", back, ahead)
	}
}
