package examples

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/event/rttm"
	"github.com/seed-7adb9000/diarizer/internal/cli/demo"
	"github.com/seed-7adb9000/diarizer/internal/testkit/needs"
	"github.com/seed-7adb9000/diarizer/publish/natsd"
)

// program is the diarizer of these sources.
func program(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "diarizer")
	if out, err := exec.Command("go", "build", "-o", path, "../cmd/diarizer").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v: %s", err, out)
	}
	t.Setenv("DIARIZER_CONFIG", "off")
	t.Setenv("XDG_STATE_HOME", t.TempDir())
	return path
}

// Every metric that the dashboard asks for is one that a worker has.
func TestDashboardAsksForWhatThereIs(t *testing.T) {
	var dashboard struct {
		Panels []struct {
			Title   string
			Targets []struct{ Expr string }
		}
	}
	data, err := os.ReadFile("grafana/dashboard.json")
	if err == nil {
		err = json.Unmarshal(data, &dashboard)
	}
	if err != nil || len(dashboard.Panels) < 8 {
		t.Fatalf("%d panels, %v", len(dashboard.Panels), err)
	}
	exported := metricsOf(t)
	asked := regexp.MustCompile(`diarizer_[a-z_]+`)
	for _, p := range dashboard.Panels {
		if len(p.Targets) == 0 {
			t.Errorf("%s asks for nothing", p.Title)
		}
		for _, target := range p.Targets {
			for _, name := range asked.FindAllString(target.Expr, -1) {
				if !strings.Contains(exported, "\n"+name+"{") && !strings.Contains(exported, "\n"+name+" ") {
					t.Errorf("%s asks for %s, which a worker does not have", p.Title, name)
				}
			}
		}
	}
}

// metricsOf are those of a worker that has heard a stream.
func metricsOf(t *testing.T) string {
	t.Helper()
	diarizer := program(t)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	server, err := natsd.Start(ctx, natsd.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	serve := exec.CommandContext(ctx, diarizer, "serve", "--model", "light", "--max-streams", "4", "--nats", server.URL())
	said, err := serve.StderrPipe()
	if err == nil {
		err = serve.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = serve.Process.Signal(os.Interrupt)
		_, _ = io.Copy(io.Discard, said)
		_ = serve.Wait() // it was interrupted
	}()
	url := ""
	for text, b := "", make([]byte, 4096); url == ""; {
		n, err := said.Read(b)
		if err != nil {
			t.Fatalf("%v: %s", err, text)
		}
		text += string(b[:n])
		if m := regexp.MustCompile(`live page: (\S+)\n`).FindStringSubmatch(text); m != nil {
			url = m[1]
		}
	}
	go func() { _, _ = io.Copy(io.Discard, said) }()
	out, err := exec.CommandContext(ctx, diarizer, "send", "--nats", server.URL(), "--stream", "talk", "--speed", "max", "../internal/cli/demo/demo.flac").CombinedOutput()
	if err != nil {
		t.Fatalf("send: %v: %s", err, out)
	}
	for {
		resp, err := http.Get(url + "metrics")
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(body), `diarizer_events_total{kind="stream-ended"}`) || ctx.Err() != nil {
			return "\n" + string(body)
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// Recordings that begin when their participants join are one meeting.
func TestTracksThatBeginLater(t *testing.T) {
	needs.Tool(t, "ffmpeg")
	t.Setenv("DIARIZER", program(t))
	rec, err := capture.OpenReader(t.Context(), demo.Recording(), demo.Name, capture.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer rec.Close()
	dir := t.TempDir()
	// Ada says what the demo's first speaker says in the first seconds, Grace the second one's.
	first, second := demo.Reference()[0], demo.Reference()[1]
	demoFile, err := filepath.Abs("../internal/cli/demo/demo.flac")
	if err != nil {
		t.Fatal(err)
	}
	var list bytes.Buffer
	for name, s := range map[string]rttm.Segment{"Ada": first, "Grace Hopper": second} {
		file := filepath.Join(dir, name+".ogg")
		cut := exec.Command("ffmpeg", "-loglevel", "error", "-ss", fmt.Sprint(s.Start), "-t", fmt.Sprint(s.End-s.Start), "-i", demoFile, file)
		if out, err := cut.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		fmt.Fprintf(&list, "%s,%s,%v\n", name, file, s.Start)
	}
	for name, data := range map[string]string{"list.csv": "# who, what, when\n" + list.String(), "slash.csv": "a/b,x.wav,0\n", "late.csv": "a,x.wav,soon\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	result := filepath.Join(dir, "meeting.rttm")
	if out, err := exec.CommandContext(t.Context(), "./tracks.sh", filepath.Join(dir, "list.csv"), result, "--model", "light").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	segments, err := rttm.ReadFile(result)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range segments {
		want := map[string]rttm.Segment{"Ada": first, "Grace_Hopper": second, "Grace Hopper": second}[s.Speaker]
		if s.Start < want.Start-0.3 || s.End > want.End+0.3 {
			t.Errorf("%s from %.2f to %.2f, expected within %.2f to %.2f", s.Speaker, s.Start, s.End, want.Start, want.End)
		}
	}
	if len(segments) < 2 {
		t.Errorf("%v", segments)
	}
	for name, want := range map[string]string{"slash.csv": "with a slash", "late.csv": "begins at 'soon': expected seconds"} {
		if out, err := exec.Command("./tracks.sh", filepath.Join(dir, name), result).CombinedOutput(); err == nil || !strings.Contains(string(out), want) {
			t.Errorf("%s: %v: %s", name, err, out)
		}
	}
}
