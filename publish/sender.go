package publish

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/seed-7adb9000/diarizer/internal/bus/fence"
	"github.com/seed-7adb9000/diarizer/internal/bus/wait"
)

// sender stores messages in JetStream, in order and each once, however long the server is away. It sends
// a message when the one before is acknowledged.
//
// Within its duplicate window, JetStream drops a message whose Nats-Msg-Id it has seen. Beyond the
// window, a fence prevents duplicates: each message states the sequence number of the last message on its
// subject. If a message was stored and its acknowledgement lost, JetStream refuses the second sending.
// That refusal names the newer number and counts as the acknowledgement. A client that may only publish
// learns the first number from a refusal too: it sends an empty message with an impossible expectation.
type sender struct {
	js     jetstream.JetStream
	report func(error)
	// last is the sequence number of the last message on each subject.
	last map[string]uint64
	// ensure creates the JetStream stream. It is called before the first message, and again
	// when a message finds no stream.
	ensure  func(context.Context) error
	ensured bool
	// stream is nil without the permission to ask for it.
	stream  jetstream.Stream
	retries atomic.Uint64
	// learned is called with the last number on a subject before the first message is sent
	// there.
	learned func(last uint64)
	// forbidden reports whether the client may not publish on a subject. If it is set, a
	// message for such a subject is given up instead of waiting for the permission.
	forbidden func(subject string) bool
}

const (
	ackTimeout   = 5 * time.Second
	retryAtMost  = 2 * time.Second
	lookTimeout  = 2 * time.Second
	impossible   = 1<<63 - 1
	expectedLast = jetstream.ExpectedLastSubjSeqHeader
)

// errRefused marks an error after which another attempt cannot succeed.
var errRefused = errors.New("the NATS server refuses the event")

// errDuplicate is the error for an event that is stored before its first sending.
var errDuplicate = errors.New("an event with this id is stored already: another program uses the same run id")

// send returns when msg is stored, when it never can be stored, or when ctx is done. unsure says that msg
// may have been stored before.
func (s *sender) send(ctx context.Context, msg *nats.Msg, unsure bool) error {
	for attempt := 0; ; attempt++ {
		if s.givesUp(msg.Subject) { // known since another message
			return mayNotPublish(msg.Subject)
		}
		stored, err := s.try(ctx, msg, attempt, &unsure)
		switch {
		case stored:
			return nil
		case ctx.Err() != nil:
			return cause(ctx, err)
		case err == nil: // the fence was wrong and has been corrected
			continue
		case errors.Is(err, ErrIncompatible):
			return err
		case refused(err):
			return fmt.Errorf("%w %s on %s: %w", errRefused, msg.Header.Get(jetstream.MsgIDHeader), msg.Subject, err)
		case s.givesUp(msg.Subject):
			return mayNotPublish(msg.Subject)
		}
		s.report(apiError(err))
		s.ensured = s.ensured && !unheard(err)
		if !wait.Sleep(ctx, min(retryAtMost, 10*time.Millisecond<<min(attempt, 10))) {
			return cause(ctx, err)
		}
		s.retries.Add(1)
	}
}

// givesUp reports whether a message for subject is given up.
func (s *sender) givesUp(subject string) bool { return s.forbidden != nil && s.forbidden(subject) }

func mayNotPublish(subject string) error {
	return fmt.Errorf("no permission to publish on %s: %w", subject, nats.ErrPermissionViolation)
}

// cause is the error that delayed the sending until ctx was done.
func cause(ctx context.Context, err error) error {
	if err == nil {
		return ctx.Err()
	}
	return fmt.Errorf("%w: %w", ctx.Err(), apiError(err))
}

// try sends msg once. attempt is 0 for the first time. It updates unsure and the fence.
func (s *sender) try(ctx context.Context, msg *nats.Msg, attempt int, unsure *bool) (stored bool, err error) {
	if err := s.ensureOnce(ctx); err != nil {
		return false, err
	}
	last, ok := s.last[msg.Subject]
	if !ok {
		if last, err = s.lastOn(ctx, msg.Subject); err != nil {
			return false, err
		}
		s.last[msg.Subject] = last
		s.learned(last)
	}
	msg.Header.Set(expectedLast, strconv.FormatUint(last, 10))
	ack, err := s.publish(ctx, msg)
	// A failing cluster can refuse a message and store it nevertheless. So only a
	// duplicate at the first sending says that another program has sent the message.
	if err == nil && ack.Duplicate && !*unsure && attempt == 0 {
		return false, errDuplicate
	}
	if err == nil {
		s.last[msg.Subject] = ack.Sequence
		return true, nil
	}
	actual, ok := fence.Last(err)
	if !ok {
		*unsure = *unsure || mayBeStored(err)
		return false, err
	}
	s.last[msg.Subject] = actual
	if !*unsure || actual <= last {
		return false, nil
	}
	return s.isStored(ctx, msg, last, actual)
}

// ensureOnce makes sure that there is a JetStream stream for the messages. A
// publisher without the permission to ask for it gets no answer, and goes on.
func (s *sender) ensureOnce(ctx context.Context) error {
	if s.ensured || s.ensure == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	err := s.ensure(ctx)
	if err == nil {
		s.stream, err = s.js.Stream(ctx, JetStreamName)
	}
	if err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	s.ensured = true
	return nil
}

// unheard reports whether err says that no stream took a message.
func unheard(err error) bool {
	return errors.Is(err, jetstream.ErrNoStreamResponse) || errors.Is(err, jetstream.ErrAsyncPublishTimeout)
}

// isStored reports whether msg is among the messages on its subject after number last. The others are
// those of another publisher of the same stream. A client without the permission to look has to be the
// only publisher.
func (s *sender) isStored(ctx context.Context, msg *nats.Msg, last, actual uint64) (bool, error) {
	if s.stream == nil {
		return true, nil
	}
	ctx, cancel := context.WithTimeout(ctx, ackTimeout)
	defer cancel()
	id := msg.Header.Get(jetstream.MsgIDHeader)
	for last < actual {
		found, err := s.stream.GetMsg(ctx, last+1, jetstream.WithGetMsgSubject(msg.Subject))
		switch {
		case errors.Is(err, jetstream.ErrMsgNotFound):
			return false, nil
		case err != nil:
			s.last[msg.Subject] = last // the next look begins here
			return false, err
		case found.Header.Get(jetstream.MsgIDHeader) == id:
			s.last[msg.Subject] = found.Sequence // later messages may be stored as well
			return true, nil
		}
		last = found.Sequence
	}
	return false, nil
}

// lastOn returns the sequence number of the last message on subject, or 0.
func (s *sender) lastOn(ctx context.Context, subject string) (uint64, error) {
	if s.stream == nil {
		return s.probe(ctx, subject)
	}
	ctx, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	msg, err := s.stream.GetLastMsgForSubject(ctx, subject)
	switch {
	case errors.Is(err, jetstream.ErrMsgNotFound):
		return 0, nil
	case err != nil:
		return 0, err
	}
	return msg.Sequence, nil
}

// probe learns the last sequence number on subject from a refusal.
func (s *sender) probe(ctx context.Context, subject string) (uint64, error) {
	probe := nats.NewMsg(subject)
	probe.Header.Set(expectedLast, strconv.FormatUint(impossible, 10))
	_, err := s.publish(ctx, probe)
	if last, ok := fence.Last(err); ok {
		return last, nil
	}
	if err == nil {
		err = errors.New("the server ignores " + expectedLast)
	}
	return 0, err
}

// publish sends msg and waits for the answer of JetStream.
func (s *sender) publish(ctx context.Context, msg *nats.Msg) (*jetstream.PubAck, error) {
	future, err := s.js.PublishMsgAsync(msg, jetstream.WithRetryAttempts(0))
	if err != nil {
		return nil, err
	}
	var refusals <-chan time.Time // the server does not answer a message that it refuses
	if s.forbidden != nil {
		tick := time.NewTicker(refusalEvery)
		defer tick.Stop()
		refusals = tick.C
	}
	for {
		select {
		case ack := <-future.Ok():
			return ack, nil
		case err := <-future.Err():
			return nil, err
		case <-refusals:
			if s.givesUp(msg.Subject) {
				return nil, mayNotPublish(msg.Subject)
			}
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// refusalEvery is how often a sender that gives up looks whether it may publish.
const refusalEvery = 50 * time.Millisecond

// mayBeStored reports whether a message that got err instead of an acknowledgement may have been stored.
func mayBeStored(err error) bool {
	var api *jetstream.APIError
	switch {
	case errors.As(err, &api):
		return api.Code >= 500 // a cluster in disorder may have stored it; other answers are refusals
	case errors.Is(err, jetstream.ErrNoStreamResponse),
		errors.Is(err, nats.ErrReconnectBufExceeded),
		errors.Is(err, nats.ErrConnectionClosed),
		errors.Is(err, jetstream.ErrTooManyStalledMsgs):
		return false
	}
	return true
}

// refused reports whether another sending would get err again.
func refused(err error) bool {
	return errors.Is(err, errDuplicate) || errors.Is(err, nats.ErrMaxPayload) || errors.Is(err, nats.ErrConnectionClosed) ||
		errors.Is(err, jetstream.ErrStreamMessageExceedsMaximum) || errors.Is(err, nats.ErrHeadersNotSupported)
}
