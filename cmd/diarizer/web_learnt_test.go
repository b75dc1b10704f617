package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/coder/websocket"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/capture/natsaudio"
	"github.com/seed-7adb9000/diarizer/internal/session/correct"
	"github.com/seed-7adb9000/diarizer/internal/voices/enroll"
)

// voicesPage is the page of a server that keeps voices.
type voicesPage struct {
	t   *testing.T
	url string
}

// record records samples of the stream talk over a WebSocket, to the end of the recording. during
// is called while it goes on.
func (p voicesPage) record(query string, samples []float32, during func()) {
	p.t.Helper()
	conn, _, err := websocket.Dial(p.t.Context(), strings.Replace(p.url, "http", "ws", 1)+"v1/live?stream=talk"+query, nil)
	if err != nil {
		p.t.Fatal(err)
	}
	defer conn.CloseNow()
	conn.SetReadLimit(1 << 20)
	sound := natsaudio.AppendS16(nil, samples)
	for at := 0; at < len(sound); at += 32000 {
		if err := conn.Write(p.t.Context(), websocket.MessageBinary, sound[at:at+32000]); err != nil {
			p.t.Fatal(err)
		}
	}
	for heard := false; ; {
		_, data, err := conn.Read(p.t.Context())
		if err != nil {
			return
		}
		if !heard && strings.Contains(string(data), `"type":"event"`) {
			heard = true
			during()
			if err := conn.Write(p.t.Context(), websocket.MessageText, []byte(`{"type":"end"}`)); err != nil {
				p.t.Fatal(err)
			}
		}
	}
}

// yes says yes to keeping Ada's voice, and returns the answer.
func (p voicesPage) yes() string {
	p.t.Helper()
	answer, err := http.Post(p.url+"remember?stream=talk", "application/json", strings.NewReader(`{"speaker":"S1","name":"Ada","days":90,"consent":true}`))
	if err != nil {
		p.t.Fatal(err)
	}
	defer answer.Body.Close()
	said, err := io.ReadAll(answer.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	return string(said)
}

// A recording that is resumed teaches what was said since, and nothing twice. People say yes after
// its end, or while it goes on.
func TestWebVoicesOfAMeetingThatGoesOn(t *testing.T) {
	sound := demoSamples(t, 70)
	for _, late := range []bool{true, false} {
		t.Run(fmt.Sprintf("late %t", late), func(t *testing.T) {
			dir := t.TempDir()
			t.Setenv("XDG_STATE_HOME", filepath.Join(dir, "state"))
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			m := &resumable{t: t, voices: filepath.Join(dir, "voices.json"), key: filepath.Join(dir, "voices.key")}
			works(t, "enroll", "new-key", m.key)
			var stderr shout
			done := make(chan int, 1)
			go func() {
				done <- run(ctx, []string{"web", "--http", "127.0.0.1:0", "--model", "light", "--identify=" + m.voices, "--voices-key", m.key}, nil, io.Discard, &stderr)
			}()
			p := voicesPage{t, stderr.wait(t, `live page: (\S+)`)}
			part := func(query string, samples []float32) float64 {
				t.Helper()
				p.record(query, samples, func() {
					if !late {
						p.yes()
					}
				})
				if query == "" {
					if reply := post(t, p.url, "talk", correct.Correction{Action: correct.Rename, Speaker: 1, Name: "Ada"}); reply.Error != "" {
						t.Fatal(reply.Error)
					}
				}
				if late {
					p.yes()
				}
				return m.frames()
			}
			first := part("", sound[:30*capture.Rate])
			if first < enroll.MinFrames {
				t.Fatalf("%g frames of the first part: %s", first, stderr.String())
			}
			if got := part("&resume=true", make([]float32, 5*capture.Rate)); got != first {
				t.Errorf("%g frames after nothing was said, %g before: %s", got, first, stderr.String())
			}
			if got := part("&resume=true", sound[30*capture.Rate:]); got < 1.5*first || got > 2.5*first {
				t.Errorf("%g frames after the last part, %g after the first: %s", got, first, stderr.String())
			}
			cancel()
			if status := <-done; status != exitInterrupted {
				t.Errorf("exit status %d: %s", status, stderr.String())
			}
		})
	}
}
