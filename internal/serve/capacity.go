package serve

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"runtime"
	"sync"
	"time"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/internal/pipeline"
	"github.com/seed-7adb9000/diarizer/online"
)

// Capacity is how many streams a machine holds.
type Capacity struct {
	// Cores is how many cores the process uses. Cost is the share of one core that a
	// stream takes.
	Cores int
	Cost  float64
	// Streams is how many streams fit into share of the cores.
	Streams int
}

// share is the part of the cores that streams may take. The rest is for catching up after a
// takeover, for checkpoints, and for the network.
const share = 0.6

// String is a sentence with the measurement.
func (c Capacity) String() string {
	return fmt.Sprintf("%d streams: %d cores, a stream takes %.1f %% of one, %.0f %% of them are for streams",
		c.Streams, c.Cores, 100*c.Cost, 100*share)
}

// Measure diarizes src, a few minutes of talk, on all cores at once, and returns how many
// streams they hold. Other programs on the machine are part of the measurement.
func Measure(ctx context.Context, cfg pipeline.Config, src capture.Source) (Capacity, error) {
	var sound []capture.Block
	var length time.Duration
	for {
		b, err := src.Next(ctx)
		if len(b.Samples) > 0 {
			sound = append(sound, b)
			length = capture.Duration(b.End())
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return Capacity{}, err
		}
	}
	if length == 0 {
		return Capacity{}, errors.New("measure: no sound")
	}
	c := Capacity{Cores: runtime.GOMAXPROCS(0)}
	cfg.Model.NewScorer() // work that is done once per model does not count
	if _, err := pipeline.NewStream(cfg); err != nil {
		return c, err
	}
	began := time.Now()
	var wg sync.WaitGroup
	failed := make(chan error, c.Cores)
	for range c.Cores {
		wg.Go(func() {
			s, err := pipeline.NewStream(cfg)
			if err == nil {
				for _, b := range sound {
					if _, err = s.Hear(ctx, b, func(online.Event) {}); err != nil {
						break
					}
				}
				err = errors.Join(err, s.Flush(func(online.Event) {}))
			}
			failed <- err
		})
	}
	wg.Wait()
	took := time.Since(began)
	for range c.Cores {
		if err := <-failed; err != nil {
			return c, err
		}
	}
	c.Cost = took.Seconds() / length.Seconds()
	c.Streams = max(1, int(math.Floor(share*float64(c.Cores)/c.Cost)))
	return c, nil
}
