package fault

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/seed-7adb9000/diarizer/publish"
)

const (
	killings = 50
	events   = 20_400
)

// publisher goes on with the run of n events where its journal stands, as far
// as event most, and says what it has published, a line an event. If that is
// not all, it waits to be killed.
func publisher(url, dir string, n, most uint64) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	nc, err := publish.Connect(ctx, url, publish.ConnectOptions{Wait: true})
	if err != nil {
		return err
	}
	defer nc.Close()
	p, err := publish.NewPublisher(nc, publish.PublisherOptions{Journal: dir, Run: run, Resumable: true,
		OnError: func(err error) { fmt.Fprintln(os.Stderr, err) }})
	if err != nil {
		return err
	}
	for seq := p.Last() + 1; seq <= most; seq++ {
		if err := p.Publish(eventOf(seq, n)); err != nil {
			return err
		}
		if seq%8 == 0 { // so that some are acknowledged when it dies, and some are not
			if err := p.Flush(ctx); err != nil {
				return err
			}
		}
		fmt.Println(seq)
	}
	if most < n {
		<-ctx.Done()
	}
	return p.Close(ctx)
}

// forgetful makes the server recognise a message that it has already for as
// short a time as it can, less than the next publisher needs to start.
func forgetful(t *testing.T, url string) {
	t.Helper()
	js, err := jetstream.New(dial(t, url))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := js.CreateStream(patient(t), jetstream.StreamConfig{Name: publish.JetStreamName,
		Subjects: []string{publish.AllSubjects}, Duplicates: 100 * time.Millisecond}); err != nil {
		t.Fatal(err)
	}
}

func TestPublisherKilledAtRandom(t *testing.T) {
	t.Parallel()
	srv := newNode(t, freePorts(t, 1)[0], t.TempDir())
	forgetful(t, srv.url)
	dir := t.TempDir()
	r := rand.New(rand.NewPCG(1, 2))
	const each = events / killings
	for i := range killings {
		p := self(t, "publisher", srv.url, dir, strconv.Itoa(events), strconv.Itoa((i+1)*each-1))
		for lines := r.IntN(each); lines > 0 && p.out.Scan(); lines-- {
		}
		p.kill()
	}
	p := self(t, "publisher", srv.url, dir, strconv.Itoa(events), strconv.Itoa(events))
	p.wait(t)
	stored(t, srv.url, events)
}
