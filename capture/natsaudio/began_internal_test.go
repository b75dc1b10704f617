package natsaudio

import (
	"testing"
	"time"
)

// TestStoredFrom: the time that a sender states is used unless it is later than sound of that length can have begun.
func TestStoredFrom(t *testing.T) {
	stored := time.Unix(1_000_000, 0)
	last := Packet{Rate: 16000, Position: 3599 * 16000, Samples: 16000}
	for began, want := range map[time.Duration]bool{-2 * time.Hour: true, -time.Hour: true, -59 * time.Minute: true, -59*time.Minute + time.Second: false, 0: false, time.Hour: false} {
		last.Began = stored.Add(began)
		if from, ok := storedFrom(last, stored); ok != want || ok && !from.Equal(last.Began.Add(-time.Minute)) {
			t.Errorf("an hour of sound that began at %v: %v, %v", began, from.Sub(stored), ok)
		}
	}
	if _, ok := storedFrom(Packet{Rate: 16000}, stored); ok {
		t.Error("a time is known though none was stated")
	}
}
