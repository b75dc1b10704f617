package publish

import (
	"fmt"
	"maps"
	"sync"
	"sync/atomic"

	"github.com/seed-7adb9000/diarizer/publish/journal"
)

// store is what a spool needs of a [journal.Journal].
type store interface {
	Append(record []byte) error
	Next() ([]byte, error)
	Done(state map[string]uint64) error
	Save(state map[string]uint64) error
	Size() int64
	Compact() error
	Sync() error
	Close() error
}

// The cursor's state has the number of the last event passed on, whether the
// run may go on in another process, and a fence for each kind of event.
const (
	stateSeq       = "seq"
	stateResumable = "resumable"
)

// compactAt is the size at which records that were passed on are deleted.
const compactAt = 32 << 20

// spool holds the events of one run in order until the server has them: in a
// journal, and in memory where there is none or it takes no more.
type spool struct {
	mu       sync.Mutex
	store    store    // nil without a journal
	memory   [][]byte // events that are not in the journal
	last     uint64   // number of the last event taken
	old      int      // events that an earlier process may have sent are first in line
	taken    uint64
	acked    uint64
	failing  bool // the journal did not take the last event
	closed   bool
	state    map[string]uint64
	unsynced atomic.Bool
	// more has room for one token, which says that events or closed changed.
	more chan struct{}
}

func newSpool() *spool { return &spool{state: map[string]uint64{}, more: make(chan struct{}, 1)} }

// openSpool returns a spool over a journal that has just been opened.
func openSpool(j *journal.Journal) (*spool, error) {
	s := newSpool()
	s.store = j
	maps.Copy(s.state, j.Passed().State)
	s.last = s.state[stateSeq]
	if line := j.Last(); line != nil {
		e, err := Decode(line)
		if err != nil {
			return nil, fmt.Errorf("journal: %w", err)
		}
		s.last = e.Seq
		s.old = int(e.Seq - s.state[stateSeq])
		s.taken = uint64(s.old)
	}
	return s, nil
}

// push takes an event. One that the run has already is left out: who resumes a
// run decides again what was decided since its state was saved. The error says
// that the journal has begun to fail, or that it works again.
func (s *spool) push(seq uint64, data []byte) (open bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false, nil
	}
	if seq <= s.last {
		return true, nil
	}
	s.last = seq
	s.taken++
	s.memory = append(s.memory, data)
	err = s.settle()
	s.signal()
	return true, err
}

// settle moves events from memory to the journal.
func (s *spool) settle() error {
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

// pop returns the next event. With none, data is nil and, once the spool is
// closed, done is true. Unsure says that the event may have been sent before.
func (s *spool) pop() (data []byte, unsure, done bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.store != nil {
		if data, err = s.store.Next(); err != nil {
			return nil, false, false, err
		}
	}
	if data == nil && len(s.memory) > 0 {
		data, s.memory = s.memory[0], s.memory[1:]
	}
	if data == nil {
		return nil, false, s.closed, nil
	}
	if s.old > 0 {
		s.old--
		unsure = true
	}
	return data, unsure, false, nil
}

// fence returns the number that was kept for a kind of event.
func (s *spool) fence(kind Kind) (uint64, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n, ok := s.state[string(kind)]
	return n, ok
}

// keep remembers a fence before the first event is sent behind it.
func (s *spool) keep(kind Kind, last uint64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.state[string(kind)] = last
	return s.save()
}

func (s *spool) save() error {
	if s.store == nil {
		return nil
	}
	return s.store.Save(maps.Clone(s.state))
}

// done says that the server has the event that pop returned last.
func (s *spool) done(seq uint64, kind Kind, number uint64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.acked++
	s.state[stateSeq], s.state[string(kind)] = seq, number
	if s.store == nil {
		return nil
	}
	if err := s.store.Done(maps.Clone(s.state)); err != nil {
		return err
	}
	if s.store.Size() >= compactAt {
		return s.store.Compact()
	}
	return nil
}

// resumable marks the run as one that another process may go on with.
func (s *spool) resumable() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.state[stateResumable] = 1
	return s.save()
}

// sync makes what the journal has survive a power cut.
func (s *spool) sync() error {
	if s.store == nil || !s.unsynced.Swap(false) {
		return nil
	}
	return s.store.Sync()
}

// close takes no more events.
func (s *spool) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	s.signal()
}

// release lets go of the journal. Nothing uses the spool any more.
func (s *spool) release() error {
	if s.store == nil {
		return nil
	}
	s.mu.Lock()
	err := s.settle() // a last attempt
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

// counts returns how many events were taken and how many of them the server
// has. Safe says that the journal has all others.
func (s *spool) counts() (taken, acked uint64, safe bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.taken, s.acked, s.store != nil && len(s.memory) == 0 && !s.failing
}
