package natsaudio

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/seed-7adb9000/diarizer/capture"
)

// An Assembler turns arriving packets into the blocks of a stream. It depends on the packets alone, with no
// goroutine and no clock. Make it with [NewAssembler].
type Assembler struct {
	opts  Options
	stats Stats

	session string // that is followed
	from    string // the first to follow, empty for any
	past    []string
	spoke   time.Time // storing time of its last packet, if known
	rival   rival
	began   time.Time
	order   *order
	sound   *sound // nil between sessions
	first   bool   // whether the session that is followed is the stream's first
	shift   int64  // stream position of the session's position 0, at capture.Rate
	pos     int64  // end of the last emitted block
	gaps    allowance
	leap    leap
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

// Push takes the next packet and hands the blocks that it completes to emit. A gap is a block whose Start is
// beyond the end of the block before. Push reports whether the stream has ended. The error is one that makes the
// stream useless, such as a channel that it does not have.
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

// Had reports whether p is a packet of the followed session that has come before, or comes too late.
func (a *Assembler) Had(p Packet) bool { return p.Session == a.session && a.order.had(p) }

// Bad counts a message that is no packet, and reports the first one.
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

// Finish hands on the packets that are still held back.
func (a *Assembler) Finish(emit func(capture.Block)) {
	a.close(emit)
	if a.opts.Follow {
		_, _ = a.succeed(emit) // the error is that the session does not have the channel
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

// leave hands on the last sound of a session and forgets the session.
func (a *Assembler) leave(emit func(capture.Block)) {
	a.sound.flush(a.emitter(emit))
	a.sound = nil
	a.stats = a.Stats()
	a.order = new(order)
	if a.past = append(a.past, a.session); len(a.past) > pastSessions {
		a.past = a.past[1:]
	}
}

// pastSessions is how many finished sessions are remembered.
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
	a.order, a.leap = &order{next: 1}, leap{}
	return nil
}

// after is the stream position of position 0 of a session that follows another one. If their times are not known, it is too
// far ahead, so that the session joins without a gap with the first packet that is heard, which may be in its middle.
func (a *Assembler) after(p Packet) int64 {
	if a.began.IsZero() || p.Began.IsZero() {
		return a.pos + samples(MaxGap, capture.Rate) + 1
	}
	apart := p.Began.Sub(a.began)
	at := a.shift + int64(math.Round(apart.Seconds()*capture.Rate))
	return max(a.pos, at) // sessions of one sender do not overlap, unless a clock was set
}

// hear takes the next packet of the session in order.
func (a *Assembler) hear(p Packet, emit func(capture.Block)) {
	if a.sound == nil {
		a.stats.Dropped++ // after the end mark
		return
	}
	if kind, err := a.place(p, emit); err != nil {
		a.bad(kind, fmt.Errorf("%w: %s %d %w", ErrPacket, HeaderPosition, p.Position, err))
		if p.End { // wherever it is, nothing comes after it
			a.over(emit)
		}
		return
	}
	if p.End {
		end := a.shift + a.sound.output(p.Position)
		a.over(emit)
		if end > a.pos {
			// The last packets are lost. One sample of silence marks the end.
			emit(capture.Block{Start: end - 1, Samples: make([]float32, 1)})
			a.pos = end
		}
		return
	}
	a.stats.Packets++
	if err := a.sound.push(p, a.emitter(emit)); err != nil {
		a.bad("decode", fmt.Errorf("packet %d of session %s: %w: its sound is a gap", p.Seq, p.Session, err))
	} else if a.sound.odd > 0 {
		a.bad("numbers", fmt.Errorf("packet %d of session %s: %d of its decoded samples are no numbers: silence is taken for them", p.Seq, p.Session, a.sound.odd))
	}
}

// over ends a session with its end mark.
func (a *Assembler) over(emit func(capture.Block)) {
	a.leave(emit)
	a.ended = !a.opts.Follow
}

// place decides where the next packet belongs in the stream. It returns an error, and its kind, for a packet that is refused
// for its place.
func (a *Assembler) place(p Packet, emit func(capture.Block)) (kind string, err error) {
	if a.sound.began {
		if err := a.near(p, emit); err != nil {
			return "gap", err
		}
	}
	if !a.sound.began {
		a.join(p)
	}
	at := a.shift + a.sound.output(max(0, p.Position))
	if at > capture.MaxPosition {
		return "length", fmt.Errorf("is sample %d of the stream, expected up to %d", at, int64(capture.MaxPosition))
	}
	gap := p.Position > a.sound.pos
	if !a.sound.began {
		gap = at > a.pos
	}
	if !a.gaps.pass(p, gap) {
		return "gaps", fmt.Errorf("after %d is one gap too many, expected one for every %v of sound, and %d more",
			a.sound.pos, capture.Duration(gapEvery), gapsInHand)
	}
	return "", nil
}

// join decides the stream position of the first packet that is heard of a session.
func (a *Assembler) join(p Packet) {
	at := a.sound.output(max(0, p.Position))
	if a.first && p.Position > samples(JoinWithin, p.Rate) || a.shift+at-a.pos > samples(MaxGap, capture.Rate) {
		a.shift = a.pos - at
	}
}

// Ending reports whether an end mark has come while earlier packets may still be on their way. If nothing comes
// within a Window, call [Assembler.Finish].
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

// samples is the number of samples of d at a rate, to the millisecond.
func samples(d time.Duration, rate int) int64 {
	return int64(d/time.Second)*int64(rate) + int64(d%time.Second/time.Millisecond)*int64(rate)/1000
}
