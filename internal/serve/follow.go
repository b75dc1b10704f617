package serve

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/capture/natsaudio"
	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/pipeline"
	"github.com/seed-7adb9000/diarizer/internal/session/correct"
	"github.com/seed-7adb9000/diarizer/internal/session/heard"
	"github.com/seed-7adb9000/diarizer/internal/session/version"
	"github.com/seed-7adb9000/diarizer/internal/state"
	"github.com/seed-7adb9000/diarizer/online"
)

// message is a message of a stream's subject of sound, as JetStream kept it.
type message struct {
	number uint64    // in the JetStream stream
	stored time.Time // when it was stored
	header map[string][]string
	data   []byte
}

// eventSink takes the events of a run.
type eventSink interface {
	// put publishes e, or finds it published: on a stream that was taken over, the
	// events that are published already come first.
	put(ctx context.Context, e event.Event) error
}

// follower turns the messages of one stream into the events of one run. It is a
// function of the messages alone: their order, what they hold and when they were
// stored, so that who reads them again comes to the same events, with the same
// numbers, ids and wall-clock times. What depends on more than the sound, such as
// what people correct, is a message among it, see [note].
type follower struct {
	cfg  pipeline.Config
	sink eventSink

	asm    *natsaudio.Assembler
	stream *pipeline.Stream
	enc    event.Encoder
	desk   *correct.Desk
	room   heard.Room    // joins the words of recognisers
	out    []event.Event // of the desk and the room, for the journal
	wall   time.Time     // when the last message was stored
	number uint64        // of the last message
	status int64         // stream position of the next status
	closed time.Time     // when the last of the sound was stored, while words are waited for
	ended  bool

	snapshotSize int // about what the next one takes

	attempt    int    // how often the run was begun again
	session    string // that the run is of
	succession succession
	lag        func() time.Duration // how far the stream is behind, for its status
	// answer, where not nil, hears what became of a correction.
	answer func(id string, r correct.Reply, err error)
	// answerWords, where not nil, hears what became of words.
	answerWords func(id string, r heard.Reply, err error)
	// refused, where not nil, hears of every message that is not used, or not as it
	// is, see [natsaudio.Options].
	refused func(kind string, err error)
}

// statusEvery is the distance of status events, in samples: 10 s.
const statusEvery = 10 * capture.Rate

// newFollower returns a follower before the run's first message.
func newFollower(stream string, cfg pipeline.Config, j eventSink) (*follower, error) {
	f := &follower{cfg: cfg, sink: j, status: statusEvery}
	f.enc = event.Encoder{Stream: stream, Now: func() time.Time { return f.wall }}
	f.desk = correct.NewDesk(correct.Options{
		Encoder: &f.enc,
		Emit: func(e event.Event) error {
			f.out = append(f.out, e)
			f.attribute(int64(e.At), f.room.Follow(e))
			return nil
		},
		Link:    func(groups [][]int) { f.stream.Link(groups) },
		Give:    func(gifts []online.Gift) { f.stream.Give(gifts) },
		Reserve: func(least int) int { return f.stream.Reserve(least) },
		Divide:  func(speakers []int) ([]online.Span, error) { return f.stream.Divide(speakers), nil },
	})
	var err error
	bad := func(kind string, err error) {
		if f.refused != nil {
			f.refused(kind, err)
		}
	}
	if f.asm, err = natsaudio.NewAssembler(natsaudio.Options{OnBad: bad}); err != nil {
		return nil, err
	}
	f.stream, err = pipeline.NewStream(cfg)
	return f, err
}

// runID names the run that begins with a message: as event.NewRun does, but so
// that whoever begins with this message finds the same.
func runID(stream string, m message, attempt int) string {
	h := sha256.Sum256(fmt.Appendf(nil, "%s %d %d", stream, m.number, attempt))
	return fmt.Sprintf("%012x-%s", m.stored.UnixMilli(), hex.EncodeToString(h[:5]))
}

// headerStop is the header of a message that ends a stream's run, in place of
// the sender's end mark. Its value says why.
const headerStop = "Diarizer-Stop"

// succeeded is the value of a stop for a session after which another one has begun.
const succeeded = "another session has begun"

// errNext is returned for a message with which another session takes over.
var errNext = errors.New("another session takes over")

// push takes the next message.
func (f *follower) push(ctx context.Context, m message) error {
	f.wall = m.stored
	if why := m.header[headerStop]; len(why) > 0 {
		f.number = m.number
		if f.enc.Seq == 0 || m.number <= f.succession.seen {
			return nil // there is nothing to stop, or it was for the run before
		}
		if f.asm.Ending() || f.closing() || why[0] == succeeded {
			return f.finish(ctx, event.Finished, "") // what is missing before the end mark is lost
		}
		return f.finish(ctx, event.Interrupted, why[0])
	}
	if kind := m.header[headerNote]; len(kind) > 0 {
		f.number = m.number
		return f.noted(ctx, kind[0], m)
	}
	p, err := natsaudio.Parse(m.header, m.data)
	if err != nil {
		f.number = m.number
		f.asm.Bad(err)
		return nil
	}
	f.number = m.number
	switch {
	case f.session == "" && f.succession.over(p.Session, m.number):
		return nil
	case f.session != "" && p.Session != f.session:
		if !f.succession.other(p.Session, m) && !(f.closing() && f.succession.next != "") {
			return nil
		}
		// The sender began again and left no end mark.
		if err := f.finish(ctx, event.Finished, ""); err != nil {
			return err
		}
		return errNext
	case f.closing():
		return nil // it comes again
	case !p.End && !f.asm.Had(p): // one that began before the end is heard from its beginning
		f.succession.own(m.stored)
	}
	if f.session == "" {
		f.session = p.Session
		f.enc.Run = runID(f.enc.Stream, m, f.attempt)
		if err := f.start(ctx, p); err != nil {
			return err
		}
	}
	var blocks []capture.Block
	ended, err := f.asm.Push(p, func(b capture.Block) { blocks = append(blocks, b) })
	if err != nil {
		return err
	}
	if err := f.hear(ctx, blocks); err != nil {
		return err
	}
	if ended {
		return f.soundOver(ctx)
	}
	return nil
}

func (f *follower) start(ctx context.Context, p natsaudio.Packet) error {
	origin := p.Began
	if origin.IsZero() {
		origin = f.wall
	}
	return f.event(ctx, func(enc *event.Encoder) event.Event {
		return enc.Start(event.Source{Origin: origin, Model: f.cfg.Model.Fingerprint(), Program: version.Program()})
	})
}

// hear passes blocks through the pipeline.
func (f *follower) hear(ctx context.Context, blocks []capture.Block) error {
	for _, b := range blocks {
		var events []online.Event
		gap, err := f.stream.Hear(ctx, b, func(e online.Event) { events = append(events, e) })
		if err != nil {
			return err
		}
		if gap.End != 0 {
			if err := f.event(ctx, func(enc *event.Encoder) event.Event { return enc.Gap(gap.Start, gap.End) }); err != nil {
				return err
			}
		}
		if err := f.decided(ctx, events); err != nil {
			return err
		}
		if at := f.stream.At(); at >= f.status {
			f.status = (at/statusEvery + 1) * statusEvery
			err := f.event(ctx, func(enc *event.Encoder) event.Event {
				return enc.Status(at, event.Status{Lag: f.lagging(), Dropped: f.succession.dropped})
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

func (f *follower) lagging() float64 {
	if f.lag == nil {
		return 0
	}
	return f.lag().Seconds()
}

func (f *follower) decided(ctx context.Context, events []online.Event) error {
	for _, e := range events {
		if err := f.desk.Decide(e); err != nil {
			return err
		}
	}
	return f.deliver(ctx)
}

// flush decides what is left to decide when the sound is over.
func (f *follower) flush(ctx context.Context) error {
	var blocks []capture.Block
	f.asm.Finish(func(b capture.Block) { blocks = append(blocks, b) })
	if err := f.hear(ctx, blocks); err != nil {
		return err
	}
	var events []online.Event
	if err := f.stream.Flush(func(e online.Event) { events = append(events, e) }); err != nil {
		return err
	}
	return f.decided(ctx, events)
}

// finish ends the run.
func (f *follower) finish(ctx context.Context, reason event.Reason, detail string) error {
	if !f.closing() {
		if err := f.flush(ctx); err != nil {
			return err
		}
	}
	err := f.event(ctx, func(enc *event.Encoder) event.Event {
		return enc.Finish(f.stream.At(), reason, f.succession.detail(detail))
	})
	f.ended = err == nil
	return err
}

// next is the message with which the run behind this one begins at the earliest.
func (f *follower) next() uint64 {
	if f.succession.next != "" {
		return f.succession.from
	}
	return f.number + 1
}

// event numbers an event that is not about speakers and hands it on.
func (f *follower) event(ctx context.Context, next func(*event.Encoder) event.Event) error {
	if err := f.desk.Encode(next); err != nil {
		return err
	}
	return f.deliver(ctx)
}

// deliver hands on what the desk has emitted. It waits, which the desk must not.
func (f *follower) deliver(ctx context.Context) error {
	for _, e := range f.out {
		if err := f.sink.put(ctx, e); err != nil {
			return err
		}
	}
	f.out = f.out[:0]
	return nil
}

// checkpointVersion is that of the layout of fields below.
const checkpointVersion = 5

func (f *follower) fields() []any {
	return []any{
		&f.enc.Stream, &f.enc.Run, &f.enc.Seq, &f.enc.Revision, state.Value(&f.wall), &f.number, &f.status, &f.attempt, &f.session,
		state.Value(f.asm), state.Value(f.desk), state.Value(&f.room), state.Value(&f.closed),
		state.Value(&f.succession.heard), &f.succession.next, &f.succession.from, &f.succession.waiting, &f.succession.dropped,
	}
}
