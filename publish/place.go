package publish

import (
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/seed-7adb9000/diarizer/event"
)

// ErrReplaced is matched by the error of [Subscribe] where JetStream does not
// reach the message to go on from.
var ErrReplaced = errors.New("JetStream stream was replaced or has lost messages")

const (
	// idle is how long the server keeps a consumer that nobody asks.
	idle = time.Minute
	// skew is how far the clocks of a cluster's servers may be apart.
	skew = time.Minute
)

// place is the position of a reader in the JetStream stream.
type place struct {
	number uint64
	// stored is the storing time of the message. read says whether it was read or only
	// skipped. The two show that it is still the same message.
	stored time.Time
	read   bool
}

// compare finds the reader's place in the stream as it is now.
func (r *reader) compare(info *jetstream.StreamInfo) (lost, err error) {
	if !info.Created.Equal(r.created) {
		if !r.created.IsZero() {
			r.at, r.back = place{}, false // another stream, with numbers of its own
		}
		r.created = info.Created
	}
	state := info.State
	if r.opts.NewOnly {
		if r.opts.NewOnly = false; r.at.number == 0 {
			r.at = place{number: state.LastSeq, stored: info.TimeStamp}
		}
	}
	switch {
	case r.back || r.at.number == 0:
	case state.LastSeq < r.at.number && r.at.stored.IsZero():
		return nil, fmt.Errorf("%w: %s ends at message %d, before message %d, from which to go on: read it from the beginning",
			ErrReplaced, JetStreamName, state.LastSeq, r.at.number)
	case state.LastSeq < r.at.number:
		r.back = true
	case state.FirstSeq > r.at.number+1:
		lost = &LostError{First: r.at.number + 1, Last: state.FirstSeq - 1}
		r.at, r.doubted = place{number: state.FirstSeq - 1, stored: r.at.stored}, true
	}
	return lost, nil
}

func (r *reader) config() jetstream.ConsumerConfig {
	c := jetstream.ConsumerConfig{
		DeliverPolicy:     jetstream.DeliverAllPolicy,
		AckPolicy:         jetstream.AckNonePolicy,
		MemoryStorage:     true,
		Replicas:          1,
		InactiveThreshold: idle,
	}
	if len(r.opts.Streams) == 1 { // servers before 2.10 take only one filter
		c.FilterSubject = StreamSubjects(r.opts.Streams[0])
	} else {
		for _, s := range r.opts.Streams {
			c.FilterSubjects = append(c.FilterSubjects, StreamSubjects(s))
		}
	}
	from := func(t time.Time) { c.DeliverPolicy, c.OptStartTime = jetstream.DeliverByStartTimePolicy, &t }
	switch {
	case r.back && r.at.read:
		since := r.at.stored.Add(-skew)
		if since.Before(r.oldest) {
			since = r.oldest
		}
		from(since)
	case r.back:
		from(r.at.stored)
	case r.at.read:
		c.DeliverPolicy, c.OptStartSeq = jetstream.DeliverByStartSequencePolicy, r.at.number
	case r.at.number > 0:
		c.DeliverPolicy, c.OptStartSeq = jetstream.DeliverByStartSequencePolicy, r.at.number+1
	case !r.opts.Since.IsZero():
		from(r.opts.Since)
	}
	return c
}

// advance makes m the last message and ends reading again: m is not older than the last one was.
func (r *reader) advance(m Message) {
	r.at = place{number: m.Number, stored: m.Stored, read: true}
	r.back = false
	if r.oldest.IsZero() {
		r.oldest = m.Stored
	}
	if m.Stored.After(r.newest) {
		r.newest = m.Stored
	}
}

// hole returns the events that are missing before m, nil where none are. It returns a
// hole without numbers where m is the first event of a run that the reader sees, but not
// the first of the run: the server may never have kept the beginning.
func (r *reader) hole(m Message, err error) *event.HoleError {
	if err != nil {
		return nil
	}
	last, known := r.heard.last(m.Run)
	switch {
	case known && m.Seq > last+1:
		return &event.HoleError{Stream: m.Stream, Run: m.Run, Want: last + 1, Got: m.Seq, Gone: "JetStream stream " + JetStreamName}
	case !known && m.Seq > 1 && r.at.read && m.Number > r.at.number+1:
		return &event.HoleError{}
	}
	return nil
}
