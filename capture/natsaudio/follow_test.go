package natsaudio_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/capture/natsaudio"
	"github.com/seed-7adb9000/diarizer/publish/natsd"
)

// tenth is packet seq of a session in packets of a tenth of a second.
func tenth(session string, seq int) natsaudio.Packet {
	return natsaudio.Packet{Session: session, Seq: uint64(seq), Position: int64(seq-1) * 1600, Encoding: natsaudio.S16, Rate: capture.Rate,
		Channels: 1, Samples: 1600, Data: make([]byte, 3200)}
}

func endMark(session string, seq int) natsaudio.Packet {
	p := tenth(session, seq)
	p.Samples, p.Data, p.End = 0, nil, true
	return p
}

// nextEnd returns the end of the next block.
func nextEnd(t *testing.T, s *natsaudio.Source) int64 {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	b, err := s.Next(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return b.End()
}

// TestFollowAfterSilence: a reader that follows gives a session up that has fallen silent, after its end mark or before a session
// that waits for it, and hears the next one.
func TestFollowAfterSilence(t *testing.T) {
	for _, kept := range []bool{false, true} {
		t.Run(fmt.Sprintf("kept %v", kept), func(t *testing.T) {
			t.Parallel()
			_, nc := serve(t, natsd.Options{})
			if kept {
				keep(t, nc)
			}
			in := source(t, nc, natsaudio.Options{Follow: true})
			hears := func(end int64) {
				t.Helper()
				if got := nextEnd(t, in); got != end {
					t.Errorf("heard up to %d, expected %d", got, end)
				}
			}
			for _, p := range []natsaudio.Packet{tenth("a", 1), tenth("a", 3), endMark("a", 4)} {
				publishPacket(t, nc, p)
			}
			hears(1600)
			hears(4800) // packet 2 never comes, and is waited for until the session is given up
			publishPacket(t, nc, tenth("b", 1))
			hears(6400)
			publishPacket(t, nc, tenth("c", 1))
			hears(8000)
			publishPacket(t, nc, tenth("c", 2))
			hears(9600)
		})
	}
}

// TestIdleWithoutServer: a stream that has been silent for as long as it may ends, though the reader waits for a server
// that has come back without the stream's sound.
func TestIdleWithoutServer(t *testing.T) {
	for _, follow := range []bool{false, true} {
		t.Run(fmt.Sprintf("follow %v", follow), func(t *testing.T) {
			t.Parallel()
			server, nc := serve(t, natsd.Options{})
			keep(t, nc)
			back := make(chan struct{}, 1)
			nc.SetReconnectHandler(func(*nats.Conn) { back <- struct{}{} })
			in := source(t, nc, natsaudio.Options{Follow: follow, Idle: 10 * time.Second})
			publishPacket(t, nc, tenth("a", 1))
			if follow {
				publishPacket(t, nc, endMark("a", 3)) // the session is given up before the stream is
			}
			if end := nextEnd(t, in); end != 1600 {
				t.Fatalf("heard up to %d", end)
			}
			port := mustPort(t, server.URL())
			if err := server.Close(); err != nil {
				t.Fatal(err)
			}
			empty, err := natsd.Start(t.Context(), natsd.Options{Port: port})
			if err != nil {
				t.Fatal(err)
			}
			defer empty.Close()
			<-back
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			for err == nil {
				_, err = in.Next(ctx)
			}
			if !errors.Is(err, io.EOF) {
				t.Error(err)
			}
		})
	}
}
