package natsaudio_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/capture/natsaudio"
	"github.com/seed-7adb9000/diarizer/publish"
	"github.com/seed-7adb9000/diarizer/publish/natsd"
)

// A capture box sends sound, and has none for a second.
func Example() {
	ctx := context.Background()
	server, err := natsd.Start(ctx, natsd.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer server.Close()
	nc, err := publish.Connect(ctx, server.URL(), publish.ConnectOptions{})
	if err != nil {
		log.Fatal(err)
	}
	defer nc.Close()

	subject := natsaudio.Subject("room1")
	in, err := natsaudio.Open(ctx, nc, subject, natsaudio.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer in.Close()

	format := natsaudio.Format{Encoding: natsaudio.S16, Rate: 48000, Channels: 2}
	out, err := natsaudio.NewSender(ctx, nc, subject, format, natsaudio.SenderOptions{})
	if err != nil {
		log.Fatal(err)
	}
	packet := make([]byte, 4*4800) // 100 ms
	for _, position := range []int64{0, 4800, 57600} {
		if err := out.Send(ctx, position, 4800, packet); err != nil {
			log.Fatal(err)
		}
	}
	if err := out.Close(ctx, -1); err != nil {
		log.Fatal(err)
	}

	var end int64
	for {
		b, err := in.Next(ctx)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			log.Fatal(err)
		}
		if b.Start > end {
			fmt.Println("nothing for", capture.Duration(b.Start-end))
		}
		end = b.End()
	}
	fmt.Println("heard up to", capture.Duration(end))
	// Output:
	// nothing for 1s
	// heard up to 1.3s
}
