package httpapi_test

import (
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/seed-7adb9000/diarizer/internal/session/saved"
	"github.com/seed-7adb9000/diarizer/internal/web/httpapi"
)

// A recorder comes back to a recording that has ended and whose state is that of another version of
// the program. It gets one answer to both of its requests, and goes on as a new device.
func TestComesBackToAnUnusableState(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "kept")
	s := serveKept(t, httpapi.Limits{}, "", dir)
	c := s.open("stream=room&name=room&framing=numbered")
	packets := cut(samples(t), 2*piece)
	c.sendAll(packets, 1, uint64(len(packets)))
	c.end()
	kept, err := saved.Dir(dir).Load("room")
	if err != nil {
		t.Fatal(err)
	}
	var rest map[string]any
	if err := json.Unmarshal(kept.Rest, &rest); err != nil {
		t.Fatal(err)
	}
	query := "/v1/live?stream=room&framing=numbered&session=" + c.session
	if status, text, _ := s.ask("GET", query, nil); status != 426 { // 426: a WebSocket would be accepted
		t.Fatalf("before the damage: %d, %s", status, text)
	}
	for _, r := range rest["past"].(map[string]any)["recorders"].([]any) {
		r.(map[string]any)["assembler"] = []byte("of another version")
	}
	if kept.Rest, err = json.Marshal(rest); err != nil {
		t.Fatal(err)
	}
	if err := saved.Dir(dir).Save(kept); err != nil {
		t.Fatal(err)
	}
	for _, header := range [][]string{nil, ws} {
		if status, text, _ := s.ask("GET", query, nil, header...); status != 404 || !strings.Contains(text, "begins anew") {
			t.Errorf("with headers %q: %d, %s", header, status, text)
		}
	}
	s.mu.Lock()
	said := slices.Clone(s.said)
	s.mu.Unlock()
	if len(said) != 1 || !strings.Contains(said[0], "stream room") || !strings.Contains(said[0], "begins anew") {
		t.Errorf("said %q", said)
	}
	again := s.open("stream=room&framing=numbered&resume=true")
	again.sendAll(packets, 1, uint64(len(packets)))
	again.end()
	if again.timeline.At() <= c.timeline.At() {
		t.Errorf("heard up to %v, and before up to %v", again.timeline.At(), c.timeline.At())
	}
}
