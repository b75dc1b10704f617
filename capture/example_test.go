package capture_test

import (
	"bytes"
	"context"
	"fmt"
	"io"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/capture/internal/sound"
)

func Example() {
	ctx := context.Background()
	wav := sound.WAV{Rate: 44100, Channels: 2, Data: make([]byte, 4*44100)}.Bytes()
	rec, err := capture.OpenReader(ctx, bytes.NewReader(wav), "standard input", capture.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer rec.Close()
	fmt.Println(rec.Format())

	live := capture.NewReplay(rec, 100, nil) // a hundred times as fast as it was spoken
	var end int64
	for {
		b, err := live.Next(ctx)
		if err == io.EOF {
			break
		}
		if err != nil {
			fmt.Println(err)
			return
		}
		end = b.End()
	}
	fmt.Println(capture.Duration(end))
	// Output:
	// WAV, PCM 16 bit, stereo, 44100 Hz
	// 1s
}
