package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/publish"
)

// checkEvents holds events as lines of JSON against the schema and against what the documents
// promise of every command: the runs are whole, and the first event of each says which model
// decides and which program publishes.
func checkEvents(t *testing.T, command, lines string) {
	t.Helper()
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	_, here, _, _ := runtime.Caller(0) // as the test may have changed its directory
	s, err := c.Compile(filepath.Join(filepath.Dir(here), "..", "..", "schema", "event.schema.json"))
	if err != nil {
		t.Fatal(err)
	}
	begun, ended := 0, 0
	for line := range strings.Lines(lines) {
		value, err := jsonschema.UnmarshalJSON(strings.NewReader(line))
		if err == nil {
			err = s.Validate(value)
		}
		var e event.Event
		if err == nil {
			err = json.Unmarshal([]byte(line), &e)
		}
		if err != nil {
			t.Fatalf("%s: %s: %v", command, line, err)
		}
		switch e.Kind {
		case event.StreamStarted:
			begun++
			if src := e.Source; len(src.Model) < 8 || !strings.HasPrefix(src.Program, "diarizer") || src.Name == "" || src.Rate != event.Rate || src.Origin.IsZero() {
				t.Errorf("%s: source %+v: expected a model, a program and all else", command, *src)
			}
		case event.StreamEnded:
			ended++
		}
	}
	if begun == 0 || begun != ended {
		t.Errorf("%s: %d runs begin and %d end", command, begun, ended)
	}
}

// The events of each command that makes events fit the schema.
func TestEventsOfEachCommand(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("XDG_STATE_HOME", dir)
	wav := writeFile(t, filepath.Join(dir, "talk.wav"), wavBytes(demoSamples(t, 6)))
	checkEvents(t, "run", works(t, "run", "--model", "light", "--json", wav))
	checkEvents(t, "run --identify", works(t, "run", "--model", "light", "--identify", "--json", wav))
	checkEvents(t, "replay", works(t, "replay", "--model", "light", "--speed", "max", "--json", wav))
	file := filepath.Join(dir, "talk.jsonl")
	works(t, "run", "--model", "light", "--out", file, wav)
	works(t, "name", file, "S1=Ada")
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if checkEvents(t, "name", string(data)); !bytes.Contains(data, []byte(`"correction"`)) {
		t.Error("name adds no event")
	}

	// Over a server: a program's own events, a worker's, corrections.
	url := natsServer(t)
	ctx, stop := context.WithCancel(t.Context())
	worker := make(chan int, 1)
	go func() {
		worker <- run(ctx, []string{"serve", "--nats", url, "--model", "light", "--max-streams", "2", "--http", "off"}, strings.NewReader(""), &shout{}, &shout{})
	}()
	works(t, "replay", "--model", "light", "--speed", "max", "--nats", url, wav)
	works(t, "name", "--nats", url, "talk", "S1=Ada")
	works(t, "send", "--nats", url, "--stream", "room", "--speed", "max", wav)
	for end := time.Now().Add(time.Minute); ; time.Sleep(100 * time.Millisecond) {
		nc, err := publish.Connect(t.Context(), url, publish.ConnectOptions{})
		if err != nil {
			t.Fatal(err)
		}
		tl, err := streamNow(t.Context(), nc, "room")
		nc.Close()
		if err == nil && tl.Ended() != nil {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("serve does not end the stream: %v", err)
		}
	}
	checkEvents(t, "serve", works(t, "watch", "--nats", url, "--stream", "room", "--until-end", "--json"))
	checkEvents(t, "replay --nats, name", works(t, "watch", "--nats", url, "--stream", "talk", "--until-end", "--json"))
	stop()
	<-worker
}

// The page of the demo has the model and the program as well.
func TestEventsOfTheDemo(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	var stderr shout
	done := make(chan int, 1)
	go func() { // at the speed of speech, so that little of it is heard before the end
		done <- run(ctx, []string{"demo", "--http", "127.0.0.1:0"}, strings.NewReader(""), &shout{}, &stderr)
	}()
	defer func() {
		cancel()
		<-done
	}()
	resp, err := http.Get(stderr.wait(t, `live page: (\S+)`) + "events")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	lines := bufio.NewScanner(resp.Body)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		data, ok := strings.CutPrefix(lines.Text(), "data: ")
		var board struct {
			Run    string        `json:"run"`
			Source *event.Source `json:"source"`
		}
		if !ok || json.Unmarshal([]byte(data), &board) != nil || board.Run == "" || board.Source == nil {
			continue
		}
		if src := *board.Source; len(src.Model) < 8 || !strings.HasPrefix(src.Program, "diarizer") || src.Name != "demo" {
			t.Errorf("source %+v: expected a model and a program", src)
		}
		return
	}
	t.Errorf("the page tells of no source: %v", lines.Err())
}
