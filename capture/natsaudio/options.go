package natsaudio

import (
	"time"

	"github.com/seed-7adb9000/diarizer/capture"
)

// Options say how the packets of a subject become a stream. The zero value follows the first session that is
// heard until it ends, with all channels mixed.
type Options struct {
	// Channel is the channel to hear: Mix, or a channel from 1 on.
	Channel capture.Channel
	// Session, if not empty, is the session to follow. Other sessions are not heard.
	Session string
	// Follow goes on when a session ends or another session takes over. The stream then
	// ends only when its reader is closed. The gap between two sessions is that of their
	// wall-clock times, up to MaxGap, and none if these are not known.
	Follow bool
	// Idle, if positive, is how long a stream may be silent before it ends. Only a [Source]
	// uses it.
	Idle time.Duration
	// OnWarning is called with errors of packets that are used nevertheless, once for each
	// kind of error, from within Next or Push.
	OnWarning func(error)
	// OnBad is called for every message that [Stats] counts as bad, with the kind of error,
	// one of [BadKinds], from within Next, Push or Bad.
	OnBad func(kind string, err error)
}

// BadKinds returns the kinds of errors of a message: it is no packet, it has another format than its session,
// it leaves too long a gap, one gap too many or too long a stream, its sound cannot be decoded, or some
// samples are not numbers.
func BadKinds() []string {
	return []string{"packet", "format", "gap", "gaps", "length", "decode", "numbers"}
}

// MaxGap is the longest gap that is accepted. Packets further ahead are dropped. If a few in a row are, the sound goes on
// with them, without the gap.
const MaxGap = 24 * time.Hour

// JoinWithin is how late a reader may join a session and still keep the session's time, with a gap for the
// sound that it missed. The time of a later reader begins with the first packet that it gets.
const JoinWithin = 10 * time.Second

// TakeOver is how long a session without an end mark must be silent before another
// session takes over.
const TakeOver = 5 * time.Second

// Stats count packets.
type Stats struct {
	Packets uint64 // heard
	Lost    uint64 // that never came, or came too late
	Dropped uint64 // that came twice, came too late, or are of another session
	Bad     uint64 // messages that are no packets, have another format, or cannot be decoded or accepted
}
