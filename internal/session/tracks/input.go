package tracks

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/seed-7adb9000/diarizer/capture"
)

// input is one source of a [Room], read by a goroutine of its own.
type input struct {
	Input
	blocks chan arrival
	queue  []capture.Block // sound that the meeting has not heard yet, in order
	known  int64           // the position up to which all sound has arrived
	ended  bool
	late   int64 // samples that came too late
}

// arrival is what one call of a source's Next returned.
type arrival struct {
	capture.Block
	err error
}

// read reads the source until it ends or ctx is done. It signals each arrival on news.
func (in *input) read(ctx context.Context, news chan<- struct{}) {
	defer close(in.blocks)
	for {
		b, err := in.Source.Next(ctx)
		b.Start += in.Shift
		select {
		case in.blocks <- arrival{b, err}:
		case <-ctx.Done():
			return
		}
		select {
		case news <- struct{}{}:
		default:
		}
		if err != nil {
			return
		}
	}
}

// receive takes the arrivals, until enough samples from position from on are known. Sound
// from before from is too late.
func (in *input) receive(from, enough int64) error {
	for !in.ended && in.known < from+enough {
		select {
		case a, ok := <-in.blocks:
			if !ok {
				in.ended = true
				return nil
			}
			in.add(a.Block, from)
			if in.ended = a.err != nil; in.ended && !errors.Is(a.err, io.EOF) {
				return fmt.Errorf("track %s: %w", in.Name, a.err)
			}
		default:
			return nil
		}
	}
	return nil
}

func (in *input) add(b capture.Block, from int64) {
	if cut := min(int64(len(b.Samples)), from-b.Start); cut > 0 {
		in.late += cut
		b.Samples, b.Start = b.Samples[cut:], b.Start+cut
	}
	in.known = max(in.known, b.End())
	if len(b.Samples) > 0 {
		in.queue = append(in.queue, b)
	}
}

// cut returns n samples from a position on. Missing sound is silence.
func (in *input) cut(from int64, n int) []float32 {
	out := make([]float32, n)
	for len(in.queue) > 0 && in.queue[0].Start < from+int64(n) {
		b := &in.queue[0]
		at := b.Start - from // not negative: earlier sound is cut off
		k := copy(out[at:], b.Samples)
		b.Samples, b.Start = b.Samples[k:], b.Start+int64(k)
		if len(b.Samples) > 0 {
			break
		}
		in.queue = in.queue[1:]
	}
	return out
}
