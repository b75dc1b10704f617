package publish

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/publish/journal"
)

// ErrClosed is returned for an event that comes after [Publisher.Close].
var ErrClosed = errors.New("publisher is closed")

// ErrUnpublished is matched by the error of [Publisher.Flush] and
// [Publisher.Close] when the server has not acknowledged every event.
var ErrUnpublished = errors.New("events not acknowledged by the NATS server")

// DefaultQueue is the number of events that wait before updates of open turns
// are left out: several minutes of a lively meeting.
const DefaultQueue = 1024

// PublisherOptions change how a Publisher works. The zero value is fine.
type PublisherOptions struct {
	// Queue is how many events may wait before updates are left out;
	// DefaultQueue if 0.
	Queue int
	// Stream says how to create the JetStream stream if it is absent.
	Stream StreamOptions
	// Journal, where not empty, is the directory with the journal of the run. Whatever
	// happens to this process, the next Publisher with the same directory publishes what
	// the server has not acknowledged. What earlier processes left there is published
	// first.
	Journal string
	// Run is the run whose events will come. It is needed with Journal. If the
	// journal has events of it, the run goes on behind them.
	Run string
	// Resumable says that the run may go on in another process. Otherwise, if this
	// process dies, the next Publisher ends the run.
	Resumable bool
	// OnError hears of everything that delays an event. It is called from
	// other goroutines too.
	OnError func(error)
}

// Publisher hands the events of one run to a NATS server, in order and each once.
// [Publisher.Publish] never waits for the server. While the server is slow or away,
// events wait in the journal, or in memory where there is no journal.
//
// An event is published when JetStream has acknowledged it. Without an acknowledgement
// the Publisher sends the event again, with the same id, before any later one.
type Publisher struct {
	opts    PublisherOptions
	own     *spool
	courier *courier
	cancel  context.CancelFunc
	running sync.WaitGroup
	done    chan struct{} // closed when nothing more will be sent
	leftOut atomic.Uint64

	mu       sync.Mutex
	lastErr  error // of the last failed attempt
	failed   error // after which there is no further attempt
	waiters  []waiter
	released sync.Once
}

// Stats counts what a Publisher has done.
type Stats struct {
	// Queued events wait for their acknowledgement.
	Queued int
	// Acked events are stored by JetStream.
	Acked uint64
	// Coalesced updates were left out, see [Publisher.GiveWay].
	Coalesced uint64
	// Retries counts attempts after the first of an event.
	Retries uint64
}

// NewPublisher returns a Publisher over nc, which stays the caller's. It works until
// [Publisher.Close]. If the journal cannot be written, the Publisher reports that to
// OnError and works without it. If another process has the journal of the same run, the
// error matches [journal.ErrLocked].
func NewPublisher(nc *nats.Conn, opts PublisherOptions) (*Publisher, error) {
	if opts.Queue <= 0 {
		opts.Queue = DefaultQueue
	}
	p := &Publisher{opts: opts, done: make(chan struct{})}
	var err error
	if p.courier, err = newCourier(nc, opts.Stream, p.report); err != nil {
		return nil, err
	}
	if p.own, err = p.openOwn(); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	p.cancel = cancel
	p.running.Go(func() { p.run(ctx) })
	if p.own.store != nil {
		p.running.Go(func() { p.keepSynced(ctx) })
	}
	return p, nil
}

// openOwn opens the journal of the run.
func (p *Publisher) openOwn() (*spool, error) {
	if p.opts.Journal == "" {
		return newSpool(), nil
	}
	if !event.ValidToken(p.opts.Run) {
		return nil, fmt.Errorf("journal of run %q: expected the id of the run to be published", p.opts.Run)
	}
	j, err := journal.OpenOrCreate(p.opts.Journal, p.opts.Run)
	if errors.Is(err, journal.ErrLocked) {
		return nil, fmt.Errorf("run %s: %w", p.opts.Run, err)
	}
	if err != nil {
		p.report(fmt.Errorf("%w: events wait in memory instead and are lost if the program dies", err))
		p.opts.Journal = ""
		return newSpool(), nil
	}
	s, err := openSpool(j, p.opts.Run)
	if err == nil && p.opts.Resumable {
		err = s.resumable()
	}
	if err != nil {
		return nil, errors.Join(err, j.Close())
	}
	return s, nil
}

// report passes on an error. After the first, it waits for a success before it reports again.
func (p *Publisher) report(err error) {
	p.mu.Lock()
	again := p.lastErr != nil && p.lastErr.Error() == err.Error()
	p.lastErr = err
	p.mu.Unlock()
	if p.opts.OnError != nil && !again {
		p.opts.OnError(err)
	}
}

// Publish takes an event and returns at once. All events must be of one run, in the
// order of their numbers. An event whose number is not above the last one, taken or in
// the journal, is taken for a repetition and left out. The error is [ErrClosed], or says
// that e is no event. Publish completes an [event.Status] with what the Publisher knows.
func (p *Publisher) Publish(e event.Event) error {
	if e.Status != nil {
		s, stats := *e.Status, p.Stats()
		s.Queued, s.Coalesced = stats.Queued, stats.Coalesced
		e.Status = &s
	}
	if p.opts.Run != "" && e.Run != p.opts.Run {
		return fmt.Errorf("%w: run %s: expected run %s", event.ErrRun, e.Run, p.opts.Run)
	}
	if err := e.Check(); err != nil {
		return fmt.Errorf("stream %s, event %d: %w", e.Stream, e.Seq, err)
	}
	data, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("stream %s, event %d: %w", e.Stream, e.Seq, err)
	}
	open, err := p.own.push(e, data)
	if err != nil {
		p.report(err)
	}
	if !open {
		return ErrClosed
	}
	return nil
}

// Last returns the number of the last event taken, 0 if there is none. If the run goes
// on behind an earlier process, events of that process count.
func (p *Publisher) Last() uint64 {
	p.own.mu.Lock()
	defer p.own.mu.Unlock()
	return p.own.last
}

// GiveWay reports whether so many events wait that an update of an open turn should be
// left out, before it gets a number. It counts the update as left out. Nothing is lost:
// the next event of the turn says what the update would have said. Only updates give
// way.
func (p *Publisher) GiveWay() bool {
	taken, acked, _ := p.own.counts()
	if taken-acked < uint64(p.opts.Queue) {
		return false
	}
	p.leftOut.Add(1)
	return true
}

// run sends the events that earlier processes left, and then those of this one.
func (p *Publisher) run(ctx context.Context) {
	defer close(p.done)
	defer p.courier.stop()
	if p.opts.Journal != "" {
		if _, err := p.courier.leftovers(ctx, p.opts.Journal); err != nil && ctx.Err() == nil {
			p.report(err)
		}
	}
	err := p.courier.deliver(ctx, p.own, p.acked)
	if err != nil && ctx.Err() == nil {
		p.mu.Lock()
		p.failed = err
		p.mu.Unlock()
		p.report(err)
	}
}

// syncEvery is how much time of events a power cut may lose.
const syncEvery = time.Second

// keepSynced syncs the journal to the disk, in a goroutine of its own, because nothing else must wait
// for a disk.
func (p *Publisher) keepSynced(ctx context.Context) {
	tick := time.NewTicker(syncEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			if err := p.own.sync(); err != nil {
				p.report(err)
			}
		case <-ctx.Done():
			return
		}
	}
}

// Stats returns the counts of now.
func (p *Publisher) Stats() Stats {
	taken, acked, _ := p.own.counts()
	return Stats{Queued: int(taken - acked), Acked: acked, Coalesced: p.leftOut.Load(), Retries: p.courier.sender.retries.Load()}
}
