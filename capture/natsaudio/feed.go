package natsaudio

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/internal/bus"
)

// feed is a source of messages. next waits for a message until wait is done, and returns the time at which it was
// stored or has arrived. Once end is done, which is not before wait, the feed may be of no use any more.
type feed interface {
	next(wait, end context.Context) (msg *nats.Msg, stored time.Time, err error)
	close()
}

// Bounds of the messages that wait in this process on a subject without JetStream. Messages beyond them are lost,
// which the packets' numbers show.
const (
	pendingPackets = 1 << 15
	pendingBytes   = 16 << 20
)

// liveFeed receives a subject live.
type liveFeed struct {
	sub  *nats.Subscription
	warn func(error)
}

func newLiveFeed(nc *nats.Conn, subject string, warn func(error)) (feed, error) {
	sub, err := nc.SubscribeSync(subject)
	if err != nil {
		return nil, fmt.Errorf("subscribe to %s: %w", subject, err)
	}
	err = sub.SetPendingLimits(pendingPackets, pendingBytes)
	if err == nil {
		err = nc.FlushTimeout(apiTimeout) // so that the server has the subscription
	}
	if err != nil {
		_ = sub.Unsubscribe()
		return nil, fmt.Errorf("subscribe to %s: %w", subject, err)
	}
	return &liveFeed{sub, warn}, nil
}

func (f *liveFeed) next(wait, _ context.Context) (*nats.Msg, time.Time, error) {
	for {
		msg, err := f.sub.NextMsgWithContext(wait)
		if errors.Is(err, nats.ErrSlowConsumer) {
			f.warn(fmt.Errorf("%s: sound comes faster than it is diarized, what does not fit into %d MiB is lost: slow the sender down, or keep the subject in JetStream",
				f.sub.Subject, pendingBytes>>20))
			continue
		}
		return msg, time.Now(), err
	}
}

func (f *liveFeed) close() { _ = f.sub.Unsubscribe() } // fails only where there is no connection any more

// keptFeed reads a subject from a JetStream stream.
type keptFeed struct {
	messages jetstream.MessagesContext
	over     error // why messages was stopped, nil while it is not
	first    *kept // a message that was looked at before, nil once it has been read
}

// kept is a message and when it was stored.
type kept struct {
	msg    *nats.Msg
	stored time.Time
}

const (
	// apiTimeout bounds a request to JetStream.
	apiTimeout = 5 * time.Second
	// keptTimeout bounds the request whether JetStream keeps a subject. Clients without the
	// permission to ask get no answer.
	keptTimeout = 2 * time.Second
)

// clockMargin is by how much the clocks of sender and server may differ, when the beginning of a session is
// searched.
const clockMargin = time.Minute

// connected waits until nc is connected.
func connected(ctx context.Context, nc *nats.Conn) error {
	for !nc.IsConnected() {
		if nc.IsClosed() {
			return nats.ErrConnectionClosed
		}
		if err := (capture.SystemClock{}).Sleep(ctx, retryPause); err != nil {
			return err
		}
	}
	return nil
}

// findKept returns the stream that keeps a subject. It returns nil if none does, or if this client may not ask.
func findKept(ctx context.Context, nc *nats.Conn, subject string) (jetstream.Stream, error) {
	if err := connected(ctx, nc); err != nil {
		return nil, err
	}
	js, err := bus.JetStream(nc)
	if err != nil {
		return nil, fmt.Errorf("JetStream: %w", err)
	}
	asking, cancel := context.WithTimeout(ctx, keptTimeout)
	defer cancel()
	var stream jetstream.Stream
	name, err := js.StreamNameBySubject(asking, subject)
	if err == nil {
		stream, err = js.Stream(asking, name)
	}
	switch {
	case err == nil:
		return stream, nil
	case ctx.Err() != nil:
		return nil, ctx.Err()
	}
	return nil, noJetStream(err)
}

// noJetStream returns nil for an error that says that the server does not keep a subject, or that this client may
// not ask. It returns other errors unchanged.
func noJetStream(err error) error {
	switch {
	case errors.Is(err, jetstream.ErrStreamNotFound), errors.Is(err, jetstream.ErrJetStreamNotEnabled),
		errors.Is(err, jetstream.ErrJetStreamNotEnabledForAccount), errors.Is(err, nats.ErrNoResponders),
		errors.Is(err, nats.ErrPermissionViolation),
		errors.Is(err, context.DeadlineExceeded), errors.Is(err, nats.ErrTimeout):
		return nil
	}
	return fmt.Errorf("JetStream: %w", err)
}

// newKeptFeed reads subject from the beginning of a session, the latest one if session is empty. It returns the
// session, which is empty if nothing is kept yet.
func newKeptFeed(ctx context.Context, stream jetstream.Stream, subject, session string) (feed, string, error) {
	fail := func(err error) (feed, string, error) {
		return nil, "", fmt.Errorf("JetStream stream %s for %s: %w", stream.CachedInfo().Config.Name, subject, err)
	}
	config := jetstream.OrderedConsumerConfig{FilterSubjects: []string{subject}, DeliverPolicy: jetstream.DeliverAllPolicy}
	if session == "" {
		last, err := lastPacket(ctx, stream, subject)
		switch {
		case errors.Is(err, jetstream.ErrMsgNotFound): // the first session that comes
		case err != nil:
			return fail(err)
		default:
			session = last.Session
			if from, ok := storedFrom(last, last.Stored); ok {
				config.DeliverPolicy, config.OptStartTime = jetstream.DeliverByStartTimePolicy, &from
			}
		}
	}
	// The ordered consumer outlives this call, so it is not made with a timeout.
	f, err := consume(ctx, stream, config)
	if err == nil && config.OptStartTime != nil {
		// The time is a guess: the sender's clock may be ahead by less than it was silent.
		var later bool
		if later, err = f.beginsInside(ctx, session); later {
			f.close()
			config.DeliverPolicy, config.OptStartTime = jetstream.DeliverAllPolicy, nil
			f, err = consume(ctx, stream, config)
		}
	}
	if err != nil {
		return fail(err)
	}
	return f, session, nil
}

func consume(ctx context.Context, stream jetstream.Stream, config jetstream.OrderedConsumerConfig) (*keptFeed, error) {
	consumer, err := stream.OrderedConsumer(ctx, config)
	if err != nil {
		return nil, err
	}
	messages, err := consumer.Messages()
	if err != nil {
		return nil, err
	}
	return &keptFeed{messages: messages}, nil
}

// beginsInside looks at the first message, which stays to be read. It reports whether that is a packet of session with
// others of the session before it.
func (f *keptFeed) beginsInside(ctx context.Context, session string) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, apiTimeout)
	defer cancel()
	msg, stored, err := f.next(ctx, ctx)
	if err != nil {
		f.close()
		return false, err
	}
	f.first = &kept{msg, stored}
	p, err := Parse(msg.Header, msg.Data)
	return err == nil && !control(msg.Header) && p.Session == session && p.Seq > 1, nil
}

// storedFrom returns a time before the storing of the first packet of a session, given the last packet and when it was
// stored. It returns false if the sender has not told when the session began, or its clock is ahead: sound cannot have
// begun later than its length before its end.
func storedFrom(last Packet, stored time.Time) (from time.Time, ok bool) {
	if last.Began.IsZero() {
		return time.Time{}, false
	}
	length := time.Duration(float64(last.after()) / float64(last.Rate) * float64(time.Second))
	from = last.Began.Add(-clockMargin)
	return from, !from.After(stored.Add(-length))
}

func (f *keptFeed) next(wait, end context.Context) (*nats.Msg, time.Time, error) {
	if f.over != nil {
		return nil, time.Time{}, f.over
	}
	if first := f.first; first != nil {
		f.first = nil
		return first.msg, first.stored, nil
	}
	// The wait for a lost server does not end with a context. A message may come while messages is being stopped.
	stop := context.AfterFunc(end, f.messages.Stop)
	msg, err := f.messages.Next(jetstream.NextContext(wait))
	if !stop() {
		f.over = context.Cause(end)
	}
	if err != nil {
		return nil, time.Time{}, err
	}
	var stored time.Time
	if meta, err := msg.Metadata(); err == nil {
		stored = meta.Timestamp
	}
	return &nats.Msg{Subject: msg.Subject(), Header: msg.Headers(), Data: msg.Data()}, stored, nil
}

func (f *keptFeed) close() { f.messages.Stop() }
