package serve

import (
	"fmt"
	"slices"
	"time"

	"github.com/seed-7adb9000/diarizer/capture/natsaudio"
)

// succession decides what becomes of packets that are not of the session whose run
// is going on. Only that session may end its run: with its end mark, or by falling
// silent for [natsaudio.TakeOver] while another one is there, by the times at
// which JetStream stored the packets. The run of the other begins where it was
// first heard after the last packet of the one before, so that a sender which began
// again loses nothing. Of two senders at once, the one that was there first is
// heard. A session whose run is over stays over.
type succession struct {
	heard   time.Time // when the last packet of the session was stored
	next    string    // the session that follows, empty if no other is there
	from    uint64    // and the message with which its run begins
	waiting uint64    // packets of others since the last of the session
	dropped uint64    // packets that were not heard

	past []string // sessions whose runs are over
	seen uint64   // messages up to this one were read for an earlier run
	// tell, where not nil, hears of packets that were dropped.
	tell func(session, why string, n uint64)
}

// The reasons for which packets are dropped.
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

// own notes a packet of the session. What others have sent meanwhile is not heard.
func (s *succession) own(stored time.Time) {
	s.heard = stored
	if s.next != "" {
		s.drop(s.next, dropOther, s.waiting)
		s.next, s.from, s.waiting = "", 0, 0
	}
}

// other notes a packet of another session and reports whether it takes over.
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

// detail adds to the reason for which a run ends what was not heard.
func (s *succession) detail(why string) string {
	if s.dropped == 0 {
		return why
	}
	if why != "" {
		why += "; "
	}
	return why + fmt.Sprintf("%d packets of other sessions were not heard", s.dropped)
}
