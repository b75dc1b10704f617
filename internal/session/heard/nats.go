package heard

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/seed-7adb9000/diarizer/event"
)

// MostUnread and MostBytes bound the messages of a stream that wait while one message is
// taken. Messages beyond them are lost, and NATS reports a slow consumer.
const (
	MostUnread = 256
	MostBytes  = 8 << 20
)

// Serve hands the messages for a stream that arrive over NATS to hear, one after the other,
// until stop is called or the connection closes. A message that was sent as a request is
// answered. Messages beyond a [Budget] are refused.
func Serve(nc *nats.Conn, stream string, hear func(Message) (Reply, error)) (stop func(), err error) {
	if err := event.CheckStream(stream); err != nil {
		return nil, err
	}
	budget := NewBudget(time.Now(), 0)
	sub, err := nc.Subscribe(Subject(stream), func(m *nats.Msg) {
		message, err := Decode(m.Data)
		var reply Reply
		if err == nil {
			err = budget.Take(time.Now(), len(m.Data))
		}
		if err == nil {
			reply, err = hear(message)
		}
		Answer(m, reply, err)
	})
	if err == nil {
		err = sub.SetPendingLimits(MostUnread, MostBytes)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", Subject(stream), err)
	}
	return func() { _ = sub.Unsubscribe() }, nil // an error means that the subscription has ended
}

// Answer answers a message that was sent as a request. err says why none of the message's
// words was taken.
func Answer(m *nats.Msg, reply Reply, err error) {
	if m.Reply == "" {
		return
	}
	if err != nil {
		reply = Reply{Error: err.Error()}
	}
	if data, err := json.Marshal(reply); err == nil {
		_ = m.Respond(data) // the client is gone, or asks again
	}
}

// Send sends a message to the program that diarizes the stream and waits for the answer.
// Its error matches [ErrNobody] if nobody diarizes the stream, and [ErrMalformed] or
// [ErrRefused] if the program refuses the words.
func Send(ctx context.Context, nc *nats.Conn, stream string, m Message) (Reply, error) {
	if err := event.CheckStream(stream); err != nil {
		return Reply{}, err
	}
	if err := m.Check(); err != nil {
		return Reply{}, err
	}
	data, err := json.Marshal(m)
	if err != nil {
		return Reply{}, err
	}
	msg, err := nc.RequestWithContext(ctx, Subject(stream), data)
	switch {
	case errors.Is(err, nats.ErrNoResponders):
		return Reply{}, fmt.Errorf("stream %s: %w", stream, ErrNobody)
	case err != nil:
		return Reply{}, fmt.Errorf("stream %s: no answer to the words: %w", stream, err)
	}
	var reply Reply
	if err := json.Unmarshal(msg.Data, &reply); err != nil {
		return Reply{}, fmt.Errorf("stream %s: answer to the words: %w", stream, err)
	}
	if reply.Error == ErrNobody.Error() { // the program has stopped since
		return Reply{}, fmt.Errorf("stream %s: %w", stream, ErrNobody)
	}
	for _, known := range []error{ErrMalformed, ErrRefused} {
		if rest, ok := strings.CutPrefix(reply.Error, known.Error()+": "); ok {
			return Reply{}, fmt.Errorf("%w: %s", known, rest)
		}
	}
	if reply.Error != "" {
		return Reply{}, errors.New(reply.Error)
	}
	return reply, nil
}
