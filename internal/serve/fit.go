package serve

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/seed-7adb9000/diarizer/capture/natsaudio"
)

// errUnfit is matched by the error for a JetStream stream or bucket whose settings would lose
// what the workers share.
var errUnfit = errors.New("not fit for what workers share")

// The least that a JetStream stream has to keep of the sound, unless StoreOptions ask for
// less. With smaller limits, sound would be dropped before a worker hears it.
const (
	leastAudioAge   = 10 * time.Minute
	leastAudioBytes = 64 << 20
	leastAudio      = 10_000 // messages: three minutes in packets of 20 ms
)

// unfit is the error for the settings in diff, nil if diff is empty.
func unfit(name string, diff []string) error {
	if len(diff) == 0 {
		return nil
	}
	return fmt.Errorf("JetStream stream %s is %w: it has %s; see \"nats stream info %s\" and change or remove it", name, errUnfit, strings.Join(diff, ", "), name)
}

// fitForSound is the error for settings of a JetStream stream that would lose sound. want are
// the settings with which the stream would be created: a limit as low as theirs was asked for.
func fitForSound(c, want jetstream.StreamConfig) error {
	var diff []string
	note := func(is bool, format string, args ...any) {
		if is {
			diff = append(diff, fmt.Sprintf(format, args...))
		}
	}
	below := func(is, asked, least int64) bool { return is > 0 && is < min(least, asked) }
	note(c.Retention != jetstream.LimitsPolicy, "retention %q instead of \"Limits\"", c.Retention)
	note(below(int64(c.MaxAge), int64(want.MaxAge), int64(leastAudioAge)), "a maximum age of %v instead of %v or more", c.MaxAge, leastAudioAge)
	note(below(c.MaxBytes, want.MaxBytes, leastAudioBytes), "at most %d bytes instead of %d or more", c.MaxBytes, leastAudioBytes)
	note(below(c.MaxMsgs, leastAudio, leastAudio), "at most %d messages instead of %d or more", c.MaxMsgs, leastAudio)
	note(below(c.MaxMsgsPerSubject, want.MaxMsgsPerSubject, leastAudio), "at most %d messages per subject instead of %d or more", c.MaxMsgsPerSubject, leastAudio)
	note(c.MaxMsgSize > 0 && c.MaxMsgSize < want.MaxMsgSize, "messages of at most %d bytes instead of %d", c.MaxMsgSize, want.MaxMsgSize)
	note(c.NoAck, "no acknowledgements")
	note(c.Sealed, "a seal: nothing can be added")
	note(c.Mirror != nil, "a mirror of another stream")
	note(c.SubjectTransform != nil, "a subject transform")
	return unfit(c.Name, diff)
}

// fitForKeys is the error for settings of the JetStream stream behind a bucket that would lose
// keys.
func fitForKeys(c jetstream.StreamConfig) error {
	var diff []string
	if c.Storage != jetstream.FileStorage {
		diff = append(diff, fmt.Sprintf("storage in %q instead of \"File\"", c.Storage))
	}
	if c.MaxAge > 0 {
		diff = append(diff, fmt.Sprintf("a maximum age (ttl) of %v instead of none", c.MaxAge))
	}
	if c.MaxMsgsPerSubject != 1 && c.Name == "KV_"+StateBucket {
		diff = append(diff, fmt.Sprintf("a history of %d instead of 1", c.MaxMsgsPerSubject))
	}
	if c.Discard != jetstream.DiscardNew {
		diff = append(diff, fmt.Sprintf("discard policy %q instead of \"DiscardNew\"", c.Discard))
	}
	if c.Mirror != nil {
		diff = append(diff, "a mirror of another bucket")
	}
	return unfit(c.Name, diff)
}

// maxAudioMessage is the size of the largest message of sound in bytes: its payload and its
// headers.
const maxAudioMessage = natsaudio.MaxPayload + 4<<10
