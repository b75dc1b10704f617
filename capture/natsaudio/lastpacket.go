package natsaudio

import (
	"context"

	"github.com/nats-io/nats.go/jetstream"
)

// mostBehind is how many messages that are no sound may have come behind the last packet of a subject.
const mostBehind = 32

// lastPacket returns the packet that was published last on a subject. Messages for the program that diarizes may have
// come behind it, such as the stop of its run. The session of a message is not looked at, because its sound may not be
// kept any more. The error is [jetstream.ErrMsgNotFound] where there is no packet.
func lastPacket(ctx context.Context, stream jetstream.Stream, subject string) (Packet, error) {
	msg, err := stream.GetLastMsgForSubject(ctx, subject)
	for range mostBehind {
		if err != nil {
			return Packet{}, err
		}
		if p, bad := Parse(msg.Header, msg.Data); bad == nil && !control(msg.Header) {
			p.Stored = msg.Time
			return p, nil
		}
		msg, err = messageBefore(ctx, stream, subject, msg.Sequence)
	}
	return Packet{}, jetstream.ErrMsgNotFound
}

// messageBefore returns the last message of a subject before the message of the given number. A stream can be asked for
// the next message of a subject only, so it is searched: first in steps that double, then by halves.
func messageBefore(ctx context.Context, stream jetstream.Stream, subject string, number uint64) (*jetstream.RawStreamMsg, error) {
	next := func(from uint64) (*jetstream.RawStreamMsg, error) {
		return stream.GetMsg(ctx, from, jetstream.WithGetMsgSubject(subject))
	}
	var found *jetstream.RawStreamMsg
	end := number // none from here on to number
	for step := uint64(1); found == nil; step *= 2 {
		if end <= 1 {
			return nil, jetstream.ErrMsgNotFound
		}
		from := number - min(step, number-1)
		msg, err := next(from)
		switch {
		case err != nil:
			return nil, err
		case msg.Sequence < number:
			found = msg
		default:
			end = from
		}
	}
	for found.Sequence+1 < end {
		middle := found.Sequence + 1 + (end-found.Sequence-1)/2
		msg, err := next(middle)
		switch {
		case err != nil:
			return nil, err
		case msg.Sequence < number:
			found = msg
		default:
			end = middle
		}
	}
	return found, nil
}
