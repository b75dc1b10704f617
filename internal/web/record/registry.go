package record

import (
	"crypto/rand"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/seed-7adb9000/diarizer/internal/session/table"
)

// The reasons why a recording does not begin or go on.
var (
	ErrFull    = errors.New("too many recordings at once")
	ErrTaken   = errors.New("a recording of this name goes on")
	ErrNobody  = errors.New("no device records it here: there is no recording to join")
	ErrNone    = errors.New("no such recording: it has ended, or its recorder did not come back in time")
	ErrClosing = errors.New("the server is about to stop")
	ErrState   = errors.New("what is kept of its recorders cannot be used")
)

// Registry holds the recordings of a server. Make it with [NewRegistry].
type Registry struct {
	most    int
	longest time.Duration
	keeps   bool

	mu       sync.Mutex
	sessions map[string]*Session // by id
	closing  bool
}

// NewRegistry returns a registry of at most so many recordings at once, each at most so
// long.
func NewRegistry(most int, longest time.Duration) *Registry {
	return &Registry{most: most, longest: longest, sessions: map[string]*Session{}}
}

// Keep makes the registry acknowledge a packet only when a [State] covers it. Call it before the
// first recording.
func (r *Registry) Keep() { r.keeps = true }

// Begin begins a recording of a stream that no device records. The errors wrap ErrFull,
// ErrTaken or ErrClosing, or are those of [Format.Check].
func (r *Registry) Begin(stream string, format Format) (*Session, error) {
	return r.begin(stream, format, false, 0)
}

// Join begins a recording of a stream that other devices in the same room record. The
// errors wrap ErrFull, ErrNobody, ErrTaken or ErrClosing, or are those of [Format.Check].
func (r *Registry) Join(stream string, format Format) (*Session, error) {
	return r.begin(stream, format, true, 0)
}

func (r *Registry) begin(stream string, format Format, joins bool, at int64) (*Session, error) {
	if err := format.Check(); err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	in, err := r.check(stream, joins)
	if err != nil {
		return nil, err
	}
	s, err := r.newSession(rand.Text(), stream, format)
	if err != nil {
		return nil, err
	}
	if at > 0 {
		in.begin, in.restored = at, true
		in.table, _ = table.Restore(in.say, table.State{At: at})
	}
	if err := in.join(s); err != nil {
		return nil, err
	}
	r.sessions[s.id] = s
	return s, nil
}

// newSession returns a recording that is in no room yet.
func (r *Registry) newSession(id, stream string, format Format) (*Session, error) {
	s, err := newSession(id, stream, format, r.longest)
	if err != nil {
		return nil, err
	}
	s.keeps = r.keeps
	s.changed = func() {
		if s.Abandoned() {
			r.Forget(s)
		}
	}
	return s, nil
}

// Check returns the error with which Begin, or Join if joins, would fail now.
func (r *Registry) Check(stream string, joins bool) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	_, err := r.check(stream, joins)
	return err
}

// check returns the room of a new recording.
func (r *Registry) check(stream string, joins bool) (*room, error) {
	switch {
	case r.closing:
		return nil, ErrClosing
	case len(r.sessions) >= r.most:
		return nil, fmt.Errorf("%w: %d", ErrFull, r.most)
	}
	for _, s := range r.sessions {
		switch {
		case s.stream != stream:
		case joins:
			return s.room, nil
		default:
			return nil, fmt.Errorf("stream %s: %w", stream, ErrTaken)
		}
	}
	if joins {
		return nil, fmt.Errorf("stream %s: %w", stream, ErrNobody)
	}
	return newRoom(), nil
}

// Find returns the recording with an id. The error is ErrNone.
func (r *Registry) Find(id string) (*Session, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if s := r.sessions[id]; s != nil {
		return s, nil
	}
	return nil, ErrNone
}

// Forget removes a recording, so that another one can begin in its place. A recording that was
// restored under the id of s stays.
func (r *Registry) Forget(s *Session) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.sessions[s.id] == s {
		delete(r.sessions, s.id)
	}
	s.room.leave(s)
}

// Close ends all recordings. No recording begins after it.
func (r *Registry) Close() {
	r.mu.Lock()
	r.closing = true
	all := make([]*Session, 0, len(r.sessions))
	for _, s := range r.sessions {
		all = append(all, s)
	}
	r.mu.Unlock()
	for _, s := range all {
		s.End()
	}
}
