package publish

import (
	"fmt"
	"maps"
	"sync"
	"sync/atomic"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/publish/journal"
)

// store has the methods of a [journal.Journal] that a spool needs.
type store interface {
	Append(record []byte) error
	Next() ([]byte, error)
	Done(state map[string]uint64) error
	Save(state map[string]uint64) error
	Label(string)
	Size() int64
	Compact() error
	Sync() error
	Close() error
}

// The keys of the cursor's state: the number of the last event that was passed on, its time in samples and
// its revision, whether it ended the run, whether the run may go on in another process, and a fence for
// each kind of event.
const (
	stateSeq       = "seq"
	stateAt        = "at"
	stateRevision  = "revision"
	stateEnded     = "ended"
	stateResumable = "resumable"
)

// compactAt is the size of a journal in bytes at which records that were passed on are deleted.
const compactAt = 32 << 20

// spool holds the events of one run in order until the server has them: in a journal, and in memory if
// there is no journal or it cannot be written.
type spool struct {
	mu       sync.Mutex
	store    store    // nil without a journal
	memory   [][]byte // events that are not in the journal
	run      string   // empty without a journal
	stream   string   // of the run, empty if it is not known
	last     uint64   // number of the last event taken
	popped   uint64   // number of the last event that pop returned, or that the server had before
	taken    uint64
	acked    uint64
	failing  bool // whether the journal refused the last event
	closed   bool
	state    map[string]uint64
	unsynced atomic.Bool
	// more has room for one token. The token says that events or closed have changed.
	more chan struct{}

	// About the events that an earlier process left in the journal:
	inherited uint64 // number of its last event, which that process may have sent
	unknown   bool   // whether it is not known which of them were passed on
	looked    bool   // whether the server was asked which of them it has
	front     *parcel
	stuck     error  // of the cursor, at an event that the server had already
	lost      uint64 // events that the journal has lost
}

func newSpool() *spool { return &spool{state: map[string]uint64{}, more: make(chan struct{}, 1)} }

// openSpool returns a spool over the journal of a run, which has just been opened.
func openSpool(j *journal.Journal, run string) (*spool, error) {
	s := newSpool()
	s.store, s.run, s.stream, s.unknown = j, run, j.Passed().Label, j.Passed().Writes == 0
	maps.Copy(s.state, j.Passed().State)
	s.popped = s.state[stateSeq]
	s.last = s.popped
	if record := j.Last(); record != nil {
		e, err := event.Decode(record)
		if err != nil {
			return nil, fmt.Errorf("journal: %w", err)
		}
		s.stream, s.last = e.Stream, max(s.last, e.Seq)
	}
	s.inherited = s.last
	s.taken = s.inherited - s.popped
	return s, nil
}

// push takes an event. It leaves out an event that the run has already: a process that resumes a run
// comes again to the events since the state was saved. The error says that the journal has begun to fail,
// or that it works again.
func (s *spool) push(e event.Event, data []byte) (open bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false, nil
	}
	if e.Seq <= s.last {
		return true, nil
	}
	if s.stream == "" && s.store != nil {
		s.store.Label(e.Stream)
	}
	s.stream, s.last = e.Stream, e.Seq
	s.taken++
	s.memory = append(s.memory, data)
	err = s.toJournal()
	s.signal()
	return true, err
}

// toJournal moves events from memory to the journal.
func (s *spool) toJournal() error {
	if s.store == nil {
		return nil
	}
	for len(s.memory) > 0 {
		if err := s.store.Append(s.memory[0]); err != nil {
			if s.failing {
				return nil
			}
			s.failing = true
			return fmt.Errorf("%w: events wait in memory instead and are lost if the program dies: make room on the disk", err)
		}
		s.unsynced.Store(true)
		s.memory[0] = nil
		s.memory = s.memory[1:]
	}
	s.failing = false
	return nil
}

// known returns the run's stream and the number of the last event that was passed on, as far as the journal
// knows them.
func (s *spool) known() (stream string, passed uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stream, s.state[stateSeq]
}

// there records that the server has the events up to e.
func (s *spool) there(e event.Event) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.unknown = false
	if e.Seq <= s.popped {
		return nil
	}
	s.acked += min(e.Seq, s.last) - min(s.popped, s.last)
	s.popped, s.last = e.Seq, max(s.last, e.Seq)
	s.setPassed(e)
	return s.save()
}

// setPassed records in the state that the server has e.
func (s *spool) setPassed(e event.Event) {
	s.state[stateSeq], s.state[stateAt], s.state[stateRevision] = e.Seq, uint64(e.At), e.Revision
	if e.Kind == event.StreamEnded {
		s.state[stateEnded] = 1
	}
}

// fence returns the saved fence for a kind of event.
func (s *spool) fence(kind event.Kind) (uint64, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n, ok := s.state[string(kind)]
	return n, ok
}

// keep saves a fence before the first event is sent behind it. The fence survives a power cut.
func (s *spool) keep(kind event.Kind, last uint64) error {
	s.mu.Lock()
	s.state[string(kind)] = last
	err := s.save()
	s.mu.Unlock()
	if err != nil || s.store == nil {
		return err
	}
	return s.store.Sync() // without the lock, so that events can be taken meanwhile
}

func (s *spool) save() error {
	if s.store == nil {
		return nil
	}
	return s.store.Save(maps.Clone(s.state))
}

// done records that the server has the event that pop returned last, as the message of that number.
func (s *spool) done(p *parcel, number uint64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.acked++
	s.forget(p)
	s.setPassed(p.event)
	s.state[string(p.event.Kind)] = number
	switch {
	case s.store == nil:
		return nil
	case p.filler: // the cursor does not move, as a filler is not in the journal
		return s.save()
	}
	if err := s.store.Done(maps.Clone(s.state)); err != nil {
		return err
	}
	if s.store.Size() >= compactAt {
		return s.store.Compact()
	}
	return nil
}

// resumable records that another process may go on with the run.
func (s *spool) resumable() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.state[stateResumable] = 1
	return s.save()
}

// sync makes the events in the journal survive a power cut.
func (s *spool) sync() error {
	if s.store == nil || !s.unsynced.Swap(false) {
		return nil
	}
	return s.store.Sync()
}

// close makes the spool take no more events.
func (s *spool) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	s.signal()
}

// release closes the journal. The spool must not be used afterwards.
func (s *spool) release() error {
	if s.store == nil {
		return nil
	}
	s.mu.Lock()
	err := s.toJournal() // a last attempt
	s.mu.Unlock()
	if syncErr := s.sync(); err == nil {
		err = syncErr
	}
	if closeErr := s.store.Close(); err == nil {
		err = closeErr
	}
	return err
}

func (s *spool) signal() {
	select {
	case s.more <- struct{}{}:
	default:
	}
}

// counts returns how many events were taken and how many of them the server has. safe says that the journal
// has all others.
func (s *spool) counts() (taken, acked uint64, safe bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.taken, s.acked, s.store != nil && len(s.memory) == 0 && !s.failing
}
