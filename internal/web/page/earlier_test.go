package page

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/testkit/meeting"
)

// A page can show an earlier run, which is corrected like the latest one. Of many earlier
// runs, the latest are kept.
func TestEarlierRuns(t *testing.T) {
	h := NewHub()
	events := func(run int) []event.Event {
		return meeting.Events(meeting.Options{Run: fmt.Sprintf("run%03d", run), Seed: uint64(run), Turns: 3 + run})
	}
	for run := range 2 + maxEarlier {
		for _, e := range events(run) {
			if err := h.Event(e); err != nil {
				t.Fatal(err)
			}
		}
	}
	if len(h.earlier) != maxEarlier {
		t.Errorf("%d earlier runs are kept, want %d", len(h.earlier), maxEarlier)
	}
	v := viewer{c: cursor{stream: "meeting", wanted: "run007"}}
	if err := v.look(h); err != nil || v.run != "run007" || len(v.streams) != 1+maxEarlier {
		t.Fatalf("run %s of %d, %v", v.run, len(v.streams), err)
	}
	for i, s := range v.streams {
		if want := fmt.Sprintf("run%03d", 1+maxEarlier-i); s.Run != want || s.Earlier != (i > 0) || s.Began.IsZero() {
			t.Errorf("listed in place %d: %+v, want %s", i, s, want)
		}
	}
	// A speaker of the earlier run is renamed.
	enc := event.Encoder{Stream: "meeting", Run: "run007", Seq: v.seq}
	if err := h.Event(enc.Identify(0, 1, "Ada", 1)); err != nil {
		t.Fatal(err)
	}
	if err := v.look(h); err != nil || v.events != 1 {
		t.Errorf("%d events, %v", v.events, err)
	}
	server := httptest.NewServer(newHandler(h, Options{}))
	defer server.Close()
	for query, want := range map[string]int{"run=run007": http.StatusOK, "run=run000": http.StatusNotFound, "run=run021": http.StatusOK, "": http.StatusOK} {
		resp, err := http.Get(server.URL + "/download?stream=meeting&format=rttm&" + query)
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil || resp.StatusCode != want || (query == "run=run007") != strings.Contains(string(data), " Ada ") {
			t.Errorf("%s: %v, status %d\n%s", query, err, resp.StatusCode, data)
		}
	}
	// A page that shows the latest run goes on to the next run.
	latest := viewer{c: cursor{stream: "meeting"}}
	if err := latest.look(h); err != nil {
		t.Fatal(err)
	}
	for _, e := range events(2 + maxEarlier) {
		if err := h.Event(e); err != nil {
			t.Fatal(err)
		}
	}
	if err := latest.look(h); err != nil || latest.run != fmt.Sprintf("run%03d", 2+maxEarlier) {
		t.Errorf("run %s, %v", latest.run, err)
	}
}
