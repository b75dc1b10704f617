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

// pendingPacket is a packet that was sent to JetStream and is not acknowledged.
type pendingPacket struct {
	msg     *nats.Msg
	samples int
	ack     jetstream.PubAckFuture // nil if the packet has to be sent again
	// refusals counts the answers of the server that refuse the packet.
	refusals int
}

const (
	// ackTimeout is how long the Sender waits for an acknowledgement before it sends the
	// packet again.
	ackTimeout  = 2 * time.Second
	retryPause  = 50 * time.Millisecond
	maxRefusals = 3
)

// publish sends a message to JetStream. It returns nil if that is not possible now.
func (s *Sender) publish(msg *nats.Msg) jetstream.PubAckFuture {
	again := &nats.Msg{Subject: msg.Subject, Header: msg.Header, Data: msg.Data} // the library keeps what it was given
	ack, err := s.js.PublishMsgAsync(again)
	if err != nil {
		return nil
	}
	return ack
}

// tooMany reports whether a reader would take the oldest packet for lost if it were sent again behind all the others.
func (s *Sender) tooMany() bool {
	n := 0
	for _, p := range s.pending {
		n += p.samples
	}
	return len(s.pending) > 1 &&
		(len(s.pending) > WindowPackets/2 || int64(n) > samples(Window, s.format.Rate)*3/4)
}

// clearAcked forgets the packets that have been acknowledged, in order, and sends again those that have not been
// acknowledged in time. With wait, it goes on until the oldest packet is acknowledged.
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
		select { // without waiting
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

// refused prepares a packet to be sent again. It gives the packet up if the server has refused it.
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
