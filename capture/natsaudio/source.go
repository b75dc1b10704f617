package natsaudio

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/seed-7adb9000/diarizer/capture"
)

// A Source reads the sound of one subject. Make it with [Open]. Next is for one
// goroutine; Close may be called from another.
type Source struct {
	subject string
	feed    feed
	asm     *Assembler
	idle    time.Duration
	kept    bool

	mu    sync.Mutex
	ready []capture.Block
	err   error

	open context.Context // until Close
	shut context.CancelFunc
}

var _ capture.Source = (*Source)(nil)

// Open subscribes to a subject, once nc is connected. If a JetStream stream keeps the subject, reading begins at the
// beginning of the session that was published last, or of Options.Session. Otherwise, it begins with the next packet.
// Sound that is published after Open has returned is heard.
func Open(ctx context.Context, nc *nats.Conn, subject string, opts Options) (*Source, error) {
	if subject == "" || strings.ContainsAny(subject, "*> \t\r\n") {
		return nil, fmt.Errorf("subject %q: expected one subject without wildcards, such as %s", subject, Subject("room1"))
	}
	s := &Source{subject: subject, idle: opts.Idle}
	var err error
	if s.asm, err = NewAssembler(opts); err != nil {
		return nil, err
	}
	stream, err := findKept(ctx, nc, subject)
	switch {
	case err != nil:
		return nil, err
	case stream != nil:
		s.kept = true
		s.feed, s.asm.from, err = newKeptFeed(ctx, stream, subject, opts.Session)
	default:
		s.feed, err = newLiveFeed(nc, subject, func(err error) { s.asm.warn("slow", err) })
	}
	if err != nil {
		return nil, err
	}
	s.open, s.shut = context.WithCancel(context.WithoutCancel(ctx))
	return s, nil
}

// Subject is the subject of the sound.
func (s *Source) Subject() string { return s.subject }

// Kept reports whether JetStream keeps the sound, so that a slow or late reader loses none.
func (s *Source) Kept() bool { return s.kept }

// Stats returns the counts so far. It may be called at any time.
func (s *Source) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asm.Stats()
}

// Next implements [capture.Source]. It returns io.EOF after the end of the session or, with Options.Follow, only after
// Close. The end of a stream without a single packet of sound is an error. A ctx that is done may end the subscription.
func (s *Source) Next(ctx context.Context) (capture.Block, error) {
	for {
		if err := ctx.Err(); err != nil {
			return capture.Block{}, err
		}
		if len(s.ready) > 0 {
			b := s.ready[0]
			s.ready = s.ready[1:]
			return b, nil
		}
		if s.err != nil {
			return capture.Block{}, s.err
		}
		s.ready = s.ready[:0]
		if err := s.read(ctx); err != nil {
			if ctx.Err() != nil {
				return capture.Block{}, ctx.Err()
			}
			s.err = err
		}
	}
}

// read waits for one message and pushes its packet.
func (s *Source) read(ctx context.Context) error {
	msg, stored, err := s.wait(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	emit := func(b capture.Block) { s.ready = append(s.ready, b) }
	switch {
	case errors.Is(err, errClosed):
		s.asm.Finish(emit)
		return io.EOF
	case errors.Is(err, errQuiet):
		return s.quiet(emit)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", s.subject, err)
	}
	if control(msg.Header) {
		return nil
	}
	p, err := Parse(msg.Header, msg.Data)
	if err != nil {
		s.asm.Bad(fmt.Errorf("%s: %w", s.subject, err))
		return nil
	}
	p.Stored = stored
	return s.after(s.asm.Push(p, emit))
}

// after is the error after a packet.
func (s *Source) after(ended bool, err error) error {
	switch {
	case err != nil:
		return fmt.Errorf("%s: %w", s.subject, err)
	case ended:
		return s.over()
	}
	return nil
}

// quiet is called when the stream has been silent for as long as it may.
func (s *Source) quiet(emit func(capture.Block)) error {
	if s.goesOn() || s.asm.rival.session != "" && !s.asm.Ending() {
		return s.after(s.asm.yield(emit))
	}
	s.asm.Finish(emit)
	return s.over()
}

// goesOn reports whether silence ends the present session and not the stream.
func (s *Source) goesOn() bool {
	return s.asm.opts.Follow && (s.asm.Ending() || s.asm.rival.session != "")
}

var (
	errQuiet  = errors.New("nothing was heard")
	errClosed = errors.New("closed")
)

// patience returns how long the present session may be silent, and how long the stream may be. 0 is without limit.
func (s *Source) patience() (session, stream time.Duration) {
	session = s.idle
	switch {
	case s.asm.Ending():
		session = Window
	case s.asm.rival.session != "" && (session == 0 || session > TakeOver):
		session = TakeOver
	}
	switch {
	case !s.goesOn():
		return session, session
	case s.idle == 0:
		return session, 0
	}
	return session, session + s.idle
}

// wait returns the next message, or errQuiet when the stream has been silent for as long as it may.
func (s *Source) wait(ctx context.Context) (*nats.Msg, time.Time, error) {
	end, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(s.open, cancel)()
	session, stream := s.patience()
	if stream > 0 {
		end, cancel = context.WithTimeoutCause(end, stream, errQuiet)
		defer cancel()
	}
	wait := end
	if session > 0 && session != stream {
		wait, cancel = context.WithTimeoutCause(end, session, errQuiet)
		defer cancel()
	}
	msg, stored, err := s.feed.next(wait, end)
	switch {
	case err == nil:
	case ctx.Err() != nil:
		err = ctx.Err()
	case s.open.Err() != nil:
		err = errClosed
	case errors.Is(context.Cause(wait), errQuiet):
		err = errQuiet
	}
	return msg, stored, err
}

// over is the error at the end of the stream.
func (s *Source) over() error {
	if st := s.asm.Stats(); st.Packets == 0 {
		return fmt.Errorf("%s: ended without a packet of sound (%d messages were none): check the sender", s.subject, st.Bad)
	}
	return io.EOF
}

// Close ends the subscription. A Next that waits returns what is left, then
// io.EOF.
func (s *Source) Close() error {
	s.shut()
	s.feed.close()
	return nil
}
