package correct

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/seed-7adb9000/diarizer/event"
)

// Subject is the subject on which the process that diarizes a stream takes corrections, as
// requests: diarizer.control.v1.<stream>.correct. It is no subject of events, so that
// JetStream does not keep the requests.
func Subject(stream string) string { return "diarizer.control.v1." + stream + ".correct" }

// Serve answers corrections of a stream that arrive over NATS, until stop is called or the
// connection closes.
func Serve(nc *nats.Conn, stream string, desk *Desk) (stop func(), err error) {
	if err := event.CheckStream(stream); err != nil {
		return nil, err
	}
	sub, err := nc.Subscribe(Subject(stream), func(m *nats.Msg) {
		c, err := Decode(m.Data)
		var reply Reply
		if err == nil {
			reply, err = desk.Correct(c)
		}
		Answer(m, reply, err)
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", Subject(stream), err)
	}
	return func() { _ = sub.Unsubscribe() }, nil // an error means that the subscription has ended
}

// Answer answers a request. err says why the correction was not applied.
func Answer(m *nats.Msg, reply Reply, err error) {
	if err != nil {
		reply = Reply{Error: err.Error()}
	}
	data, err := json.Marshal(reply)
	if err == nil {
		_ = m.Respond(data) // the client is gone, or asks again
	}
}

// How long Request waits for one answer, how long in all, and the pause before it asks
// again.
const (
	requestWithin = 2 * time.Second
	answerWithin  = 10 * time.Second
	askAgain      = 100 * time.Millisecond
)

// Request sends a correction to the process that diarizes the stream, wherever that process
// runs. If the process does not answer, Request asks again: a process that took the stream
// over may answer. The correction's ID makes repetition harmless. The error matches
// [ErrNobody] if no process diarizes the stream, and [ErrMalformed] or [ErrRefused] if the
// process refuses the correction.
func Request(ctx context.Context, nc *nats.Conn, stream string, c Correction) (Reply, error) {
	if err := event.CheckStream(stream); err != nil {
		return Reply{}, err
	}
	if err := c.Check(); err != nil {
		return Reply{}, err
	}
	if c.ID == "" {
		c.ID = rand.Text()
	}
	data, err := json.Marshal(c)
	if err != nil {
		return Reply{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	msg, err := ask(ctx, nc, stream, data)
	if errors.Is(err, nats.ErrNoResponders) {
		return Reply{}, fmt.Errorf("stream %s: %w", stream, ErrNobody)
	}
	if err != nil {
		return Reply{}, fmt.Errorf("stream %s: no answer to the correction, which may come into effect later: %w", stream, err)
	}
	var reply Reply
	if err := json.Unmarshal(msg.Data, &reply); err != nil {
		return Reply{}, fmt.Errorf("stream %s: answer to the correction: %w", stream, err)
	}
	switch reply.Error {
	case "":
		return reply, nil
	case ErrNobody.Error(): // no longer
		return Reply{}, fmt.Errorf("stream %s: %w", stream, ErrNobody)
	}
	for _, known := range []error{ErrMalformed, ErrRefused} {
		if rest, ok := strings.CutPrefix(reply.Error, known.Error()+": "); ok {
			if rest == ErrEnded.Error() {
				return Reply{}, fmt.Errorf("%w: %w", known, ErrEnded)
			}
			return Reply{}, fmt.Errorf("%w: %s", known, rest)
		}
	}
	return Reply{}, errors.New(reply.Error)
}

// ask sends a request until there is an answer. Only the first request takes the lack of
// responders for an answer.
func ask(ctx context.Context, nc *nats.Conn, stream string, data []byte) (*nats.Msg, error) {
	for first := true; ; first = false {
		once, cancel := context.WithTimeout(ctx, requestWithin)
		msg, err := nc.RequestWithContext(once, Subject(stream), data)
		cancel()
		silent := errors.Is(err, context.DeadlineExceeded) || errors.Is(err, nats.ErrTimeout) || !first && errors.Is(err, nats.ErrNoResponders)
		if !silent {
			return msg, err
		}
		select {
		case <-time.After(askAgain):
		case <-ctx.Done():
			return nil, err
		}
	}
}
