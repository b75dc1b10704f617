package record

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/session/table"
)

// room is what the recordings of one stream share: the sound between their devices and the
// diarizer, and the events. The sound is bounded: a device that sends faster than the
// diarizer hears has to wait. A session may call a room while it holds its own lock. A room
// does not call a session while it holds the room's lock.
type room struct {
	mu       sync.Mutex
	table    *table.Table
	sessions []*Session
	log      log
	notices  []said
	began    bool          // the diarizer reads
	restored bool          // it resumes a stream that was heard before
	begin    int64         // position at which its sound begins, in samples
	run      string        // the run of the events
	gone     bool          // the diarizer has stopped
	news     chan struct{} // closed when any of these has changed
}

// said is a message to the owner of a device.
type said struct {
	device *table.Device
	text   string
}

func newRoom() *room {
	r := &room{news: make(chan struct{})}
	r.table = table.New(r.say)
	return r
}

// say adds a notice of the table. The caller holds r.mu.
func (r *room) say(d *table.Device, text string) { r.notices = append(r.notices, said{d, text}) }

// tell wakes every goroutine that waits for news. The caller holds r.mu.
func (r *room) tell() {
	close(r.news)
	r.news = make(chan struct{})
}

// join adds the device of a session. The error is that of a full room, or of a room that is
// over.
func (r *room) join(s *Session) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.gone || len(r.sessions) > 0 && (!r.began || r.over()) {
		return fmt.Errorf("stream %s: %w and is about to end", s.stream, ErrTaken)
	}
	d, err := r.table.Join()
	if err != nil {
		return fmt.Errorf("stream %s: %w: %d devices of one room", s.stream, ErrFull, table.Most)
	}
	s.room, s.device = r, d
	r.sessions = append(r.sessions, s)
	return nil
}

// over reports whether no device is left. The caller holds r.mu.
func (r *room) over() bool {
	return !slices.ContainsFunc(r.sessions, func(s *Session) bool { return !s.device.Ended() })
}

// ready waits until there is room for more sound of a device. It returns false if ctx is
// done first, or if no more sound is taken.
func (r *room) ready(ctx context.Context, d *table.Device) bool {
	for {
		r.mu.Lock()
		full, over, news := r.table.Ahead(d) >= table.Held, d.Ended() || r.gone, r.news
		r.mu.Unlock()
		switch {
		case over, ctx.Err() != nil: // sound after a packet that was given up is not taken either
			return false
		case !full:
			return true
		}
		select {
		case <-news:
		case <-ctx.Done():
			return false
		}
	}
}

// push adds sound of a device. It returns false if no more sound is taken.
func (r *room) push(d *table.Device, blocks []capture.Block) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if d.Ended() || r.gone {
		return false
	}
	for _, b := range blocks {
		r.table.Push(d, b)
	}
	r.tell()
	return true
}

// end adds the last blocks of a device and ends the device. It reports whether other
// devices go on.
func (r *room) end(d *table.Device, last []capture.Block) (others bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !d.Ended() {
		for _, b := range last {
			r.table.Push(d, b)
		}
		r.table.End(d)
		r.tell()
	}
	return !r.over()
}

// leave removes a session, which is told nothing more.
func (r *room) leave(s *Session) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.table.End(s.device)
	r.tell()
	r.sessions = slices.DeleteFunc(r.sessions, func(o *Session) bool { return o == s })
}

// all returns the sessions of the room.
func (r *room) all() []*Session {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.sessions)
}

// event keeps an event and wakes all sessions.
func (r *room) event(e event.Event) error {
	data, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("stream %s, event %d: %w", e.Stream, e.Seq, err)
	}
	r.mu.Lock()
	r.log.add(data)
	r.run = e.Run
	r.mu.Unlock()
	for _, s := range r.all() {
		s.wake()
	}
	return nil
}

// since is [log.since] after event number seq of a run, and the number and the run of the last
// event. Where the events are of another run, it is [log.since] of all events.
func (r *room) since(run string, seq uint64) (events []json.RawMessage, missed, last uint64, of string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if run != r.run {
		seq = 0
	}
	events, missed = r.log.since(seq)
	return events, missed, max(seq, r.log.last()), r.run
}

// every is the time between two looks for a device that keeps the others waiting.
const every = 100 * time.Millisecond

// Next returns the next block for the diarizer, and io.EOF when all devices have ended.
func (r *room) Next(ctx context.Context) (capture.Block, error) {
	for {
		if err := ctx.Err(); err != nil {
			return capture.Block{}, err
		}
		r.mu.Lock()
		b, ok := r.table.Next()
		over, news, notices := !ok && r.over() && r.table.Over(), r.news, r.notices
		r.notices = nil
		if ok {
			r.tell()
		}
		sessions := slices.Clone(r.sessions)
		r.mu.Unlock()
		for _, n := range notices {
			for _, s := range sessions {
				if s.device == n.device {
					s.say(n.text)
				}
			}
		}
		switch {
		case ok:
			return b, nil
		case over:
			return b, io.EOF
		}
		began := time.Now()
		var due <-chan time.Time
		if len(sessions) > 1 {
			due = time.After(every)
		}
		select {
		case <-news:
		case <-due:
		case <-ctx.Done():
		}
		r.mu.Lock()
		r.table.Wait(time.Since(began))
		r.mu.Unlock()
	}
}

// length returns the length of the sound that was taken, in samples.
func (r *room) length() int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return max(0, r.table.At()-r.begin)
}

// Close says that the diarizer reads no more.
func (r *room) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.gone = true
	r.tell()
	return nil
}
