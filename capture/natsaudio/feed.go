package natsaudio

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// feed is where messages come from. next waits for one as long as ctx lasts.
type feed interface {
	next(ctx context.Context) (*nats.Msg, error)
	close()
}

// What may wait in this process on a subject without JetStream. What comes
// beyond that is lost, which the packets' numbers show.
const (
	pendingPackets = 1 << 15
	pendingBytes   = 16 << 20
)

// liveFeed is a subject as it is spoken.
type liveFeed struct {
	sub  *nats.Subscription
	warn func(error)
}

func newLiveFeed(nc *nats.Conn, subject string, warn func(error)) (*liveFeed, error) {
	sub, err := nc.SubscribeSync(subject)
	if err != nil {
		return nil, fmt.Errorf("subscribe to %s: %w", subject, err)
	}
	if err := sub.SetPendingLimits(pendingPackets, pendingBytes); err != nil {
		return nil, fmt.Errorf("subscribe to %s: %w", subject, err)
	}
	return &liveFeed{sub, warn}, nil
}

func (f *liveFeed) next(ctx context.Context) (*nats.Msg, error) {
	for {
		msg, err := f.sub.NextMsgWithContext(ctx)
		if errors.Is(err, nats.ErrSlowConsumer) {
			f.warn(fmt.Errorf("%s: sound comes faster than it is diarized, what does not fit into %d MiB is lost: slow the sender down, or keep the subject in JetStream",
				f.sub.Subject, pendingBytes>>20))
			continue
		}
		return msg, err
	}
}

func (f *liveFeed) close() { _ = f.sub.Unsubscribe() } // fails only where there is no connection any more

// keptFeed is a subject as a JetStream stream keeps it.
type keptFeed struct {
	messages jetstream.MessagesContext
}

// apiTimeout bounds a question to JetStream.
const apiTimeout = 5 * time.Second

// clockMargin is by how much the clocks of sender and server may differ for the
// beginning of a session to be found.
const clockMargin = time.Minute

// findKept returns the stream that keeps a subject, or nil where none does.
func findKept(ctx context.Context, nc *nats.Conn, subject string) (jetstream.Stream, error) {
	js, err := jetstream.New(nc)
	if err != nil {
		return nil, fmt.Errorf("JetStream: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, apiTimeout)
	defer cancel()
	name, err := js.StreamNameBySubject(ctx, subject)
	if err != nil {
		return nil, noJetStream(err)
	}
	stream, err := js.Stream(ctx, name)
	if err != nil {
		return nil, noJetStream(err)
	}
	return stream, nil
}

// noJetStream is nil for the answers of a server that does not keep a subject,
// or does not let this client ask.
func noJetStream(err error) error {
	switch {
	case errors.Is(err, jetstream.ErrStreamNotFound), errors.Is(err, jetstream.ErrJetStreamNotEnabled),
		errors.Is(err, jetstream.ErrJetStreamNotEnabledForAccount), errors.Is(err, nats.ErrNoResponders),
		errors.Is(err, nats.ErrPermissionViolation):
		return nil
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, nats.ErrTimeout):
		return fmt.Errorf("asking which JetStream stream keeps the sound: no answer within %v: %w", apiTimeout, err)
	}
	return fmt.Errorf("JetStream: %w", err)
}

// newKeptFeed reads what is kept of subject from the beginning of a session on,
// the latest if none is named. It returns that session, which is empty where
// nothing is kept yet.
func newKeptFeed(ctx context.Context, stream jetstream.Stream, subject, session string) (*keptFeed, string, error) {
	fail := func(err error) (*keptFeed, string, error) {
		return nil, "", fmt.Errorf("JetStream stream %s for %s: %w", stream.CachedInfo().Config.Name, subject, err)
	}
	// The ordered consumer outlives this call, so it is not made with a timeout.
	asking, cancel := context.WithTimeout(ctx, apiTimeout)
	defer cancel()
	config := jetstream.OrderedConsumerConfig{FilterSubjects: []string{subject}, DeliverPolicy: jetstream.DeliverAllPolicy}
	if session == "" {
		last, err := stream.GetLastMsgForSubject(asking, subject)
		switch {
		case errors.Is(err, jetstream.ErrMsgNotFound):
		case err != nil:
			return fail(err)
		default:
			if p, err := Parse(last.Header, last.Data); err == nil {
				session = p.Session
				if !p.Began.IsZero() {
					from := p.Began.Add(-clockMargin)
					config.DeliverPolicy, config.OptStartTime = jetstream.DeliverByStartTimePolicy, &from
				}
			}
		}
	}
	consumer, err := stream.OrderedConsumer(ctx, config)
	if err != nil {
		return fail(err)
	}
	messages, err := consumer.Messages()
	if err != nil {
		return fail(err)
	}
	return &keptFeed{messages}, session, nil
}

func (f *keptFeed) next(ctx context.Context) (*nats.Msg, error) {
	// Waiting for a server that went away heeds no context.
	defer context.AfterFunc(ctx, f.messages.Stop)()
	msg, err := f.messages.Next(jetstream.NextContext(ctx))
	if err != nil {
		return nil, err
	}
	return &nats.Msg{Subject: msg.Subject(), Header: msg.Headers(), Data: msg.Data()}, nil
}

func (f *keptFeed) close() { f.messages.Stop() }
