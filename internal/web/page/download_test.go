package page

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/seed-7adb9000/diarizer/event"
	words "github.com/seed-7adb9000/diarizer/internal/session/said"
	"github.com/seed-7adb9000/diarizer/internal/show/export"
	"github.com/seed-7adb9000/diarizer/internal/testkit/meeting"
)

// At every moment the page's files are those that a subscriber would write.
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

// The words can be downloaded in every format, as "diarizer watch" writes it.
func TestDownloadWords(t *testing.T) {
	hub := NewHub()
	server := httptest.NewServer(newHandler(hub, Options{}))
	defer server.Close()
	events := meeting.Events(meeting.Options{Turns: 40, Names: []string{"Ada"}})
	var tl event.Timeline
	last := len(events) - 1
	for _, e := range events[:last] {
		if err := errors.Join(hub.Event(e), tl.Apply(e)); err != nil {
			t.Fatal(err)
		}
	}
	list := event.Words{Recogniser: "base-en"}
	for i, turn := range tl.Turns() {
		list.List = append(list.List, event.Word{ID: i + 1, Text: "word", Start: turn.Start, End: turn.Start + 1600, Speaker: turn.Speaker})
	}
	enc := event.Encoder{Stream: tl.Stream(), Run: tl.Run(), Seq: tl.Seq(), Revision: tl.Revision()}
	said := enc.Words(int64(tl.At()), list)
	if err := errors.Join(hub.Event(said), tl.Apply(said)); err != nil {
		t.Fatal(err)
	}
	get := func(query string) (int, string, string) {
		resp, err := http.Get(server.URL + "/download?stream=meeting&" + query)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		data, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return resp.StatusCode, resp.Header.Get("Content-Disposition"), string(data)
	}
	for _, f := range export.WordFormats() {
		var want bytes.Buffer
		err := export.WriteWords(&want, f, export.Transcript{Source: tl.Source(), Words: words.Words(tl.Words("base-en")), Names: words.Names(&tl)})
		if err != nil {
			t.Fatal(err)
		}
		status, name, got := get("words=base-en&format=" + string(f))
		if status != http.StatusOK || got != want.String() || !strings.Contains(name, "-said."+string(f)) || !strings.Contains(got, "Ada") {
			t.Errorf("%s: status %d, %s\n%s\nwant\n%s", f, status, name, got, want.String())
		}
	}
	for query, want := range map[string]int{"words=base-en&format=rttm": http.StatusBadRequest, "words=other&format=txt": http.StatusNotFound, "format=txt": http.StatusBadRequest} {
		if status, _, _ := get(query); status != want {
			t.Errorf("%s: status %d, want %d", query, status, want)
		}
	}
}
