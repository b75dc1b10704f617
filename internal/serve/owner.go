package serve

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/capture/natsaudio"
	"github.com/seed-7adb9000/diarizer/internal/serve/checkpoint"
	"github.com/seed-7adb9000/diarizer/publish"
)

// owner diarizes one stream while this worker has its claim.
type owner struct {
	w       *Worker
	stream  string
	log     *slog.Logger
	claimed time.Time
	id      string // of the worker, at the time of the claim

	mu       sync.Mutex
	claim    claim
	revision uint64
	progress progress

	keeper *checkpoint.Keeper
	chain  *chain
	follow *follower
	saved  int64 // stream position of the last checkpoint
	savedT time.Time

	behind      behind
	recognition recognition
	inbox       *inbox   // corrections of the run that goes on
	words       *wordbox // words of the run that goes on
	refusals    refusals
}

// The reasons for which an owner stops, as causes of its context.
var (
	errLost    = errors.New("its claim or its checkpoint is not this owner's any more")
	errRelease = errors.New("the stream is handed over")
)

// errReplaced says that JetStream has lost the messages of sound that were heard and keeps
// others with lower numbers: its stream was made again, or cut back by a crash.
var errReplaced = errors.New("the sound that was heard is not kept any more, and other sound takes its place")

// errYield says that the owner leaves its stream between two runs because other streams have
// waited longer for a worker.
var errYield = errors.New("other streams wait")

// errIdle says that there is nothing to do for a stream at the moment.
var errIdle = errors.New("nothing to do")

// run follows the stream until it is idle, lost or failed. When soft is done, it hands over
// after the present message.
func (o *owner) run(ctx, soft context.Context) error {
	keeper, saved, err := o.w.s.states.Open(ctx, o.stream, o.claim.Epoch)
	if errors.Is(err, checkpoint.ErrDamaged) {
		o.log.Warn("checkpoint refused: beginning again with the sound", "error", err, "from", o.claim.From)
	} else if err != nil {
		return err
	}
	o.keeper = keeper
	o.behind.now, o.behind.run = time.Now, o.w.wg.Go
	o.behind.ask = func() (time.Time, error) { return newestOn(ctx, o.w.s.audio, natsaudio.Subject(o.stream)) }
	defer o.shut(false)
	for first := true; ; first = false {
		if err := o.begin(ctx, saved); err != nil {
			return err
		}
		if first {
			o.log.Info("stream taken", "epoch", o.claim.Epoch, "run", o.follow.enc.Run, "at", capture.Duration(o.follow.stream.At()),
				"events_published", len(o.chain.logged), "replaying_from", o.follow.number)
		}
		saved = nil
		err := o.consume(ctx, soft)
		switch {
		case err == nil || errors.Is(err, errNext): // the run is over
			o.shut(true)
			if err = o.over(ctx, 0); err == nil {
				err = o.giveWay(ctx)
			}
		case errors.Is(err, errDiverged):
			o.shut(true)
			err = o.restart(ctx, err)
		case errors.Is(err, errReplaced):
			o.shut(true)
			err = o.replaced(ctx)
		}
		if err != nil {
			return err
		}
	}
}

// begin makes the follower, from a checkpoint if there is a good one, and the
// chain, with the events that were published since.
func (o *owner) begin(ctx context.Context, saved []byte) error {
	c := o.current()
	o.chain = &chain{js: o.w.s.js, events: o.w.s.events, stream: o.stream, last: c.Events,
		held: o.w.lease.wait, report: o.report, sent: o.sent}
	o.follow = nil
	if saved != nil {
		f, err := resume(o.stream, o.w.opts.Pipeline, o.chain, saved)
		if err != nil {
			o.log.Warn("checkpoint refused: beginning again with the sound", "error", err, "from", c.From)
		} else if !f.belongs(c) {
			o.log.Warn("checkpoint of an earlier run is left aside", "message", f.number, "from", c.From)
		} else {
			o.follow = f
		}
	}
	if o.follow == nil {
		f, err := newFollower(o.stream, o.w.opts.Pipeline, o.chain)
		if err != nil {
			return err
		}
		f.attempt = c.Attempt
		f.number = max(c.From, 1) - 1
		o.follow = f
	}
	o.follow.lag = func() time.Duration { return o.state().Lag }
	o.follow.refused = o.refused
	o.follow.answerWords = o.answerWords
	o.follow.answer, o.recognition = o.answer, recognition{rule: o.w.opts.Naming}
	o.follow.succession.past, o.follow.succession.seen, o.follow.succession.tell = c.Past, c.Heard, o.unheard
	o.saved, o.savedT = o.follow.stream.At()-o.phase(), time.Now()
	return o.published(ctx)
}

// published reads the published events that the follower will come to again.
func (o *owner) published(ctx context.Context) error {
	last, err := lastNumber(ctx, o.w.s.events, publish.StreamSubjects(o.stream))
	if err != nil || last <= o.chain.last {
		return err
	}
	events, numbers, err := readEvents(ctx, o.w.s.events, o.stream, o.chain.last+1, last)
	if err != nil {
		return err
	}
	for i, e := range events {
		switch {
		case e.Correction != nil: // made after the end of an earlier run
			if len(o.chain.logged) == 0 {
				o.chain.last = numbers[i]
			}
			continue
		case e.Run == o.follow.enc.Run && e.Seq <= o.follow.enc.Seq:
			o.chain.last = numbers[i]
			continue
		}
		o.chain.logged, o.chain.numbers = append(o.chain.logged, e), append(o.chain.numbers, numbers[i])
	}
	return nil
}

// lastNumber is the number of the last message on subject, 0 if there is none.
func lastNumber(ctx context.Context, js jetstream.Stream, subject string) (uint64, error) {
	msg, err := js.GetLastMsgForSubject(ctx, subject)
	switch {
	case errors.Is(err, jetstream.ErrMsgNotFound):
		return 0, nil
	case err != nil:
		return 0, fmt.Errorf("last message on %s: %w", subject, err)
	}
	return msg.Sequence, nil
}

// consume feeds the follower until the run is over.
func (o *owner) consume(ctx, soft context.Context) error {
	in := &intake{js: o.w.s.audio, subject: natsaudio.Subject(o.stream), after: o.follow.number, report: o.report}
	defer in.stop()
	o.listen()
	calm := lull{since: time.Now()}
	for {
		wait, cancel := context.WithTimeout(soft, intakeWait)
		m, pending, err := in.next(wait)
		cancel()
		switch {
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case soft.Err() != nil:
			return o.leave(ctx, context.Cause(soft))
		case errors.Is(err, context.DeadlineExceeded):
			o.backlogSeen(time.Time{}, 0)
		case err != nil:
			return err
		default:
			if err := o.hear(ctx, m, pending); err != nil || o.follow.ended {
				return err
			}
			calm.heard = time.Now()
			if o.follow.took == m.number {
				calm.since = calm.heard
			}
		}
		if err := o.pause(ctx, &calm, pending); err != nil {
			return err
		}
		if err := o.save(ctx, false); err != nil {
			return err
		}
	}
}

// hear passes a message on to the follower. pending is how many messages wait behind it.
func (o *owner) hear(ctx context.Context, m message, pending uint64) error {
	o.backlogSeen(m.stored, pending)
	if err := o.follow.push(ctx, m); err != nil {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		return err
	}
	o.backlogSeen(m.stored, pending)
	if o.follow.ended {
		return nil
	}
	o.listen()
	if err := o.opened(ctx); err != nil {
		return err
	}
	return o.recognize(ctx)
}

// intakeWait is how long consume waits for a message before it checks for the end of the run.
const intakeWait = 500 * time.Millisecond

// opened records in the claim that a run goes on, so that another worker continues it if this
// one dies.
func (o *owner) opened(ctx context.Context) error {
	if o.follow.session == "" || o.current().Open {
		return nil
	}
	return o.amend(ctx, func(c *claim) { c.Open = true })
}
