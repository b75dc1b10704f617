package natsaudio

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/seed-7adb9000/diarizer/capture"
)

// pendingPacket was handed to JetStream and not acknowledged.
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

// clearAcked forgets the packets that have been acknowledged, in order, and sends again
// the packets that have not been acknowledged in time. If wait is set it goes on until the
// oldest packet is acknowledged.
func (s *Sender) clearAcked(ctx context.Context, wait bool) error {
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
			if err := s.forbidden(); err != nil {
				return false, err
			}
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
