package page

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/session/correct"
	"github.com/seed-7adb9000/diarizer/online"
)

// desk returns the desk of a stream with two speakers, which a hub shows.
func desk(t *testing.T, hub *Hub) *correct.Desk {
	t.Helper()
	d := correct.NewDesk(correct.Options{Encoder: &event.Encoder{Stream: "s", Run: "r"}, Emit: hub.Event})
	err := d.Encode(func(e *event.Encoder) event.Event { return e.Start(event.Source{}) })
	for i := 1; i <= 2; i++ {
		err = errors.Join(err, d.Decide(online.Event{Kind: online.SpeakerAdded, Speaker: i}))
	}
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestCorrections(t *testing.T) {
	hub := NewHub()
	var desks Desks
	desks.Add("s", desk(t, hub))
	_, u := serve(t, hub, Options{Correct: desks.Correct})
	for _, c := range []struct {
		name, stream, kind, body string
		status                   int
	}{
		{"rename", "s", "application/json", `{"action":"rename","speaker":"S1","name":"<img onerror=alert(1)>"}`, 200},
		{"merge", "s", "application/json", `{"action":"merge","speaker":"S2","into":"S1","run":"r"}`, 200},
		{"undo", "s", "application/json", `{"action":"undo"}`, 200},
		{"of another run", "s", "application/json", `{"action":"undo","run":"q"}`, 409},
		{"of nobody", "s", "application/json", `{"action":"rename","speaker":"S9","name":"x"}`, 409},
		{"of no stream", "t", "application/json", `{"action":"undo"}`, 503},
		{"of an impossible stream", "a b", "application/json", `{"action":"undo"}`, 400},
		{"no JSON", "s", "application/json", `undo`, 400},
		{"no action", "s", "application/json", `{}`, 400},
		{"as a form", "s", "application/x-www-form-urlencoded", `{"action":"undo"}`, 415},
		{"too long", "s", "application/json", `{"action":"undo","name":"` + strings.Repeat("x", correct.MaxSize) + `"}`, 413},
	} {
		resp, err := http.Post(u.String()+"correct?stream="+url.QueryEscape(c.stream), c.kind, strings.NewReader(c.body))
		if err != nil {
			t.Fatal(err)
		}
		var reply correct.Reply
		err = json.NewDecoder(resp.Body).Decode(&reply)
		resp.Body.Close()
		if err != nil || resp.StatusCode != c.status || (reply.Error == "") != (c.status == 200) || (reply.Seq > 0) != (c.status == 200) {
			t.Errorf("%s: %s, %+v, %v; want status %d", c.name, resp.Status, reply, err, c.status)
		}
	}
	_, u = serve(t, hub, Options{})
	resp, err := http.Post(u.String()+"correct?stream=s", "application/json", strings.NewReader(`{"action":"undo"}`))
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusForbidden {
		t.Errorf("a page to look at took a correction: %s", resp.Status)
	}
}
