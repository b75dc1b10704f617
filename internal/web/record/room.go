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

// room is what the recordings of one stream have in common: the sound between their
// devices and the diarizer, and the events. The sound is bounded: whoever sends faster
// than is heard has to wait. Sessions may hold their lock when they call it, not the
// other way round.
type room struct {
	mu       sync.Mutex
	table    *table.Table
	sessions []*Session
	log      log
	notices  []said
	began    bool          // somebody hears
	restored bool          // it goes on with what was heard before
	begin    int64         // where its sound begins, in samples
	run      string        // of the events
	gone     bool          // nobody reads any more
	news     chan struct{} // closed when any of that has changed
}

// said is what the owner of a device has to know.
type said struct {
	device *table.Device
	text   string
}

func newRoom() *room {
	r := &room{news: make(chan struct{})}
	r.table = table.New(r.say)
	return r
}

// say is what the table calls. r.mu is held.
func (r *room) say(d *table.Device, text string) { r.notices = append(r.notices, said{d, text}) }

// tell wakes whoever waits for news. r.mu is held.
func (r *room) tell() {
	close(r.news)
	r.news = make(chan struct{})
}

// join adds the device of a session. The error is of a room that is full, or over.
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

// over reports whether no device is left. r.mu is held.
func (r *room) over() bool {
	return !slices.ContainsFunc(r.sessions, func(s *Session) bool { return !s.device.Ended() })
}

// ready waits until there is room for more of a device. It reports false if ctx is done
// first or nothing more is taken.
func (r *room) ready(ctx context.Context, d *table.Device) bool {
	for {
		r.mu.Lock()
		full, over, news := r.table.Ahead(d) >= table.Held, d.Ended() || r.gone, r.news
		r.mu.Unlock()
		switch {
		case over, ctx.Err() != nil: // what comes behind a packet that was given up is not taken either
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

// push adds what a device has heard. It reports false if nothing more is taken.
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

// end says that nothing more comes of a device, but for the last blocks. It reports
// whether others go on.
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

// leave forgets a session, which is told nothing more.
func (r *room) leave(s *Session) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.table.End(s.device)
	r.tell()
	r.sessions = slices.DeleteFunc(r.sessions, func(o *Session) bool { return o == s })
}

// all are the sessions.
func (r *room) all() []*Session {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.sessions)
}

// event keeps an event and wakes all who have to be told.
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

// since is that of the room's log.
func (r *room) since(seq uint64) (events []json.RawMessage, missed, last uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	events, missed = r.log.since(seq)
	return events, missed, max(seq, r.log.last())
}

// every is the time between two looks at who keeps the others waiting.
const every = 100 * time.Millisecond

// Next is that of a [capture.Source].
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

// length is that of what was taken, in samples.
func (r *room) length() int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return max(0, r.table.At()-r.begin)
}

// Close says that nobody reads any more.
func (r *room) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.gone = true
	r.tell()
	return nil
}
