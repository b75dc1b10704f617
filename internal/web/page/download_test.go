package page

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/show/export"
	"github.com/seed-7adb9000/diarizer/internal/testkit/meeting"
)

// At every moment what a page hands out is what a subscriber's own files have.
func TestDownload(t *testing.T) {
	hub := NewHub()
	server := httptest.NewServer(newHandler(hub, Options{}))
	defer server.Close()
	get := func(query string) (int, http.Header, string) {
		t.Helper()
		resp, err := http.Get(server.URL + "/download?" + query)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		data, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return resp.StatusCode, resp.Header, string(data)
	}
	if status, _, _ := get("stream=meeting&format=vtt"); status != http.StatusNotFound {
		t.Errorf("no stream: %d", status)
	}
	var tl event.Timeline
	events := meeting.Events(meeting.Options{Turns: 40, Names: []string{"Ada \"A\" Lovelace"}})
	for i, e := range events {
		if err := hub.Event(e); err != nil {
			t.Fatal(err)
		}
		if err := tl.Apply(e); err != nil {
			t.Fatal(err)
		}
		if i%50 != 20 && i != len(events)-1 {
			continue
		}
		for _, f := range export.Formats() {
			var want bytes.Buffer
			if err := export.Write(&want, f, []*event.Timeline{&tl}); err != nil {
				t.Fatal(err)
			}
			status, head, got := get("stream=meeting&format=" + string(f))
			if status != http.StatusOK || got != want.String() {
				t.Errorf("after event %d, %s: status %d\n%s\nwant\n%s", e.Seq, f, status, got, want.String())
			}
			if d := head.Get("Content-Disposition"); !strings.HasPrefix(d, "attachment") || !strings.Contains(d, "."+string(f)) {
				t.Errorf("%s: %q", f, d)
			}
		}
	}
	if status, _, _ := get("stream=meeting&format=exe"); status != http.StatusBadRequest {
		t.Errorf("another format: %d", status)
	}
}
