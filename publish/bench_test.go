package publish

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/publish/natsd"
)

// The time of one event from Publish, through the journal and JetStream's file
// store, to a subscriber.
func BenchmarkPublishToSubscribe(b *testing.B) {
	s := serve(b, natsd.Options{})
	arrived := make(chan event.Event, 1)
	ctx, cancel := context.WithCancel(context.Background())
	stopped := make(chan struct{})
	reader := dial(b, s.URL())
	go func() {
		defer close(stopped)
		for m, err := range Subscribe(ctx, reader, SubscribeOptions{}) {
			if err != nil {
				b.Error(err)
				return
			}
			arrived <- m.Event
		}
	}()
	enc := event.Encoder{Stream: "bench", Run: event.NewRun(time.Now())}
	p := newPublisher(b, dial(b, s.URL()), PublisherOptions{Journal: b.TempDir(), Run: enc.Run})
	e := enc.Start(event.Source{})
	var took []time.Duration
	for b.Loop() {
		start := time.Now()
		if err := p.Publish(e); err != nil {
			b.Fatal(err)
		}
		if got := <-arrived; got.Seq != e.Seq {
			b.Fatalf("event %d instead of %d", got.Seq, e.Seq)
		}
		took = append(took, time.Since(start))
		e = enc.Status(int64(enc.Seq), event.Status{})
	}
	cancel()
	<-stopped
	report(b, took)
}

func BenchmarkPublish(b *testing.B) {
	s := serve(b, natsd.Options{})
	enc := event.Encoder{Stream: "bench", Run: event.NewRun(time.Now())}
	p := newPublisher(b, dial(b, s.URL()), PublisherOptions{Journal: b.TempDir(), Run: enc.Run})
	for b.Loop() {
		if err := p.Publish(enc.Status(0, event.Status{})); err != nil {
			b.Fatal(err)
		}
		if enc.Seq%1000 == 0 {
			if err := p.Flush(context.Background()); err != nil {
				b.Fatal(err)
			}
		}
	}
	if err := p.Close(context.Background()); err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
}

func report(b *testing.B, took []time.Duration) {
	if len(took) < 100 {
		return
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Nanoseconds()), "p50-ns")
	b.ReportMetric(float64(took[len(took)*99/100].Nanoseconds()), "p99-ns")
}
