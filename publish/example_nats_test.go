package publish_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/online"
	"github.com/seed-7adb9000/diarizer/publish"
	"github.com/seed-7adb9000/diarizer/publish/natsd"
)

// conversation is a run of two turns.
func conversation() []event.Event {
	enc := event.Encoder{Stream: "standup", Run: event.NewRun(time.Now())}
	turn := func(id, speaker int, start, end int64) event.Event {
		return online.Encode(&enc, online.Event{Kind: online.TurnEnded, At: end + 8000,
			Turn: online.Turn{ID: id, Speaker: speaker, Start: start, End: end, State: online.Final}})
	}
	return []event.Event{
		enc.Start(event.Source{Name: "Stand-up"}),
		turn(1, 1, 8000, 40000),
		turn(2, 2, 44000, 80000),
		enc.Identify(90000, 2, "Ada", 0.98),
		enc.Finish(96000, event.Finished, ""),
	}
}

// server starts a NATS server and connects to it.
func server(ctx context.Context) (nc *nats.Conn, stop func(), err error) {
	s, err := natsd.Start(ctx, natsd.Options{})
	if err != nil {
		return nil, nil, err
	}
	nc, err = publish.Connect(ctx, s.URL(), publish.ConnectOptions{Name: "example"})
	if err != nil {
		return nil, nil, errors.Join(err, s.Close())
	}
	return nc, func() { nc.Close(); s.Close() }, nil
}

// A subscriber reads a stream from its beginning, even if it comes late, and knows the turns at any
// time.
func ExampleSubscribe() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	nc, stop, err := server(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer stop()
	publisher, err := publish.NewPublisher(nc, publish.PublisherOptions{})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, e := range conversation() {
		_ = publisher.Publish(e) // fails only for an invalid event
	}
	if err := publisher.Close(ctx); err != nil {
		fmt.Println(err)
	}

	var timeline event.Timeline
	for msg, err := range publish.Subscribe(ctx, nc, publish.SubscribeOptions{Streams: []string{"standup"}}) {
		if err == nil {
			err = timeline.Apply(msg.Event)
		}
		if err != nil {
			fmt.Println(err)
			return
		}
		if timeline.Ended() != nil {
			break
		}
	}
	for _, t := range timeline.Turns() {
		fmt.Printf("%-4s %.2f to %.2f s\n", timeline.Name(t.Speaker), t.Start.Seconds(), t.End.Seconds())
	}
	// Output:
	// S1   0.50 to 2.50 s
	// Ada  2.75 to 5.00 s
}

// A publisher over a journal loses nothing if the server is away and the
// program ends: the next one with the same journal publishes what is left.
func ExamplePublisher() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	dir, err := os.MkdirTemp("", "journal-")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	nobody, err := publish.Connect(ctx, "nats://127.0.0.1:1", publish.ConnectOptions{Wait: true})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer nobody.Close()
	events := conversation()
	publisher, err := publish.NewPublisher(nobody, publish.PublisherOptions{Journal: dir, Run: events[0].Run})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, e := range events {
		_ = publisher.Publish(e)
	}
	closing, soon := context.WithTimeout(ctx, time.Millisecond)
	defer soon()
	fmt.Println(errors.Is(publisher.Close(closing), publish.ErrUnpublished))

	nc, stop, err := server(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer stop()
	n, err := publish.FlushJournals(ctx, nc, dir, publish.PublisherOptions{})
	fmt.Println(n, err)
	// Output:
	// true
	// 5 <nil>
}

// A timeline takes each event once and in order, and says if one is missing.
func ExampleTimeline() {
	events := conversation()
	var timeline event.Timeline
	for _, e := range events[:2] {
		if err := timeline.Apply(e); err != nil {
			fmt.Println(err)
		}
	}
	fmt.Println(timeline.Apply(events[1]), len(timeline.Turns())) // a second time
	err := timeline.Apply(events[3])
	fmt.Println(errors.Is(err, event.ErrHole))
	// Output:
	// <nil> 1
	// true
}
