package main

import (
	"context"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/capture/natsaudio"
	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/event/rttm"
)

// TestReplayLossFromNATS: packets that are lost, swapped and repeated on their
// way become gaps of exact length, and the turns after them stay in their place.
func TestReplayLossFromNATS(t *testing.T) {
	noLeak(t)
	url := natsServer(t)
	nc, err := nats.Connect(url)
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	samples := demoSamples(t, 16)
	subject := natsaudio.Subject("room1")
	out := filepath.Join(t.TempDir(), "out.rttm")
	said, wait := listening(t.Context(), t, url, subject, "--json", "--rttm", out)

	var packets []natsaudio.Packet
	for part := range slices.Chunk(samples, 320) {
		n := len(packets)
		packets = append(packets, natsaudio.Packet{Session: "s", Seq: uint64(n + 1), Position: int64(320 * n), Encoding: natsaudio.S16,
			Rate: capture.Rate, Channels: 1, Samples: 320, Data: natsaudio.AppendS16(nil, part)})
	}
	packets = append(packets, natsaudio.Packet{Session: "s", Seq: uint64(len(packets) + 1), Position: int64(len(samples)),
		Encoding: natsaudio.S16, Rate: capture.Rate, Channels: 1, End: true})
	for i := 40; i+5 < len(packets); i += 40 {
		packets[i], packets[i+5] = packets[i+5], packets[i]
	}
	lost := func(seq uint64) bool { return seq > 100 && seq <= 125 || seq == 700 } // half a second, and one packet
	for i, p := range packets {
		if lost(p.Seq) {
			continue
		}
		msg, err := p.Message(subject)
		if err != nil {
			t.Fatal(err)
		}
		for range 1 + i%2 {
			if err := nc.PublishMsg(msg); err != nil {
				t.Fatal(err)
			}
		}
	}
	if status := wait(); status != 0 {
		t.Fatalf("status %d, %s", status, said)
	}
	var gaps []event.Gap
	for line := range strings.Lines(said.String()) {
		if !strings.HasPrefix(line, "{") {
			continue
		}
		e, err := event.Decode([]byte(line))
		if err != nil {
			t.Fatal(err)
		}
		if e.Gap != nil {
			gaps = append(gaps, *e.Gap)
		}
	}
	if want := []event.Gap{{Start: 32000, End: 40000}, {Start: 223680, End: 224000}}; !slices.Equal(gaps, want) {
		t.Errorf("gaps %v, want %v", gaps, want)
	}
	if !strings.Contains(said.String(), "26 lost") {
		t.Error(said)
	}
	// The turns are those of the file with silence where sound was lost.
	for _, p := range packets {
		if lost(p.Seq) {
			clear(samples[p.Position : p.Position+320])
		}
	}
	wav := writeFile(t, filepath.Join(t.TempDir(), "room1.wav"), wavBytes(samples))
	_, got := readRTTM(t, out)
	if status, _, stderr := diarizer(t.Context(), nil, "replay", "--nats", "off", "--speed", "max", "--rttm", out, wav); status != 0 {
		t.Fatalf("status %d, %s", status, stderr)
	}
	if _, want := readRTTM(t, out); got["room1"] != want["room1"] || want["room1"] == "" {
		t.Errorf("turns %v, want %v", got, want)
	}
}

// TestSendInterrupted: an interrupted sender still sends the end mark, so that the reader
// ends and has the sound up to there.
func TestSendInterrupted(t *testing.T) {
	noLeak(t)
	url := natsServer(t)
	dir := t.TempDir()
	wav := writeFile(t, filepath.Join(dir, "a.wav"), wavBytes(demoSamples(t, 60)))
	out := filepath.Join(dir, "out.rttm")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	said, wait := listening(t.Context(), t, url, natsaudio.Subject("a"), "--rttm", out)
	go func() {
		defer cancel()
		for !strings.Contains(said.String(), "S1") { // until there is a turn
			time.Sleep(10 * time.Millisecond)
		}
	}()
	if status, _, stderr := diarizer(ctx, nil, "send", "--nats", url, "--speed", "3", wav); status != exitInterrupted {
		t.Errorf("status %d, %s", status, stderr)
	}
	if status := wait(); status != 0 {
		t.Errorf("reader: status %d", status)
	}
	segments, err := rttm.ReadFile(out)
	if err != nil || len(segments) == 0 {
		t.Errorf("%d turns, %v", len(segments), err)
	}
}
