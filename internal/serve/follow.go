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
	"github.com/seed-7adb9000/diarizer/online"
)

// message is a message on the sound subject of a stream, as JetStream stored it.
type message struct {
	number uint64    // in the JetStream stream
	stored time.Time // when it was stored
	header map[string][]string
	data   []byte
}

// eventSink takes the events of a run.
type eventSink interface {
	// put publishes e, or finds that it is published already. After a takeover, the first
	// events are those that the owner before has published.
	put(ctx context.Context, e event.Event) error
}

// follower turns the messages of one stream into the events of one run. The events depend on
// nothing but the messages: their order, their content and their storing times. An owner that
// reads the messages again comes to the same events, with the same numbers, ids and wall-clock
// times. Input that is not sound, such as a correction, is a message among the sound too, see
// [headerNote].
type follower struct {
	cfg  pipeline.Config
	sink eventSink

	asm    *natsaudio.Assembler
	stream *pipeline.Stream
	enc    event.Encoder
	desk   *correct.Desk
	room   heard.Room    // joins the words of recognisers
	out    []event.Event // of the desk and the room, not yet handed to the sink
	wall   time.Time     // storing time of the last message
	number uint64        // of the last message
	took   uint64        // number of the last message that belongs to the run: new sound of its session, or a note
	status int64         // stream position of the next status
	closed time.Time     // storing time of the last sound, while the run waits for words
	ended  bool

	snapshotSize int // bytes that the next snapshot will take, about

	attempt    int    // how often the run was begun again
	session    string // of the sender that the run hears
	succession succession
	lag        func() time.Duration // how far the stream is behind, for status events
	// answer, if not nil, is called with the result of a correction.
	answer func(id string, r correct.Reply, err error)
	// answerWords, if not nil, is called with the result of a message of words.
	answerWords func(id string, r heard.Reply, err error)
	// refused, if not nil, is called for every message that is not used, or not used
	// unchanged, see [natsaudio.Options].
	refused func(kind string, err error)
}

// statusEvery is the time between two status events, 10 s in samples.
const statusEvery = 10 * capture.Rate

// newFollower returns a follower before the run's first message.
func newFollower(stream string, cfg pipeline.Config, sink eventSink) (*follower, error) {
	f := &follower{cfg: cfg, sink: sink, status: statusEvery}
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

// runID is the id of the run that begins with a message. It has the form of event.NewRun, and
// every owner that begins with this message finds the same id.
func runID(stream string, m message, attempt int) string {
	h := sha256.Sum256(fmt.Appendf(nil, "%s %d %d", stream, m.number, attempt))
	return fmt.Sprintf("%012x-%s", m.stored.UnixMilli(), hex.EncodeToString(h[:5]))
}

// headerStop is the header of a message that ends a stream's run, in place of
// the sender's end mark. Its value says why.
const headerStop = "Diarizer-Stop"

// succeeded is the value of headerStop for a session that another session has followed.
const succeeded = "another session has begun"

// errNext is returned for a message with which another session takes over.
var errNext = errors.New("another session takes over")

// push takes the next message.
func (f *follower) push(ctx context.Context, m message) error {
	f.wall = m.stored
	if why := m.header[headerStop]; len(why) > 0 {
		f.number = m.number
		if f.enc.Seq == 0 || m.number <= f.succession.seen {
			return nil // nothing to stop, or the stop was for an earlier run
		}
		if f.asm.Ending() || f.closing() || why[0] == succeeded {
			return f.finish(ctx, event.Finished, "") // packets missing before the end mark are lost
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
		return nil // the packet is read again
	case !f.asm.Had(p):
		f.took = m.number
		if !p.End { // a session that began before the end is heard from its beginning
			f.succession.own(m.stored)
		}
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

// flush decides the turns that are still open when the sound is over.
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

// next is the number of the first message that can begin the next run.
func (f *follower) next() uint64 {
	if f.succession.next != "" {
		return f.succession.from
	}
	return f.number + 1
}

// event numbers an event that is not about speakers and hands it to the sink.
func (f *follower) event(ctx context.Context, next func(*event.Encoder) event.Event) error {
	if err := f.desk.Encode(next); err != nil {
		return err
	}
	return f.deliver(ctx)
}

// deliver hands the events of the desk to the sink. Publishing can wait for the server, which
// the desk must not.
func (f *follower) deliver(ctx context.Context) error {
	for _, e := range f.out {
		if err := f.sink.put(ctx, e); err != nil {
			return err
		}
	}
	f.out = f.out[:0]
	return nil
}
