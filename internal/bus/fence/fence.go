// Package fence reads JetStream's refusals of messages that state which one they
// are to follow: somebody else was there before.
package fence

import (
	"errors"
	"strconv"
	"strings"

	"github.com/nats-io/nats.go/jetstream"
)

// Refused reports whether err says that a key or a subject is not where the writer
// expected it, or a key is there that was to be created.
func Refused(err error) bool {
	return errors.Is(err, jetstream.ErrKeyExists) || wrongLast(err) != nil
}

// Last returns the number of the last message that a refusal names, 0 where there
// is none on the subject, and whether err is such a refusal.
func Last(err error) (last uint64, ok bool) {
	api := wrongLast(err)
	if api == nil {
		return 0, false
	}
	_, number, _ := strings.Cut(api.Description, ": ")
	last, err = strconv.ParseUint(strings.TrimSpace(number), 10, 64)
	return last, err == nil
}

// wrongLast is err where it is a refusal, or nil.
func wrongLast(err error) *jetstream.APIError {
	var api *jetstream.APIError
	if errors.As(err, &api) && api.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequence {
		return api
	}
	return nil
}
