package serve

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/micro"

	"github.com/seed-7adb9000/diarizer/internal/pipeline"
	"github.com/seed-7adb9000/diarizer/internal/testkit/natstest"
)

// TestTitles gives a stream titles by request. A title that cannot be shown in a line of a terminal
// is refused, and the one before stays.
func TestTitles(t *testing.T) {
	nc := natstest.New(t)
	w := startWorker(t, nc, testOptions(pipeline.Config{Model: anyModel()}))
	sendAll(t, nc, "room", "s", 3) // the claim of a stream without sound is removed
	waitForRuns(t, w, "room", 1)
	title := "before"
	for _, c := range []struct{ title, why string }{
		{" before ", ""},
		{"two\nlines", "expected printable characters"},
		{"\x1b[31mred", "expected printable characters"},
		{"tab\there", "expected printable characters"},
		{"\u202eback", "expected printable characters"},
		{"broken \xff", "expected printable characters"},
		{strings.Repeat("ä", maxTitle+1), "expected at most 200"},
		{strings.Repeat("ä", maxTitle), ""},
		{"Stand-up of team Ä 👋", ""},
		{"", ""},
	} {
		q, err := json.Marshal(request{Stream: "room", Title: c.title})
		if err != nil {
			t.Fatal(err)
		}
		msg, err := nc.Request(ControlPrefix+".rename", q, 30*time.Second)
		if err != nil {
			t.Fatal(err)
		}
		why := msg.Header.Get(micro.ErrorHeader)
		if c.why == "" {
			title = strings.TrimSpace(c.title)
		}
		if (why == "") != (c.why == "") || !strings.Contains(why, c.why) {
			t.Errorf("title %q: %q, expected %q", c.title, why, c.why)
		}
		claim, err := w.s.readClaim(t.Context(), "room")
		if err != nil || claim.Title != title {
			t.Errorf("after title %q: the title is %q, %v, expected %q", c.title, claim.Title, err, title)
		}
	}
}
