package publish

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/seed-7adb9000/diarizer/internal/bus"
)

// JetStreamName is the JetStream stream that keeps the events of all streams.
const JetStreamName = "DIARIZER"

// The defaults of StreamOptions.
const (
	DefaultRetain   = 30 * 24 * time.Hour
	DefaultMaxBytes = 1 << 30
	duplicateWindow = 2 * time.Minute
)

// ErrIncompatible is matched by the error of [EnsureStream] for a JetStream
// stream that exists and would lose events.
var ErrIncompatible = errors.New("JetStream stream is not fit for events")

// ErrNoJetStream is matched by the error for a server that keeps no streams.
var ErrNoJetStream = errors.New("the NATS server has no JetStream: start it with \"nats-server -js\"")

// The least that an existing stream has to keep, unless StreamOptions ask for less. With smaller limits,
// it would lose events of a meeting that still goes on.
const (
	leastRetain   = time.Hour
	leastMessages = 10_000
	leastBytes    = 8 << 20
)

// StreamOptions say how long events are kept. The zero value creates a stream that keeps
// them for 30 days, at most 1 GiB. It accepts an existing stream that keeps events for
// an hour or more, and 10,000 of them or 8 MiB.
type StreamOptions struct {
	// Retain is how long events are kept, or 0 for the default.
	Retain time.Duration
	// MaxBytes is how many bytes of events are kept, the newest ones; 0 for the default,
	// −1 for no limit.
	MaxBytes int64
	// Replicas is the number of servers of a cluster that keep them; 0 is 1.
	Replicas int
}

func (o StreamOptions) config() jetstream.StreamConfig {
	c := jetstream.StreamConfig{
		Name:        JetStreamName,
		Description: "who spoke when: events of diarizer",
		Subjects:    []string{AllSubjects},
		Retention:   jetstream.LimitsPolicy,
		Discard:     jetstream.DiscardOld,
		Storage:     jetstream.FileStorage,
		MaxAge:      DefaultRetain,
		MaxBytes:    DefaultMaxBytes,
		Replicas:    max(1, o.Replicas),
		Duplicates:  duplicateWindow,
		AllowDirect: true,
	}
	if o.Retain != 0 {
		c.MaxAge = o.Retain
	}
	if o.MaxBytes != 0 {
		c.MaxBytes = o.MaxBytes
	}
	c.Duplicates = min(c.Duplicates, c.MaxAge)
	return c
}

// EnsureStream creates the JetStream stream for events if it is absent. It never changes
// a stream that is present. If that stream would lose events, or differs from what opts
// ask for, the error matches [ErrIncompatible] and says how.
func EnsureStream(ctx context.Context, nc *nats.Conn, opts StreamOptions) error {
	if opts.Retain < 0 {
		return fmt.Errorf("retention of %v: expected a duration such as 720h", opts.Retain)
	}
	js, err := bus.JetStream(nc)
	if err != nil {
		return fmt.Errorf("JetStream: %w", err)
	}
	want := opts.config()
	stream, err := js.Stream(ctx, want.Name)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		// Two programs may start at the same time. Creating the same stream twice is no error.
		stream, err = js.CreateStream(ctx, want)
		if errors.Is(err, jetstream.ErrStreamNameAlreadyInUse) {
			stream, err = js.Stream(ctx, want.Name)
		}
	}
	if err != nil {
		if err := apiError(err); errors.Is(err, ErrUnreachable) {
			return err
		}
		return fmt.Errorf("JetStream stream %s for %s: %w", want.Name, AllSubjects, apiError(err))
	}
	if diff := differences(stream.CachedInfo().Config, opts); len(diff) > 0 {
		return fmt.Errorf("%w: %s has %s; see \"nats stream info %s\" and change or remove it",
			ErrIncompatible, want.Name, strings.Join(diff, ", "), want.Name)
	}
	return nil
}

// apiError puts the API's terse answers into words.
func apiError(err error) error {
	switch {
	case errors.Is(err, jetstream.ErrJetStreamNotEnabled), errors.Is(err, nats.ErrNoResponders),
		errors.Is(err, jetstream.ErrJetStreamNotEnabledForAccount):
		return fmt.Errorf("%w (%w)", ErrNoJetStream, err)
	case isNoRoom(err):
		return fmt.Errorf("the server has no room for a stream of that size: make room on its disk, raise its max_file_store, "+
			"or create %s with \"nats stream add\" and a smaller --max-bytes: %w", JetStreamName, err)
	case errors.Is(err, nats.ErrReconnectBufExceeded), errors.Is(err, nats.ErrDisconnected):
		return fmt.Errorf("%w: events wait for one", ErrUnreachable) // that is what the library's error means
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, nats.ErrTimeout):
		return fmt.Errorf("the server does not answer: %w", err)
	}
	return err
}

// codeNoRoom is the server's code for a stream whose size is more than the server or the account has
// room for. The library has no name for it.
const codeNoRoom = 10047

func isNoRoom(err error) bool {
	var api jetstream.JetStreamError
	return errors.As(err, &api) && api.APIError() != nil && api.APIError().ErrorCode == codeNoRoom
}

// differences lists the settings of c that would lose events or differ from opts.
func differences(c jetstream.StreamConfig, opts StreamOptions) []string {
	var diff []string
	note := func(is bool, format string, args ...any) {
		if is {
			diff = append(diff, fmt.Sprintf(format, args...))
		}
	}
	note(!covers(c.Subjects), "subjects %q instead of %q", c.Subjects, AllSubjects)
	note(c.Retention != jetstream.LimitsPolicy, "retention %q instead of \"Limits\"", c.Retention)
	note(c.Discard != jetstream.DiscardOld, "discard policy %q instead of \"DiscardOld\"", c.Discard)
	note(c.MaxMsgsPerSubject > 0, "at most %d messages per subject instead of any number", c.MaxMsgsPerSubject)
	note(c.MaxMsgSize > 0 && c.MaxMsgSize < largestEvent, "messages of at most %d bytes instead of %d", c.MaxMsgSize, largestEvent)
	note(c.NoAck, "no acknowledgements")
	note(c.Sealed, "a seal: nothing can be added")
	note(c.Mirror != nil, "a mirror of another stream")
	note(c.SubjectTransform != nil, "a subject transform")
	note(c.Storage != jetstream.FileStorage, "storage in %q instead of \"File\"", c.Storage)
	note(c.MaxMsgs > 0 && c.MaxMsgs < leastMessages, "at most %d messages instead of %d or more", c.MaxMsgs, leastMessages)
	if opts.Retain != 0 {
		note(c.MaxAge != opts.Retain, "a maximum age of %v instead of %v", c.MaxAge, opts.Retain)
	} else {
		note(c.MaxAge > 0 && c.MaxAge < leastRetain, "a maximum age of %v instead of %v or more", c.MaxAge, leastRetain)
	}
	if opts.MaxBytes != 0 {
		note(c.MaxBytes != opts.MaxBytes, "at most %d bytes instead of %d", c.MaxBytes, opts.MaxBytes)
	} else {
		note(c.MaxBytes > 0 && c.MaxBytes < leastBytes, "at most %d bytes instead of %d or more", c.MaxBytes, leastBytes)
	}
	if opts.Replicas != 0 {
		note(c.Replicas != opts.Replicas, "%d replicas instead of %d", c.Replicas, opts.Replicas)
	}
	return diff
}

// largestEvent is far above the few hundred bytes of an event. Only names and error texts have no fixed
// size.
const largestEvent = 64 << 10

// covers reports whether subjects include every event.
func covers(subjects []string) bool {
	return slices.ContainsFunc(subjects, func(s string) bool {
		return s == AllSubjects || s == ">" || s == "diarizer.>" || s == Prefix+".*.*"
	})
}
