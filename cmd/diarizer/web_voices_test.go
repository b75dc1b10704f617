package main

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/coder/websocket"

	"github.com/seed-7adb9000/diarizer/capture/natsaudio"
	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/session/correct"
)

// A voice that was remembered on the page is known in the next meeting. The file is encrypted,
// and has no voice of anybody who was not asked.
func TestWebRemembers(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	dir := t.TempDir()
	voices, key := filepath.Join(dir, "voices.json"), filepath.Join(dir, "voices.key")
	works(t, "enroll", "new-key", key)
	var stderr shout
	done := make(chan int, 1)
	go func() {
		done <- run(ctx, []string{"web", "--http", "127.0.0.1:0", "--model", "light", "--identify=" + voices, "--voices-key", key}, nil, io.Discard, &stderr)
	}()
	url := stderr.wait(t, `live page: (\S+)`)
	sound := natsaudio.AppendS16(nil, demoSamples(t, 40))
	meeting := func(stream string) string {
		t.Helper()
		conn, _, err := websocket.Dial(t.Context(), strings.Replace(url, "http", "ws", 1)+"v1/live?stream="+stream, nil)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.CloseNow()
		conn.SetReadLimit(1 << 20)
		for at := 0; at < len(sound); at += 32000 {
			if err := conn.Write(t.Context(), websocket.MessageBinary, sound[at:at+32000]); err != nil {
				t.Fatal(err)
			}
		}
		if err := conn.Write(t.Context(), websocket.MessageText, []byte(`{"type":"end"}`)); err != nil {
			t.Fatal(err)
		}
		told := ""
		for {
			_, data, err := conn.Read(t.Context())
			if err != nil {
				return told
			}
			told += string(data) + "\n"
		}
	}
	if told := meeting("one"); strings.Contains(told, "speaker-identified") {
		t.Errorf("somebody is known: %s", told)
	}
	for who, name := range map[int]string{1: "Ada Lovelace", 2: "Grace"} {
		if reply := post(t, url, "one", correct.Correction{Action: correct.Rename, Speaker: event.Speaker(who), Name: name}); reply.Error != "" {
			t.Fatal(reply.Error)
		}
	}
	answer, err := http.Post(url+"remember?stream=one", "application/json", strings.NewReader(`{"speaker":"S1","name":"Ada Lovelace","days":90,"consent":true}`))
	if err != nil {
		t.Fatal(err)
	}
	var reply struct{ Text, Error string }
	err = json.NewDecoder(answer.Body).Decode(&reply)
	answer.Body.Close()
	if err != nil || !strings.Contains(reply.Text, "Ada Lovelace is kept in "+voices) {
		t.Fatalf("%+v, %v", reply, err)
	}
	if data := read(t, voices); strings.Contains(data, `"name":`) || !strings.HasPrefix(data, "age-encryption.org") {
		t.Errorf("on the disk: %.100q", data)
	}
	if told := meeting("two"); !strings.Contains(told, `"name":"Ada Lovelace"`) || strings.Contains(told, "Grace") {
		t.Errorf("the next meeting: %s", told)
	}
	cancel()
	if status := <-done; status != exitInterrupted {
		t.Errorf("exit status %d: %s", status, stderr.String())
	}
	if got := works(t, "enroll", "list", "--model", "light", "--file="+voices, "--voices-key", key); !strings.Contains(got, "Ada") || strings.Contains(got, "Grace") {
		t.Errorf("kept: %s", got)
	}
}
