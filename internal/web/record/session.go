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

// Session is one recording. Its methods may be called from any goroutine. Make it with
// [Registry.Begin] or [Registry.Join].
type Session struct {
	id, stream string
	format     Format
	longest    int64         // in samples of the format
	room       *room         // shared with all recordings of the stream
	device     *table.Device // on the room's table
	changed    func()        // called when the recording may be abandoned

	taking sync.Mutex // held while a packet is taken, so that packets stay in order

	mu      sync.Mutex
	asm     *natsaudio.Assembler
	fresh   []capture.Block // the sound of the packet that is being taken
	next    uint64          // number of the next packet
	numbers uint64          // how many packets the assembler has had
	plain   int64           // end of the sound that was taken, in samples of the format
	lost    uint64
	end     int64     // end of the sound that was taken, in samples of the device's time
	keeps   bool      // whether a packet is acknowledged only when it is kept
	lapsed  bool      // nothing can be kept for now
	acked   mark      // the packets before it are acknowledged
	marks   []mark    // from the last mark that is covered; at least one
	last    mark      // where the recording ended
	heard   time.Time // when the latest sound came
	notices []string
	over    bool // no more sound is taken
	done    bool // no more updates come
	failure string
	news    chan struct{}
	owner   int    // counts connections
	leave   func() // ends the present connection; nil if there is none
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

// ID is the secret with which a recorder goes on with the recording after its connection is
// lost.
func (s *Session) ID() string { return s.id }

// Stream is the id of the stream.
func (s *Session) Stream() string { return s.stream }

// Restored reports whether the recording resumes a recording of another process, or one that had
// ended. Its events then belong to another run.
func (s *Session) Restored() bool {
	s.room.mu.Lock()
	defer s.room.mu.Unlock()
	return s.room.restored
}

// Run returns the run of the stream's events. It is empty before the first event.
func (s *Session) Run() string {
	s.room.mu.Lock()
	defer s.room.mu.Unlock()
	return s.room.run
}

// Source is the sound of all devices that record the stream, for the diarizer. Other
// devices may join from now on.
func (s *Session) Source() capture.Source {
	s.room.mu.Lock()
	defer s.room.mu.Unlock()
	s.room.began = true
	return s.room
}

// Take takes a packet. It ignores a packet that has come before. It waits while more than
// ten seconds of sound have not been heard yet. Sound that it has taken is heard, even if
// the recorder disappears; [Registry.Keep] says what becomes of it when the process is
// killed. The error is ctx.Err(), or wraps ErrPacket or ErrOver.
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
		s.notice(fmt.Sprintf("the recording has ended: it can be %v long at most", limit))
		return fmt.Errorf("%w: it can be %v long at most", ErrOver, limit)
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

// TakePlain takes sound without number and position, which follows the sound before it.
func (s *Session) TakePlain(ctx context.Context, data []byte) error {
	s.mu.Lock()
	p := Packet{Seq: s.next, Position: s.plain, Data: data}
	s.mu.Unlock()
	return s.Take(ctx, p)
}

func (s *Session) emit(b capture.Block) { s.fresh = append(s.fresh, b) }

// End takes no more sound. Sound that was taken is heard.
func (s *Session) End() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.finish()
}

// EndWith is End, and tells the recorder why.
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
	s.last = s.now() // before Finish gives up missing packets: the recorder may come back with them
	s.asm.Finish(s.emit)
	if s.room.end(s.device, s.fresh) { // the other recordings go on with the stream
		s.done = true
		s.acknowledge(s.taken())
	}
	s.tell()
}

// Event keeps an event of the stream for all its recorders.
func (s *Session) Event(e event.Event) error { return s.room.event(e) }

// Done tells all recorders of the stream that no more events come. err is the error with
// which the stream ended, if any.
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

// wake tells the recorder's connection that there are events.
func (s *Session) wake() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tell()
}

// say sends a message to the owner of the device.
func (s *Session) say(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.notice(text)
}

// notice is say for a caller that holds s.mu.
func (s *Session) notice(text string) {
	if len(s.notices) < maxNotices {
		s.notices = append(s.notices, text)
		s.tell()
	}
}

// maxNotices bounds the messages of a recording.
const maxNotices = 32

// tell wakes every goroutine that waits for news. The caller holds s.mu.
func (s *Session) tell() {
	close(s.news)
	s.news = make(chan struct{})
}
