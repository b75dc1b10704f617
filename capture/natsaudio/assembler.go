package natsaudio

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/seed-7adb9000/diarizer/capture"
)

// Options say what is made of the packets of a subject. The zero value follows
// the first session that is heard until it ends, all channels mixed.
type Options struct {
	// Channel is what is listened to: Mix or a channel from 1 on.
	Channel capture.Channel
	// Session, if not empty, is the session to follow; others are not heard.
	Session string
	// Follow goes on when a session ends or another takes over: the stream ends with
	// its reader only. Sessions follow each other after gaps as long as their
	// wall clocks say, by up to MaxGap; where they do not tell, at once.
	Follow bool
	// Idle, if positive, ends a stream of which nothing was heard for so long.
	// Only a [Source] heeds it.
	Idle time.Duration
	// OnWarning hears what is wrong with the packets although they are used, once
	// for each kind of thing, from within Next or Push.
	OnWarning func(error)
	// OnBad hears of every message that [Stats] counts as bad, with the kind of thing
	// that is wrong with it, one of [BadKinds], from within Next, Push or Bad.
	OnBad func(kind string, err error)
}

// BadKinds returns what may be wrong with a message: it is no packet, its format is
// not its session's, it leaves too long a gap, one too many or a stream too long, its
// sound cannot be decoded, or some of it is no number.
func BadKinds() []string {
	return []string{"packet", "format", "gap", "gaps", "length", "decode", "numbers"}
}

// MaxGap is the longest gap that is believed. A packet whose position is
// further on is dropped.
const MaxGap = 24 * time.Hour

// JoinWithin is how far into a session a reader may come and still keep the session's
// time: what it missed is then a gap. The time of a later reader begins with the first
// packet that it gets.
const JoinWithin = 10 * time.Second

// TakeOver is how long a session without an end mark must be silent before another
// session takes over.
const TakeOver = 5 * time.Second

// Stats count what came of the packets.
type Stats struct {
	Packets uint64 // heard
	Lost    uint64 // that never came, or came too late
	Dropped uint64 // that had come already, or came too late, or are of another session
	Bad     uint64 // messages that are no packets, of another format, not decodable or not believed
}

// An Assembler turns packets as they arrive into a stream's blocks. It is a
// function of the packets alone: no goroutine, no clock. Make it with
// [NewAssembler].
type Assembler struct {
	opts  Options
	stats Stats

	session string // that is followed
	from    string // the first to follow, empty for any
	past    []string
	spoke   time.Time // when the last of its packets was stored, if that is known
	rival   rival
	began   time.Time
	order   *order
	sound   *sound // nil between sessions
	first   bool   // the session that is followed is the stream's first
	shift   int64  // stream position of the session's position 0, at capture.Rate
	pos     int64  // end of what was emitted
	gaps    allowance
	ended   bool
	warned  map[string]bool
}

// NewAssembler returns an Assembler for a new stream.
func NewAssembler(opts Options) (*Assembler, error) {
	if opts.Channel < 0 {
		return nil, fmt.Errorf("channel %v: expected mix, or a channel from 1 on", opts.Channel)
	}
	return &Assembler{opts: opts, order: new(order), warned: map[string]bool{}}, nil
}

// Stats returns the counts so far.
func (a *Assembler) Stats() Stats {
	s := a.stats
	s.Lost += a.order.lost
	s.Dropped += a.order.dropped
	return s
}

// Session is the session that is followed, empty before the first packet.
func (a *Assembler) Session() string { return a.session }

// Push takes the next packet and hands the blocks that it completes to emit; a
// gap is a block's Start beyond the end of the one before. It reports whether
// the stream has ended. An error is for what makes the stream useless, such as a
// channel that it does not have.
func (a *Assembler) Push(p Packet, emit func(capture.Block)) (ended bool, err error) {
	if a.ended {
		return true, nil
	}
	switch {
	case a.sound != nil && p.Session == a.session:
		if !p.End && !a.order.had(p) {
			a.alone(p.Stored)
		}
	case a.opts.Session != "" && p.Session != a.opts.Session,
		a.session == "" && a.from != "" && p.Session != a.from,
		slices.Contains(a.past, p.Session):
		a.stats.Dropped++
		if slices.Contains(a.past, p.Session) {
			a.warn("past", fmt.Errorf("packets of session %s are dropped: it is over, its sender was replaced or has woken up", p.Session))
		}
		return false, nil
	case a.sound != nil:
		if a.contend(p) {
			return a.yield(emit)
		}
		return false, nil
	default:
		if err := a.change(p); err != nil {
			return false, err
		}
	}
	if !a.sound.same(p) {
		a.bad("format", fmt.Errorf("%w of session %s: %s, %d Hz, %d channels, expected %s, %d Hz, %d channels", ErrPacket, p.Session,
			p.Encoding, p.Rate, p.Channels, a.sound.format.Encoding, a.sound.format.Rate, a.sound.format.Channels))
		return false, nil
	}
	a.order.push(p, func(p Packet) { a.hear(p, emit) })
	if a.sound == nil && a.rival.session != "" && !a.ended {
		return a.succeed(emit)
	}
	return a.ended, nil
}

// Had reports whether a packet of the session that is followed has come already,
// or too late.
func (a *Assembler) Had(p Packet) bool { return p.Session == a.session && a.order.had(p) }

// Bad counts a message that is no packet, and says so once.
func (a *Assembler) Bad(err error) { a.bad("packet", err) }

func (a *Assembler) bad(kind string, err error) {
	a.stats.Bad++
	if a.opts.OnBad != nil {
		a.opts.OnBad(kind, err)
	}
	a.warn(kind, err)
}

func (a *Assembler) warn(kind string, err error) {
	if a.opts.OnWarning != nil && !a.warned[kind] {
		a.warned[kind] = true
		a.opts.OnWarning(err)
	}
}

// Finish hands on what is still held back.
func (a *Assembler) Finish(emit func(capture.Block)) {
	a.close(emit)
	if a.opts.Follow {
		_, _ = a.succeed(emit) // an error is of a session that has not the channel
		a.close(emit)
	}
	a.ended = true
}

// close ends the session that is followed, if there is one.
func (a *Assembler) close(emit func(capture.Block)) {
	if a.sound == nil {
		return
	}
	a.order.flush(func(p Packet) { a.hear(p, emit) })
	if a.sound != nil { // no end mark was held
		a.leave(emit)
	}
}

// leave hands on the last of a session's sound and forgets it.
func (a *Assembler) leave(emit func(capture.Block)) {
	a.sound.flush(a.emitter(emit))
	a.sound = nil
	a.stats = a.Stats()
	a.order = new(order)
	if a.past = append(a.past, a.session); len(a.past) > pastSessions {
		a.past = a.past[1:]
	}
}

// pastSessions is how many sessions are remembered that are over.
const pastSessions = 16

// change begins to follow the session of p.
func (a *Assembler) change(p Packet) error {
	s, err := newSound(p, a.opts.Channel)
	if err != nil {
		return fmt.Errorf("session %s %w", p.Session, err)
	}
	a.first = a.session == ""
	if !a.first {
		a.shift = a.after(p)
	}
	a.session, a.began, a.spoke, a.sound = p.Session, p.Began, p.Stored, s
	a.order = &order{next: 1}
	return nil
}

// after is where a session that follows another begins in the stream.
func (a *Assembler) after(p Packet) int64 {
	if a.began.IsZero() || p.Began.IsZero() {
		return a.pos
	}
	apart := p.Began.Sub(a.began)
	at := a.shift + int64(math.Round(apart.Seconds()*capture.Rate))
	return max(a.pos, at) // sessions of one sender do not overlap, unless a clock was set
}

// hear takes the next packet of the session in order.
func (a *Assembler) hear(p Packet, emit func(capture.Block)) {
	if a.sound == nil {
		a.stats.Dropped++ // behind the end mark
		return
	}
	if !a.sound.began {
		a.join(p)
	} else if p.Position-a.sound.pos > samples(MaxGap, p.Rate) {
		a.bad("gap", fmt.Errorf("%w: %s %d after %d, expected less than %v of lost sound", ErrPacket, HeaderPosition, p.Position, a.sound.pos, MaxGap))
		return
	}
	at := a.shift + a.sound.output(max(0, p.Position))
	if at > capture.MaxPosition {
		a.bad("length", fmt.Errorf("%w: %s %d is sample %d of the stream, expected up to %d", ErrPacket, HeaderPosition, p.Position, at, int64(capture.MaxPosition)))
		return
	}
	gap := p.Position > a.sound.pos
	if !a.sound.began {
		gap = at > a.pos
	}
	if !a.gaps.pass(p, gap) {
		a.bad("gaps", fmt.Errorf("%w: %s %d after %d is one gap too many, expected one for every %v of sound, and %d more",
			ErrPacket, HeaderPosition, p.Position, a.sound.pos, capture.Duration(gapEvery), gapsInHand))
		return
	}
	if p.End {
		end := a.shift + a.sound.output(p.Position)
		a.leave(emit)
		if end > a.pos {
			// The end itself is lost. One sample of silence says where it was.
			emit(capture.Block{Start: end - 1, Samples: make([]float32, 1)})
			a.pos = end
		}
		a.ended = !a.opts.Follow
		return
	}
	a.stats.Packets++
	if err := a.sound.push(p, a.emitter(emit)); err != nil {
		a.bad("decode", fmt.Errorf("packet %d of session %s: %w: its sound is a gap", p.Seq, p.Session, err))
	} else if a.sound.odd > 0 {
		a.bad("numbers", fmt.Errorf("packet %d of session %s: %d of its decoded samples are no numbers: silence is taken for them", p.Seq, p.Session, a.sound.odd))
	}
}

// join decides where the first packet heard of a session lies in the stream.
func (a *Assembler) join(p Packet) {
	at := a.sound.output(max(0, p.Position))
	if a.first && p.Position > samples(JoinWithin, p.Rate) || a.shift+at-a.pos > samples(MaxGap, capture.Rate) {
		a.shift = a.pos - at
	}
}

// Ending reports whether an end mark has come before packets that may still be
// on their way. If nothing has come for a Window, [Assembler.Finish] is due.
func (a *Assembler) Ending() bool {
	return slices.ContainsFunc(a.order.held, func(p Packet) bool { return p.End })
}

// emitter makes blocks of a session's samples.
func (a *Assembler) emitter(emit func(capture.Block)) func(int64, []float32) {
	return func(at int64, out []float32) {
		at += a.shift
		if k := a.pos - at; k > 0 {
			// Time never goes back.
			k = min(k, int64(len(out)))
			out, at = out[k:], at+k
		}
		for len(out) > 0 {
			n := min(len(out), capture.Rate)
			b := capture.Block{Start: at, Samples: make([]float32, n)}
			for i, x := range out[:n] {
				b.Samples[i] = max(-1, min(1, x))
			}
			a.pos = b.End()
			emit(b)
			out, at = out[n:], at+int64(n)
		}
	}
}

// samples is how many samples of a rate d lasts, to the millisecond.
func samples(d time.Duration, rate int) int64 {
	return int64(d/time.Second)*int64(rate) + int64(d%time.Second/time.Millisecond)*int64(rate)/1000
}
