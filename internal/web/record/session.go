package record

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/capture/natsaudio"
	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/session/table"
)

// ErrOver is wrapped by the error for sound of a recording that has ended.
var ErrOver = errors.New("the recording has ended")

// Session is one recording. Its methods may be called from any goroutine. Make it
// with [Registry.Begin].
type Session struct {
	id, stream string
	format     Format
	longest    int64         // in samples of the format
	room       *room         // with all who record the stream
	device     *table.Device // in it
	changed    func()        // after the last connection is gone

	taking sync.Mutex // held while a packet is taken, so that they are in order

	mu      sync.Mutex
	asm     *natsaudio.Assembler
	fresh   []capture.Block // of the packet that is taken
	next    uint64          // number of the next packet
	numbers uint64          // packets that the assembler has had
	plain   int64           // end of what was taken, in samples of the format
	lost    uint64
	end     int64     // of what was taken, in samples of the device's time
	keeps   bool      // whether what is taken is acknowledged only when it is kept
	lapsed  bool      // nothing can be kept for now
	acked   mark      // what is acknowledged
	marks   []mark    // from the last one that is covered; at least one
	last    mark      // where it ended
	heard   time.Time // when sound came last
	notices []string
	over    bool // no more sound is taken
	done    bool // everything is told
	failure string
	news    chan struct{}
	owner   int    // counts connections
	leave   func() // ends the latest connection; nil where there is none
	away    *time.Timer
}

// newSession returns a recording that is in no room yet.
func newSession(id, stream string, format Format, longest time.Duration) (*Session, error) {
	s := &Session{id: id, stream: stream, format: format, next: 1, marks: make([]mark, 1), heard: time.Now(), news: make(chan struct{}), changed: func() {}}
	s.longest = int64(longest.Seconds() * float64(format.Rate))
	var err error
	s.asm, err = natsaudio.NewAssembler(natsaudio.Options{OnWarning: func(err error) { s.notice(err.Error()) }})
	return s, err
}

// ID is what a recorder has to say to go on with the recording. Nobody can guess it.
func (s *Session) ID() string { return s.id }

// Stream is the id of the stream.
func (s *Session) Stream() string { return s.stream }

// Restored reports whether the recording goes on with one of another process, or with one
// that had ended: its events are those of another run.
func (s *Session) Restored() bool {
	s.room.mu.Lock()
	defer s.room.mu.Unlock()
	return s.room.restored
}

// Run is that of the stream's events, empty before the first one.
func (s *Session) Run() string {
	s.room.mu.Lock()
	defer s.room.mu.Unlock()
	return s.room.run
}

// Source is the sound of all who record the stream, for the program that diarizes. Others
// may join from now on.
func (s *Session) Source() capture.Source {
	s.room.mu.Lock()
	defer s.room.mu.Unlock()
	s.room.began = true
	return s.room
}

// Take takes a packet, which may have come before. It waits while more than ten
// seconds of sound have not been heard yet. What it has taken is heard to its end,
// whatever becomes of the recorder; what becomes of it when the process does not last is
// for [Registry.Keep] to say. The errors are ctx.Err(), and those that wrap
// ErrPacket or ErrOver.
func (s *Session) Take(ctx context.Context, p Packet) error {
	s.taking.Lock()
	defer s.taking.Unlock()
	q, err := s.format.packet(p)
	if err != nil {
		return err
	}
	if !s.room.ready(ctx, s.device) {
		if err := ctx.Err(); err != nil {
			return err
		}
		return ErrOver
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.over:
		return ErrOver
	case p.Seq < s.next:
		return nil
	case p.Position+int64(q.Samples) > s.longest, capture.Duration(s.room.length()) > s.limit():
		limit := s.limit()
		s.finish()
		s.notice(fmt.Sprintf("the recording has ended: %v is the longest that is taken", limit))
		return fmt.Errorf("%w: %v is the longest that is taken", ErrOver, limit)
	}
	s.numbers++
	q.Seq = s.numbers
	s.fresh = s.fresh[:0]
	if _, err := s.asm.Push(q, s.emit); err != nil {
		return fmt.Errorf("%w: %w", ErrPacket, err)
	}
	if !s.room.push(s.device, s.fresh) {
		return ErrOver
	}
	s.lost += p.Seq - s.next
	s.next, s.plain, s.heard = p.Seq+1, max(s.plain, p.Position+int64(q.Samples)), time.Now()
	for _, b := range s.fresh {
		s.end = max(s.end, b.End())
	}
	if s.mark(); !s.keeps || s.lapsed {
		s.acknowledge(s.taken())
	}
	s.tell()
	return nil
}

// limit is how long a recording may be.
func (s *Session) limit() time.Duration {
	return time.Duration(float64(s.longest) / float64(s.format.Rate) * float64(time.Second))
}

// TakePlain takes sound that goes on where the last ended.
func (s *Session) TakePlain(ctx context.Context, data []byte) error {
	s.mu.Lock()
	p := Packet{Seq: s.next, Position: s.plain, Data: data}
	s.mu.Unlock()
	return s.Take(ctx, p)
}

func (s *Session) emit(b capture.Block) { s.fresh = append(s.fresh, b) }

// End takes no more sound. What was taken is heard.
func (s *Session) End() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.finish()
}

// EndWith does the same, and tells the recorder why.
func (s *Session) EndWith(why string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.over {
		s.notice(why)
		s.finish()
	}
}

func (s *Session) finish() {
	if s.over {
		return
	}
	s.over = true
	s.fresh = s.fresh[:0]
	s.last = s.now() // with what Finish gives up, should the recorder come back
	s.asm.Finish(s.emit)
	if s.room.end(s.device, s.fresh) { // the others hear what is left of its sound
		s.done = true
		s.acknowledge(s.taken())
	}
	s.tell()
}

// Event takes an event of the stream, for all who record it to hear.
func (s *Session) Event(e event.Event) error { return s.room.event(e) }

// Done says to all who record the stream that everything was told, and with what error
// the stream ended.
func (s *Session) Done(err error) {
	_ = s.room.Close()
	for _, s := range s.room.all() {
		s.finished(err)
	}
}

func (s *Session) finished(err error) {
	s.mu.Lock()
	s.over = true
	switch {
	case err == nil: // all of it was heard
		s.acknowledge(s.taken())
	case !s.done:
		s.failure = err.Error()
	}
	s.done = true
	s.tell()
	s.mu.Unlock()
	s.changed()
}

// wake has the recorder told of events.
func (s *Session) wake() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tell()
}

// say tells the recorder something.
func (s *Session) say(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.notice(text)
}

// notice tells the recorder something. s.mu is held.
func (s *Session) notice(text string) {
	if len(s.notices) < maxNotices {
		s.notices = append(s.notices, text)
		s.tell()
	}
}

// maxNotices bounds what is said about a recording besides its events.
const maxNotices = 32

// tell wakes whoever waits for news. s.mu is held.
func (s *Session) tell() {
	close(s.news)
	s.news = make(chan struct{})
}
