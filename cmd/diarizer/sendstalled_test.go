package main

import (
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/seed-7adb9000/diarizer/capture/natsaudio"
	"github.com/seed-7adb9000/diarizer/internal/testkit/needs"
)

// TestSendOpusStalled: Ctrl-C ends "send --opus -" while its input stalls, before the first packet or in the midst of
// the sound, which then has its end mark.
func TestSendOpusStalled(t *testing.T) {
	noLeak(t)
	url := natsServer(t)
	dir := t.TempDir()
	wav := writeFile(t, filepath.Join(dir, "a.wav"), wavBytes(demoSamples(t, 10)))
	ogg := filepath.Join(dir, "a.opus")
	if said, err := exec.Command(needs.Tool(t, "opusenc"), "--quiet", wav, ogg).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	data, err := os.ReadFile(ogg)
	if err != nil {
		t.Fatal(err)
	}
	nc, err := nats.Connect(url)
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	heard, err := nc.SubscribeSync(natsaudio.Subject("stalled"))
	if err != nil || nc.Flush() != nil {
		t.Fatal(err)
	}
	for _, n := range []int{0, len(data) / 2} {
		ctx, cancel := context.WithCancel(t.Context())
		stdin, feed := io.Pipe()
		done := make(chan int, 1)
		go func() {
			status, _, _ := diarizer(ctx, stdin, "send", "--opus", "--nats", url, "--stream", "stalled", "--speed", "max", "-")
			done <- status
		}()
		if _, err := feed.Write(data[:n]); err != nil {
			t.Fatal(err)
		}
		if n > 0 {
			nextPacket(t, heard)
		}
		cancel()
		select {
		case status := <-done:
			if status != exitInterrupted {
				t.Errorf("status %d, expected %d", status, exitInterrupted)
			}
		case <-time.After(30 * time.Second):
			t.Fatal("does not end")
		}
		feed.Close()
		for n > 0 && !nextPacket(t, heard).End {
		}
	}
}

// nextPacket waits for the next packet.
func nextPacket(t *testing.T, sub *nats.Subscription) natsaudio.Packet {
	t.Helper()
	msg, err := sub.NextMsg(30 * time.Second)
	if err != nil {
		t.Fatal(err)
	}
	p, err := natsaudio.Parse(msg.Header, msg.Data)
	if err != nil {
		t.Fatal(err)
	}
	return p
}
