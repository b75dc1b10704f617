package record

import (
	"encoding/json"
	"time"
)

// Update is what a recorder has to be told.
type Update struct {
	// Taken is the number of the last packet that was taken, and Position where plain
	// sound goes on, in samples of the format.
	Taken    uint64
	Position int64
	// Acked is the number of the last packet that stays, whatever happens, Lost how many
	// before it never came, and Kept where its sound ends, in samples of the format.
	Acked, Lost uint64
	Kept        int64
	// Events are the events after those that were told, Seq is the number of the last
	// one, and Missed counts those between that are kept no more.
	Events []json.RawMessage
	Seq    uint64
	Missed uint64
	// Notices are what is to be said besides, since the beginning.
	Notices []string
	// Over says that no more sound is taken, Done that nothing more comes, Failure why
	// the stream failed, if it did.
	Over, Done bool
	Failure    string
	// Quiet is how long no sound has come.
	Quiet time.Duration
	// News is closed when there is more.
	News <-chan struct{}
}

// Since is what there is to tell after event number seq.
func (s *Session) Since(seq uint64) Update {
	s.mu.Lock()
	defer s.mu.Unlock()
	u := Update{Taken: s.next - 1, Position: s.plain, Acked: s.acked.seq, Lost: s.acked.lost, Kept: s.acked.position, Notices: append([]string(nil), s.notices...),
		Over: s.over, Done: s.done, Failure: s.failure, Quiet: time.Since(s.heard), News: s.news}
	u.Events, u.Missed, u.Seq = s.room.since(seq)
	return u
}

// Attach says that a connection is the recorder's now. leave ends it when another
// one takes its place; the one before has taken its last packet when Attach returns.
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

// Detach says that a connection is lost. Unless another one comes within the time,
// the recording ends.
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

// Abandoned says that everything is told and nobody will ask any more.
func (s *Session) Abandoned() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.done && s.leave == nil && s.away == nil
}
