package record

import (
	"encoding/json"
	"time"
)

// Update is what a recorder has to be told.
type Update struct {
	// Taken is the number of the last packet that was taken. Position is the position of the
	// next unnumbered sound, in samples of the format.
	Taken    uint64
	Position int64
	// Acked is the number of the last packet that stays, whatever happens. Lost is how many
	// packets before it never came. Kept is where its sound ends, in samples of the format.
	Acked, Lost uint64
	Kept        int64
	// Events are the events that the recorder has not been told, and Seq is the number of
	// the last one. Missed counts the events before them that are not kept any more. Run is
	// the run of all of them. It is empty before the first event.
	Events []json.RawMessage
	Seq    uint64
	Missed uint64
	Run    string
	// Notices are all messages to the owner of the device since the beginning.
	Notices []string
	// Over says that no more sound is taken, and Done that no more updates come. Failure
	// is the error with which the stream ended, if any.
	Over, Done bool
	Failure    string
	// Quiet is how long no sound has come.
	Quiet time.Duration
	// News is closed when there is another update.
	News <-chan struct{}
}

// Since is the update after event number seq of a run. It has all events where the stream's
// events are of another run.
func (s *Session) Since(run string, seq uint64) Update {
	s.mu.Lock()
	defer s.mu.Unlock()
	u := Update{Taken: s.next - 1, Position: s.plain, Acked: s.acked.seq, Lost: s.acked.lost, Kept: s.acked.position, Notices: append([]string(nil), s.notices...),
		Over: s.over, Done: s.done, Failure: s.failure, Quiet: time.Since(s.heard), News: s.news}
	u.Events, u.Missed, u.Seq, u.Run = s.room.since(run, seq)
	return u
}

// Attach says that a connection is now the recorder's. leave is called when another
// connection replaces it. When Attach returns, the connection before has taken its last
// packet.
func (s *Session) Attach(leave func()) (connection int) {
	s.mu.Lock()
	before := s.leave
	s.owner++
	connection = s.owner
	s.leave = leave
	if s.away != nil {
		s.away.Stop()
		s.away = nil
	}
	s.mu.Unlock()
	if before != nil {
		before()
	}
	s.taking.Lock()
	defer s.taking.Unlock()
	return connection
}

// Detach says that a connection is lost. The recording ends unless another connection
// attaches within the given time.
func (s *Session) Detach(connection int, within time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if connection != s.owner {
		return
	}
	s.leave = nil
	s.away = time.AfterFunc(within, func() {
		s.mu.Lock()
		gone := s.owner == connection
		if gone {
			s.away = nil
			s.finish()
		}
		s.mu.Unlock()
		if gone {
			s.changed()
		}
	})
}

// Abandoned reports whether the recorder was told everything and has no connection to ask
// again.
func (s *Session) Abandoned() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.done && s.leave == nil && s.away == nil
}
