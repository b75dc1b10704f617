package natsaudio

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"math"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/seed-7adb9000/diarizer/internal/bus"
	"github.com/seed-7adb9000/diarizer/internal/dsp/clean"
)

// Format is the common format of the packets of a session.
type Format struct {
	Encoding Encoding
	Rate     int
	Channels int
	Gain     float64
}

// SenderOptions say how packets are published.
type SenderOptions struct {
	// Began is the wall-clock time of position 0; now if zero.
	Began time.Time
	// OnWarning is called for packets that could not be sent, from within Send and Close.
	OnWarning func(error)
}

// A Sender publishes one session of packets. Make it with [NewSender]. It is
// for one goroutine.
//
// With plain NATS, nothing is acknowledged and Send does not wait. Packets that do not fit into the connection's buffer
// while the server is away are lost and counted. If a JetStream stream keeps the subject, each packet is sent until it
// is acknowledged, and Send waits while more than a second of sound is unacknowledged.
type Sender struct {
	nc      *nats.Conn
	js      jetstream.JetStream // nil if no stream keeps the subject
	subject string
	format  Format
	opts    SenderOptions

	session string
	seq     uint64
	end     int64
	pending []pendingPacket
	lost    uint64
	warned  bool // whether packets that are sent again were reported
}

// NewSender begins a session on a subject, once nc is connected. The connection should have a buffer
// for the time of a reconnection (nats.ReconnectBufSize).
func NewSender(ctx context.Context, nc *nats.Conn, subject string, format Format, opts SenderOptions) (*Sender, error) {
	if opts.Began.IsZero() {
		opts.Began = time.Now()
	}
	s := &Sender{nc: nc, subject: subject, format: format, opts: opts, session: newSession(opts.Began)}
	if err := s.packet(Packet{Seq: 1, End: true}).check(); err != nil {
		return nil, err
	}
	stream, err := findKept(ctx, nc, subject)
	if err != nil {
		return nil, err
	}
	if stream != nil {
		s.js, err = bus.JetStream(nc, jetstream.WithPublishAsyncTimeout(ackTimeout))
		if err != nil {
			return nil, fmt.Errorf("JetStream: %w", err)
		}
	}
	return s, nil
}

// newSession makes an id that sorts by time and that no other sender has.
func newSession(t time.Time) string {
	var b [5]byte
	_, _ = rand.Read(b[:]) // never fails
	return fmt.Sprintf("%012x-%s", t.UnixMilli(), hex.EncodeToString(b[:]))
}

// Session is the id of the sender's session.
func (s *Sender) Session() string { return s.session }

// Kept reports whether a JetStream stream keeps the sound.
func (s *Sender) Kept() bool { return s.js != nil }

// packet fills in the fields of p that all packets of the session share.
func (s *Sender) packet(p Packet) Packet {
	p.Session, p.Began = s.session, s.opts.Began
	p.Encoding, p.Rate, p.Channels, p.Gain = s.format.Encoding, s.format.Rate, s.format.Channels, s.format.Gain
	return p
}

// Send publishes a payload. position is that of its first sample, in samples of the format's rate, and samples is how
// many of them are heard. Payloads have to be sent in the order of their positions, and must not be changed afterwards.
// The error says that the packet is invalid, or is ctx.Err().
func (s *Sender) Send(ctx context.Context, position int64, samples int, payload []byte) error {
	return s.send(ctx, s.packet(Packet{Position: position, Samples: samples, Data: payload}))
}

func (s *Sender) send(ctx context.Context, p Packet) error {
	if err := s.forbidden(); err != nil {
		return err
	}
	s.seq++
	p.Seq = s.seq
	s.end = max(s.end, p.after())
	msg, err := p.Message(s.subject)
	if err != nil {
		return err
	}
	if s.js == nil {
		if err := s.nc.PublishMsg(msg); err != nil {
			s.lose(err)
		}
		return ctx.Err()
	}
	s.pending = append(s.pending, pendingPacket{msg: msg, samples: p.Samples, ack: s.publish(msg)})
	for s.tooMany() {
		if err := s.clearAcked(ctx, true); err != nil {
			return err
		}
	}
	return s.clearAcked(ctx, false)
}

// forbidden is the error if the server has refused the publishing of sound.
func (s *Sender) forbidden() error {
	if bus.MayPublish(s.nc, s.subject) {
		return nil
	}
	return fmt.Errorf("%s: %w: what was sent is lost: expected permission to publish there", s.subject, nats.ErrPermissionViolation)
}

func (s *Sender) lose(err error) {
	s.lost++
	if s.lost == 1 && s.opts.OnWarning != nil {
		s.opts.OnWarning(fmt.Errorf("%s: a packet is lost: %w", s.subject, err))
	}
}

// closeWithin bounds a Close whose ctx has no deadline.
const closeWithin = 30 * time.Second

// Close sends the end mark and waits until the server has everything. It waits until ctx is done, and at most 30 s if
// ctx has no deadline. length is the length of the session in samples, or -1 for the end of the sent sound.
func (s *Sender) Close(ctx context.Context, length int64) error {
	if _, ok := ctx.Deadline(); !ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, closeWithin)
		defer cancel()
	}
	if length < 0 {
		length = s.end
	}
	if err := s.send(ctx, s.packet(Packet{Position: length, End: true})); err != nil {
		return s.unsent(err)
	}
	for len(s.pending) > 0 {
		if err := s.clearAcked(ctx, true); err != nil {
			return s.unsent(err)
		}
	}
	if err := s.nc.FlushWithContext(ctx); err != nil {
		return s.unsent(err)
	}
	if err := s.forbidden(); err != nil {
		return err
	}
	if s.lost > 0 {
		return fmt.Errorf("%s: %d of %d packets were lost", s.subject, s.lost, s.seq)
	}
	return nil
}

func (s *Sender) unsent(err error) error {
	return fmt.Errorf("%s: the end of the sound may not have arrived: %w", s.subject, err)
}

// AppendS16 appends samples in [-1, 1] as a payload of S16. A louder sample is clipped. A sample that is no sound (not a
// number, infinite or beyond ±65,536) becomes silence.
func AppendS16(payload []byte, samples []float32) []byte {
	for _, x := range samples {
		v := int16(max(-32768, min(32767, math.Round(float64(clean.One(x))*32768))))
		payload = append(payload, byte(v), byte(v>>8))
	}
	return payload
}
