package main

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/spf13/cobra"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/capture/natsaudio"
	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/bus"
	"github.com/seed-7adb9000/diarizer/internal/cli"
	"github.com/seed-7adb9000/diarizer/internal/cli/demo"
	"github.com/seed-7adb9000/diarizer/internal/pipeline"
	"github.com/seed-7adb9000/diarizer/internal/serve"
	"github.com/seed-7adb9000/diarizer/publish"
	"github.com/seed-7adb9000/diarizer/publish/natsd"
)

// newBenchServeCommand makes "diarizer-lab bench-serve".
func newBenchServeCommand() *cobra.Command {
	var counts []int
	var length, spread time.Duration
	var modelName string
	cmd := &cobra.Command{
		Use:   "bench-serve",
		Short: "Measure how many live streams this machine holds",
		Long: `Bench-serve runs a NATS server, a worker as "diarizer serve" has it, and N senders
that speak in real time, all in this process, and says what a stream costs and how
long after the sound its events were there. The senders' and the server's share
of the processor is in the figures.

The streams begin one after another within the time of --spread: what the worker does
every two seconds for each of them then falls apart, as it does for meetings. With
--spread 0 all streams begin at once, which is the worst case.`,
		Example: "  diarizer-lab bench-serve --streams 10,50,200 --length 60s",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if spread < 0 {
				return cli.Usage("--spread %v: expected 0 or more", spread)
			}
			m, err := cli.ReadModel(modelName)
			if err != nil {
				return err
			}
			sound, err := demoSound(cmd.Context())
			if err != nil {
				return err
			}
			w := cmd.OutOrStdout()
			fmt.Fprintln(w, "streams  CPU per stream  heap per stream  events  lag p50   lag p99   lag max")
			for _, n := range counts {
				if n < 1 {
					return cli.Usage("--streams %d: expected 1 or more", n)
				}
				r, err := benchServe(cmd.Context(), pipeline.Config{Model: m}, sound, n, length, spread)
				if err != nil {
					return err
				}
				fmt.Fprintf(w, "%7d  %12.2f %%  %12.2f MB  %6d  %5.0f ms  %5.0f ms  %5.0f ms\n", n, 100*r.cpu, r.heap/1e6, len(r.lags),
					r.percentile(0.5), r.percentile(0.99), r.percentile(1))
			}
			return nil
		},
	}
	cmd.Flags().IntSliceVar(&counts, "streams", []int{10, 200}, "numbers of streams to measure")
	cmd.Flags().DurationVar(&length, "length", time.Minute, "how long each stream is")
	cmd.Flags().DurationVar(&spread, "spread", 2*time.Second, "time within which the streams begin")
	cli.ModelFlag(cmd.Flags(), &modelName)
	return cmd
}

// demoSound is the demo recording as 16-bit samples.
func demoSound(ctx context.Context) ([]byte, error) {
	src, err := capture.OpenReader(ctx, demo.Recording(), demo.Name, capture.Options{})
	if err != nil {
		return nil, err
	}
	defer src.Close()
	var out []byte
	for {
		b, err := src.Next(ctx)
		for _, v := range b.Samples {
			out = binary.LittleEndian.AppendUint16(out, uint16(int16(max(-1, min(1, v))*32767)))
		}
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return nil, err
		}
	}
}

// benchResult is the result of one measurement.
type benchResult struct {
	cpu  float64         // cores per stream
	heap float64         // bytes per stream
	lags []time.Duration // from the arrival of the sound to the storing of its event, sorted
}

func (r benchResult) percentile(p float64) float64 {
	if len(r.lags) == 0 {
		return 0
	}
	return float64(r.lags[int(p*float64(len(r.lags)-1))]) / float64(time.Millisecond)
}

// benchServe measures n streams, whose beginnings are spread over the time spread.
func benchServe(ctx context.Context, cfg pipeline.Config, sound []byte, n int, length, spread time.Duration) (r benchResult, err error) {
	server, err := natsd.Start(ctx, natsd.Options{})
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, server.Close()) }()
	nc, err := publish.Connect(ctx, server.URL(), publish.ConnectOptions{})
	if err != nil {
		return r, err
	}
	defer nc.Close()
	working, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	ready := make(chan struct{})
	go func() {
		ended <- serve.Run(working, nc, serve.Options{Pipeline: cfg, Limit: n, Log: slog.New(slog.DiscardHandler)},
			func(*serve.Worker) { close(ready) })
	}()
	defer func() {
		stop()
		err = errors.Join(err, <-ended)
	}()
	select {
	case <-ready:
	case <-ctx.Done():
		return r, ctx.Err()
	}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	began, used := time.Now(), processorTime()
	var wg sync.WaitGroup
	errs := make(chan error, n)
	for i := range n {
		// Real senders do not send at the same moment, even if they begin together.
		begin := began.Add(spread*time.Duration(i)/time.Duration(n) + time.Duration(i*37%50)*time.Millisecond)
		wg.Go(func() { errs <- speak(ctx, nc, fmt.Sprintf("bench-%d", i), sound, length, i, begin) })
	}
	wg.Wait()
	took := time.Since(began)
	r.cpu = float64(processorTime()-used) / float64(took) / float64(n)
	runtime.GC()
	runtime.ReadMemStats(&after)
	r.heap = (float64(after.HeapAlloc) - float64(before.HeapAlloc)) / float64(n)
	for range n {
		if err := <-errs; err != nil {
			return r, err
		}
	}
	r.lags, err = benchLags(ctx, nc)
	return r, err
}

// speak sends sound in real time from began on, in packets of 50 ms. i decides where in the
// sound it starts.
func speak(ctx context.Context, nc *nats.Conn, stream string, sound []byte, length time.Duration, i int, began time.Time) error {
	js, err := bus.JetStream(nc)
	if err != nil {
		return err
	}
	const size = capture.Rate / 20
	packets := int(length / (50 * time.Millisecond))
	at := (i * 7919 * 2) % (len(sound) - 2*size) / 2 * 2
	p := natsaudio.Packet{Session: event.NewRun(began), Began: began, Encoding: natsaudio.S16, Rate: capture.Rate, Channels: 1, Samples: size}
	for k := range packets {
		select {
		case <-time.After(time.Until(began.Add(time.Duration(k) * 50 * time.Millisecond))):
		case <-ctx.Done():
			return ctx.Err()
		}
		if at+2*size > len(sound) {
			at = 0
		}
		p.Seq, p.Position, p.Data = uint64(k+1), int64(k*size), sound[at:at+2*size]
		at += 2 * size
		msg, err := p.Message(natsaudio.Subject(stream))
		if err != nil {
			return err
		}
		if _, err := js.PublishMsg(ctx, msg); err != nil {
			return fmt.Errorf("stream %s: %w", stream, err)
		}
	}
	return nil
}

// benchLags reads the kept events and returns the time from the arrival of their sound to
// their storing. Both times are those of the server.
func benchLags(ctx context.Context, nc *nats.Conn) ([]time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	var lags []time.Duration
	for m, err := range publish.Subscribe(ctx, nc, publish.SubscribeOptions{}) {
		if err != nil {
			return nil, err
		}
		lags = append(lags, m.Stored.Sub(m.Wall))
		if m.Pending == 0 {
			break
		}
	}
	slices.Sort(lags)
	return lags, nil
}
