package natsaudio_test

import (
	"slices"
	"testing"
	"time"

	"github.com/seed-7adb9000/diarizer/capture/natsaudio"
	"github.com/seed-7adb9000/diarizer/publish/natsd"
)

// TestClockOfSender: whatever time a sender says that its session began, a reader that comes later hears all of what is kept,
// and nothing of the session before.
func TestClockOfSender(t *testing.T) {
	_, nc := serve(t, natsd.Options{})
	keep(t, nc)
	before := sender(t, nc)
	send(t, before, tone(1000))
	closeSender(t, before)
	want := tone(16000 * 2)
	for _, ahead := range []time.Duration{-time.Hour, 0, 30 * time.Second, 61 * time.Second, 2 * time.Hour} {
		out, err := natsaudio.NewSender(t.Context(), nc, subject, mono16k(), natsaudio.SenderOptions{Began: time.Now().Add(ahead)})
		if err != nil {
			t.Fatal(err)
		}
		send(t, out, want)
		closeSender(t, out)
		in := source(t, nc, natsaudio.Options{Idle: 10 * time.Second})
		if got := read(t, in); !slices.Equal(got, want) {
			t.Errorf("%v ahead: %d samples of %d", ahead, len(got), len(want))
		}
	}
}

// TestClockOfSilentSender: the end of a session came so late that the time that the sender says lies behind all sound.
func TestClockOfSilentSender(t *testing.T) {
	_, nc := serve(t, natsd.Options{})
	keep(t, nc)
	out, err := natsaudio.NewSender(t.Context(), nc, subject, mono16k(), natsaudio.SenderOptions{Began: time.Now().Add(61 * time.Second)})
	if err != nil {
		t.Fatal(err)
	}
	want := tone(16000)
	send(t, out, want)
	time.Sleep(2500 * time.Millisecond)
	closeSender(t, out)
	if got := read(t, source(t, nc, natsaudio.Options{Idle: 10 * time.Second})); !slices.Equal(got, want) {
		t.Errorf("%d samples of %d", len(got), len(want))
	}
}
