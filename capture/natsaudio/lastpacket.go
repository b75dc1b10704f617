package natsaudio

import (
	"context"

	"github.com/nats-io/nats.go/jetstream"
)

// mostBehind is how many messages that are no sound may have come behind the last packet of a subject.
const mostBehind = 32

// lastPacket returns the packet that was published last on a subject. Messages for the program that diarizes may have
// come behind it, such as the stop of its run. The session that a message names is second best, because its sound may
// not be kept any more: behind too many messages the packet has nothing but the session that the last of them names.
// The error is [jetstream.ErrMsgNotFound] where there is no packet.
func lastPacket(ctx context.Context, stream jetstream.Stream, subject string) (Packet, error) {
	asking, cancel := context.WithTimeout(ctx, apiTimeout)
	defer cancel()
	msg, err := stream.GetLastMsgForSubject(asking, subject)
	named := ""
	for behind := 0; err == nil; behind++ {
		if p, ok := keptPacket(msg); ok {
			return p, nil
		}
		if named == "" && control(msg.Header) {
			named = msg.Header.Get(HeaderSession)
		}
		if behind == mostBehind {
			return namedPacket(ctx, stream, subject, named)
		}
		msg, err = messageBefore(ctx, stream, subject, msg.Sequence)
	}
	return Packet{}, err
}

// namedPacket returns a packet that has nothing but a session. The error is [jetstream.ErrMsgNotFound] if the session is
// empty, or if what is kept does not begin with sound: a stream drops sound before the messages behind it.
func namedPacket(ctx context.Context, stream jetstream.Stream, subject, session string) (Packet, error) {
	first, err := messageFrom(ctx, stream, subject, 1)
	if err != nil {
		return Packet{}, err
	}
	if _, ok := keptPacket(first); !ok || session == "" {
		return Packet{}, jetstream.ErrMsgNotFound
	}
	return Packet{Session: session}, nil
}

// keptPacket returns the packet that a kept message is. It returns false for other messages.
func keptPacket(msg *jetstream.RawStreamMsg) (Packet, bool) {
	p, err := Parse(msg.Header, msg.Data)
	p.Stored = msg.Time
	return p, err == nil && !control(msg.Header)
}

// messageFrom returns the first message of a subject from the given number on. Each request has its own time, because a
// search needs many and the way to the server may be slow.
func messageFrom(ctx context.Context, stream jetstream.Stream, subject string, number uint64) (*jetstream.RawStreamMsg, error) {
	ctx, cancel := context.WithTimeout(ctx, apiTimeout)
	defer cancel()
	return stream.GetMsg(ctx, number, jetstream.WithGetMsgSubject(subject))
}

// messageBefore returns the last message of a subject before the message of the given number. A stream can be asked for
// the next message of a subject only, so it is searched: first in steps that double, then by halves.
func messageBefore(ctx context.Context, stream jetstream.Stream, subject string, number uint64) (*jetstream.RawStreamMsg, error) {
	var found *jetstream.RawStreamMsg
	end := number // none from here on to number
	look := func(from uint64) error {
		msg, err := messageFrom(ctx, stream, subject, from)
		switch {
		case err != nil:
			return err
		case msg.Sequence < number:
			found = msg
		default:
			end = from
		}
		return nil
	}
	for step := uint64(1); found == nil; step *= 2 {
		if end <= 1 {
			return nil, jetstream.ErrMsgNotFound
		}
		if err := look(number - min(step, number-1)); err != nil {
			return nil, err
		}
	}
	for found.Sequence+1 < end {
		if err := look(found.Sequence + 1 + (end-found.Sequence-1)/2); err != nil {
			return nil, err
		}
	}
	return found, nil
}
