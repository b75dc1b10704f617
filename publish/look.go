package publish

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/bus/wait"
)

// Bounds of the search for a run that is not the last of its stream.
const (
	searchWithin = time.Minute
	// clocks is how far the clocks of a machine and the server may be apart.
	clocks = time.Hour
)

// look tells s which of its events the server has, as the journal may have lost what an earlier process
// sent. A client without the permission to ask skips it.
func (c *courier) look(ctx context.Context, s *spool) error {
	for attempt := 0; ; attempt++ {
		err := c.lookOnce(ctx, s)
		switch {
		case err == nil:
			s.looked = true
			return nil
		case errors.Is(err, ErrIncompatible):
			return err
		case ctx.Err() != nil:
			return cause(ctx, err)
		}
		c.report(apiError(err))
		c.sender.ensured = c.sender.ensured && !unheard(err)
		if !wait.Sleep(ctx, min(retryAtMost, 10*time.Millisecond<<min(attempt, 10))) {
			return cause(ctx, err)
		}
	}
}

func (c *courier) lookOnce(ctx context.Context, s *spool) error {
	if err := c.sender.ensureOnce(ctx); err != nil {
		return err
	}
	stream, passed := s.known()
	if c.sender.stream == nil || stream == "" {
		return nil
	}
	e, found, err := c.reached(ctx, stream, s.run)
	switch {
	case errors.Is(err, errMute):
		return nil
	case err != nil:
		return err
	case !found:
		e = event.Event{Seq: passed} // the server has deleted all events that were passed on
	}
	return s.there(e)
}

// errMute says that the server does not answer the requests of this client.
var errMute = errors.New("the server does not answer this client")

// reached returns the last event of a run that the server has.
func (c *courier) reached(ctx context.Context, stream, run string) (last event.Event, found bool, err error) {
	asking, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	msg, err := c.sender.stream.GetLastMsgForSubject(asking, StreamSubjects(stream))
	switch {
	case errors.Is(err, jetstream.ErrMsgNotFound):
		return last, false, nil
	case mayNotAsk(ctx, err):
		return last, false, errMute
	case err != nil:
		return last, false, err
	}
	if e, err := event.Decode(msg.Data); err == nil && e.Run == run {
		return e, true, nil
	}
	// Another run of the stream has begun since.
	searching, end := context.WithTimeout(ctx, searchWithin)
	defer end()
	var waited error // why nothing came
	opts := SubscribeOptions{Streams: []string{stream}, Since: begun(run, msg.Time), OnWait: func(err error) { waited = err }}
	for m, err := range Subscribe(searching, c.nc, opts) {
		switch {
		case errors.Is(err, event.ErrHole):
			continue
		case errors.Is(err, ErrNotEvent): // it may be the last message
		case err != nil:
			return last, false, fmt.Errorf("events of run %s: %w", run, err)
		case m.Run == run:
			last, found = m.Event, true
		}
		if m.Number >= msg.Sequence {
			return last, found, nil
		}
	}
	switch {
	case errors.Is(waited, ErrNoJetStream), errors.Is(waited, ErrUnreachable):
		return last, false, fmt.Errorf("events of run %s: %w", run, waited)
	case mayNotAsk(ctx, searching.Err()):
		return last, false, errMute
	}
	return last, false, cause(ctx, nil)
}

// mayNotAsk reports whether err says that the client has no permission to ask. err is the error of a
// request that had less time than ctx.
func mayNotAsk(ctx context.Context, err error) bool {
	return ctx.Err() == nil && (errors.Is(err, context.DeadlineExceeded) || errors.Is(err, nats.ErrTimeout) ||
		errors.Is(err, nats.ErrPermissionViolation))
}

// begun is a time before the beginning of a run, by its id. It is zero if the id does not tell, or if
// that time is not before stored.
func begun(run string, stored time.Time) time.Time {
	digits, _, _ := strings.Cut(run, "-")
	ms, err := strconv.ParseInt(digits, 16, 64)
	if err != nil || len(digits) != 12 {
		return time.Time{}
	}
	if t := time.UnixMilli(ms).Add(-clocks); t.Before(stored) {
		return t
	}
	return time.Time{}
}
