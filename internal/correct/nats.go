package correct

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/seed-7adb9000/diarizer/publish"
)

// Subject is where the process that diarizes a stream hears corrections of it,
// as requests: diarizer.control.v1.<stream>.correct. It is not among the
// subjects of events, so that JetStream does not keep requests.
func Subject(stream string) string { return "diarizer.control.v1." + stream + ".correct" }

// Serve answers corrections of a stream that arrive over NATS, until the
// returned function is called or the connection closes.
func Serve(nc *nats.Conn, stream string, desk *Desk) (stop func(), err error) {
	if err := publish.CheckStream(stream); err != nil {
		return nil, err
	}
	sub, err := nc.Subscribe(Subject(stream), func(m *nats.Msg) {
		reply, err := answer(desk, m.Data)
		if err != nil {
			reply = Reply{Error: err.Error()}
		}
		data, err := json.Marshal(reply)
		if err == nil {
			_ = m.Respond(data) // whoever asked is gone, or asks again
		}
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", Subject(stream), err)
	}
	return func() { _ = sub.Unsubscribe() }, nil // an error means that it has ended
}

func answer(desk *Desk, data []byte) (Reply, error) {
	c, err := Decode(data)
	if err != nil {
		return Reply{}, err
	}
	return desk.Correct(c)
}

// requestWithin bounds a Request whose ctx has no deadline.
const requestWithin = 5 * time.Second

// Request sends a correction to the process that diarizes the stream, wherever
// it runs. Its error matches [ErrNobody] where there is none, and [ErrMalformed]
// or [ErrRefused] where the other side says so.
func Request(ctx context.Context, nc *nats.Conn, stream string, c Correction) (Reply, error) {
	if err := publish.CheckStream(stream); err != nil {
		return Reply{}, err
	}
	if err := c.Check(); err != nil {
		return Reply{}, err
	}
	data, err := json.Marshal(c)
	if err != nil {
		return Reply{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, requestWithin)
	defer cancel()
	msg, err := nc.RequestWithContext(ctx, Subject(stream), data)
	if errors.Is(err, nats.ErrNoResponders) {
		return Reply{}, fmt.Errorf("stream %s: %w", stream, ErrNobody)
	}
	if err != nil {
		return Reply{}, fmt.Errorf("stream %s: no answer to the correction: %w", stream, err)
	}
	var reply Reply
	if err := json.Unmarshal(msg.Data, &reply); err != nil {
		return Reply{}, fmt.Errorf("stream %s: answer to the correction: %w", stream, err)
	}
	if reply.Error == "" {
		return reply, nil
	}
	for _, known := range []error{ErrMalformed, ErrRefused} {
		if rest, ok := strings.CutPrefix(reply.Error, known.Error()+": "); ok {
			return Reply{}, fmt.Errorf("%w: %s", known, rest)
		}
	}
	return Reply{}, errors.New(reply.Error)
}
