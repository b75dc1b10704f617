// Package fence reads the errors with which JetStream refuses a message that does not follow the
// message that it states: another writer was there before.
package fence

import (
	"errors"
	"strconv"
	"strings"

	"github.com/nats-io/nats.go/jetstream"
)

// Refused reports whether err says that a key or a subject is at another revision than the writer
// expected, or that a key that was to be created exists.
func Refused(err error) bool {
	return errors.Is(err, jetstream.ErrKeyExists) || wrongLast(err) != nil
}

// Last returns the number of the last message that a refusal names, 0 if the subject has none, and
// whether err is a refusal.
func Last(err error) (last uint64, ok bool) {
	api := wrongLast(err)
	if api == nil {
		return 0, false
	}
	_, number, _ := strings.Cut(api.Description, ": ")
	last, err = strconv.ParseUint(strings.TrimSpace(number), 10, 64)
	return last, err == nil
}

// wrongLast is the API error in err if err is a refusal, and nil otherwise.
func wrongLast(err error) *jetstream.APIError {
	var api *jetstream.APIError
	if errors.As(err, &api) && api.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequence {
		return api
	}
	return nil
}
