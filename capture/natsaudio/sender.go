package natsaudio

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/seed-7adb9000/diarizer/capture"
)

// Format is what the packets of a session have in common.
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
	// OnWarning hears of packets that could not be sent, from within Send and
	// Close.
	OnWarning func(error)
}

// A Sender publishes one session of packets. Make it with [NewSender]. It is
// for one goroutine.
//
// With plain NATS nothing is acknowledged, and Send does not wait: what the
// connection cannot keep for a lost server is lost, and counted. Where a
// JetStream stream keeps the subject, each packet is sent until it is
// acknowledged, and Send waits while more than a second's sound is not.
type Sender struct {
	nc      *nats.Conn
	js      jetstream.JetStream // nil where nothing keeps the subject
	subject string
	format  Format
	opts    SenderOptions

	session string
	seq     uint64
	end     int64
	pending []pendingPacket
	lost    uint64
	warned  bool // of what is being sent again
}

type pendingPacket struct {
	msg     *nats.Msg
	samples int
	ack     jetstream.PubAckFuture // nil where it has to be sent again
	// refusals counts the server's own answers that it does not take the packet.
	refusals int
}

const (
	// ackTimeout is how long an acknowledgement is waited for before the packet
	// is sent again.
	ackTimeout  = 2 * time.Second
	retryPause  = 50 * time.Millisecond
	maxRefusals = 3
)

// NewSender begins a session on a subject. The connection should have a buffer
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
		s.js, err = jetstream.New(nc, jetstream.WithPublishAsyncTimeout(ackTimeout))
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

// Kept reports whether a JetStream stream keeps what is sent.
func (s *Sender) Kept() bool { return s.js != nil }

// Lost is how many packets could not be sent.
func (s *Sender) Lost() uint64 { return s.lost }

// packet completes p by what all packets of the session have.
func (s *Sender) packet(p Packet) Packet {
	p.Session, p.Began = s.session, s.opts.Began
	p.Encoding, p.Rate, p.Channels, p.Gain = s.format.Encoding, s.format.Rate, s.format.Channels, s.format.Gain
	return p
}

// Send publishes a payload whose first sample lies at position, in samples of
// the format's rate, of which so many are heard. Payloads are sent by position.
// The payload must not be changed afterwards. The error is for what is no packet,
// or ctx.Err().
func (s *Sender) Send(ctx context.Context, position int64, samples int, payload []byte) error {
	return s.send(ctx, s.packet(Packet{Position: position, Samples: samples, Data: payload}))
}

func (s *Sender) send(ctx context.Context, p Packet) error {
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
		if err := s.settle(ctx, true); err != nil {
			return err
		}
	}
	return s.settle(ctx, false)
}

func (s *Sender) lose(err error) {
	s.lost++
	if s.lost == 1 && s.opts.OnWarning != nil {
		s.opts.OnWarning(fmt.Errorf("%s: a packet is lost: %w", s.subject, err))
	}
}

// publish hands a message to JetStream; nil if that cannot be done now.
func (s *Sender) publish(msg *nats.Msg) jetstream.PubAckFuture {
	again := &nats.Msg{Subject: msg.Subject, Header: msg.Header, Data: msg.Data} // the library keeps what it was given
	ack, err := s.js.PublishMsgAsync(again)
	if err != nil {
		return nil
	}
	return ack
}

// tooMany reports whether a reader could take the oldest packet for lost if it
// had to be sent again behind all the others.
func (s *Sender) tooMany() bool {
	n := 0
	for _, p := range s.pending {
		n += p.samples
	}
	return len(s.pending) > 1 &&
		(len(s.pending) > WindowPackets/2 || int64(n) > samples(Window, s.format.Rate)*3/4)
}

// settle forgets the packets that have been acknowledged, in order, and sends
// again those that have not been in time. If wait is set it does so until the
// oldest is.
func (s *Sender) settle(ctx context.Context, wait bool) error {
	for len(s.pending) > 0 {
		done, err := s.acknowledged(ctx, &s.pending[0], wait)
		if err != nil {
			return err
		}
		if !done {
			return nil
		}
		s.pending = s.pending[1:]
		wait = false
	}
	return nil
}

// acknowledged reports whether the server has the packet, or will never have it.
func (s *Sender) acknowledged(ctx context.Context, p *pendingPacket, wait bool) (bool, error) {
	for {
		if p.ack == nil {
			if p.ack = s.publish(p.msg); p.ack == nil {
				if !wait {
					return false, nil
				}
				if err := (capture.SystemClock{}).Sleep(ctx, retryPause); err != nil {
					return false, err
				}
				continue
			}
		}
		select { // what has come already
		case <-p.ack.Ok():
			return true, nil
		case err := <-p.ack.Err():
			if s.refused(p, err) {
				return true, nil
			}
			continue
		default:
			if !wait {
				return false, nil
			}
		}
		select {
		case <-p.ack.Ok():
			return true, nil
		case err := <-p.ack.Err():
			if s.refused(p, err) {
				return true, nil
			}
		case <-ctx.Done():
			return false, ctx.Err()
		}
	}
}

// refused prepares a packet to be sent again, or gives it up where the server
// answers and does not want it.
func (s *Sender) refused(p *pendingPacket, err error) (lost bool) {
	p.ack = nil
	var api *jetstream.APIError
	if errors.As(err, &api) {
		if p.refusals++; p.refusals > maxRefusals {
			s.lose(err)
			return true
		}
	}
	if s.opts.OnWarning != nil && !s.warned {
		s.warned = true
		s.opts.OnWarning(fmt.Errorf("%s: not acknowledged, sending again: %w", s.subject, err))
	}
	return false
}

// Close sends the end mark and waits, as long as ctx lasts, until the server
// has everything. length is that of the session in samples, or -1 where it is
// what was sent.
func (s *Sender) Close(ctx context.Context, length int64) error {
	if length < 0 {
		length = s.end
	}
	if err := s.send(ctx, s.packet(Packet{Position: length, End: true})); err != nil {
		return s.unsent(err)
	}
	for len(s.pending) > 0 {
		if err := s.settle(ctx, true); err != nil {
			return s.unsent(err)
		}
	}
	if err := s.nc.FlushWithContext(ctx); err != nil {
		return s.unsent(err)
	}
	if s.lost > 0 {
		return fmt.Errorf("%s: %d of %d packets were lost", s.subject, s.lost, s.seq)
	}
	return nil
}

func (s *Sender) unsent(err error) error {
	return fmt.Errorf("%s: the end of the sound may not have arrived: %w", s.subject, err)
}

// AppendS16 appends samples in [-1, 1] as a payload of S16.
func AppendS16(payload []byte, samples []float32) []byte {
	for _, x := range samples {
		v := int16(max(-32768, min(32767, math.Round(float64(x)*32768))))
		payload = append(payload, byte(v), byte(v>>8))
	}
	return payload
}
