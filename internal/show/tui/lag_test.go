package tui

import (
	"strings"
	"testing"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/online"
)

// The lag begins with the first value, and follows the mean of the latest.
func TestLag(t *testing.T) {
	f := NewFeed()
	enc := event.Encoder{Stream: "s", Run: "r"}
	turn := func(id int, lag int64) event.Event {
		end := int64(id) * 32000
		return online.Encode(&enc, online.Event{Kind: online.TurnStarted, At: end + lag, Turn: online.Turn{ID: id, Speaker: 1, Start: end - 16000, End: end}})
	}
	fill(t, f, []event.Event{enc.Start(event.Source{}), turn(1, 8000)})
	m := NewModel(f)
	if v := m.View(); !strings.Contains(v, "0.50 s behind") {
		t.Errorf("after the first turn:\n%s", v)
	}
	fill(t, f, []event.Event{turn(2, 16000)})
	if v := m.View(); !strings.Contains(v, "0.60 s behind") {
		t.Errorf("after the second turn:\n%s", v)
	}
}
