package bus

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/nats-io/nats.go"
)

// violation matches the text with which a server says that something is not permitted.
var violation = regexp.MustCompile(`(?i)permissions violation for (publish|subscription) to "([^"]+)"`)

// mostSubjects bounds the subjects that are remembered for a connection.
const mostSubjects = 4096

// Hear takes an error that a connection reports asynchronously and returns the error to tell. For a
// missing permission, that is a sentence about its consequence, or nil if the connection was told of
// the same kind of subject before.
func Hear(nc *nats.Conn, err error) error {
	l := of(nc)
	publish, subject, ok := parse(err)
	if l == nil || !ok {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if publish && len(l.forbidden) < mostSubjects {
		l.forbidden[subject] = true
	}
	do := "subscribe to "
	if publish {
		do = "publish on "
	}
	if l.said[do+kind(subject)] || len(l.said) >= mostSubjects {
		return nil
	}
	l.said[do+kind(subject)] = true
	return fmt.Errorf("no permission to %s%s%s: %w", do, subject, without(subject), nats.ErrPermissionViolation)
}

// parse reads a server's refusal: what is not permitted, and on which subject.
func parse(err error) (publish bool, subject string, ok bool) {
	if !errors.Is(err, nats.ErrPermissionViolation) {
		return false, "", false
	}
	found := violation.FindStringSubmatch(err.Error())
	if found == nil {
		return false, "", false
	}
	return strings.EqualFold(found[1], "publish"), found[2], true
}

// kind is the common part of subjects of one use.
func kind(subject string) string {
	tokens := strings.SplitN(subject, ".", 4)
	n := 1 // an inbox, a service
	switch {
	case tokens[0] == "diarizer":
		n = 3 // diarizer.meter.v1 of all streams, diarizer.v1.room1 of one
	case strings.HasPrefix(subject, "$JS"), strings.HasPrefix(subject, "$KV"):
		n = 2
	}
	return strings.Join(tokens[:min(n, len(tokens))], ".")
}

// without says what does not work without an optional permission.
func without(subject string) string {
	switch kind(subject) {
	case "diarizer.meter.v1":
		return ", which shows levels elsewhere: no more of them are sent"
	case "diarizer.control.v1":
		return ", where corrections are heard: nobody elsewhere can correct"
	case "diarizer.words.v1":
		return ", where words of recognisers are heard: none are"
	case "$JS.API":
		return ", where JetStream is asked: it is taken as it is"
	}
	return ""
}

// Reconnected forgets the subjects on which a connection may not publish, as permissions may have
// changed.
func Reconnected(nc *nats.Conn) {
	if l := of(nc); l != nil {
		l.mu.Lock()
		defer l.mu.Unlock()
		clear(l.forbidden)
	}
}

// MayPublish reports whether a connection may publish on a subject, as far as it knows.
func MayPublish(nc *nats.Conn, subject string) bool {
	if publish, refused, ok := parse(nc.LastError()); ok && publish && refused == subject {
		return false // perhaps nobody was told yet
	}
	l := of(nc)
	if l == nil {
		return true
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return !l.forbidden[subject]
}
