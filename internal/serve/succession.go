package serve

import (
	"fmt"
	"slices"
	"time"

	"github.com/seed-7adb9000/diarizer/capture/natsaudio"
)

// succession decides about packets of other sessions than the one whose run goes on. Only that
// session can end its run: with its end mark, or by being silent for [natsaudio.TakeOver] while
// another session sends, by the storing times of the packets. The run of the other session
// begins with its first packet after the last one of the session before, so that a sender that
// was started again loses nothing. Of two senders at the same time, the first one is heard. A
// session whose run is over is not heard again.
type succession struct {
	heard   time.Time // when the last packet of the session was stored
	next    string    // the session that follows, empty if no other sends
	from    uint64    // the message with which the run of next begins
	waiting uint64    // packets of other sessions since the last of this one
	dropped uint64    // packets that were not heard

	past []string // sessions whose runs are over
	seen uint64   // messages up to this one were read for an earlier run
	// tell, if not nil, is called for packets that are dropped.
	tell func(session, why string, n uint64)
}

// The reasons for dropping a packet.
const (
	dropPast  = "past"  // the session's run is over
	dropOther = "other" // another session is being heard
)

// over reports whether a packet is of a session whose run is over, and counts it.
func (s *succession) over(session string, number uint64) bool {
	if !slices.Contains(s.past, session) {
		return false
	}
	if number > s.seen {
		s.drop(session, dropPast, 1)
	}
	return true
}

// own records a packet of the session. It drops the packets that others have sent meanwhile.
func (s *succession) own(stored time.Time) {
	s.heard = stored
	if s.next != "" {
		s.drop(s.next, dropOther, s.waiting)
		s.next, s.from, s.waiting = "", 0, 0
	}
}

// other records a packet of another session and reports whether that session takes over.
func (s *succession) other(session string, m message) bool {
	if s.over(session, m.number) {
		return false
	}
	if s.next == "" {
		s.next, s.from = session, m.number
	}
	s.waiting++
	return m.stored.Sub(s.heard) >= natsaudio.TakeOver
}

func (s *succession) drop(session, why string, n uint64) {
	s.dropped += n
	if s.tell != nil {
		s.tell(session, why, n)
	}
}

// detail adds the number of dropped packets to the reason of a run's end.
func (s *succession) detail(why string) string {
	if s.dropped == 0 {
		return why
	}
	if why != "" {
		why += "; "
	}
	return why + fmt.Sprintf("%d packets of other sessions were not heard", s.dropped)
}
