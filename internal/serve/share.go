package serve

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/seed-7adb9000/diarizer/capture/natsaudio"
	"github.com/seed-7adb9000/diarizer/event"
)

// One JetStream stream keeps the sound of all senders. When it is full, it drops the oldest
// message, no matter whose. A sender that sends too much must not push out the others, so each
// has a share of the room, and a sender with more than its share loses its own oldest sound.
// The server bounds the number of messages on each subject. It does not bound their size, so
// workers do that.
const (
	shares   = 4       // a sender has a quarter of the room
	pressure = 3.0 / 4 // part of the room that is filled when workers look at sizes
	sizeAge  = time.Minute
)

// size is what a worker knows about the messages on a subject.
type size struct {
	count uint64 // messages at the last look
	at    time.Time
	bytes uint64 // of one message of sound
}

// keepShares removes the oldest sound of senders that take more than their share of a JetStream
// stream that is getting full.
func (w *Worker) keepShares(ctx context.Context, info *jetstream.StreamInfo) error {
	room := info.Config.MaxBytes
	if room <= 0 || float64(info.State.Bytes) < pressure*float64(room) {
		clear(w.sizes)
		return nil
	}
	share := uint64(room) / shares
	for subject, n := range info.State.Subjects {
		stream, ok := natsaudio.Stream(subject)
		if !ok || !event.ValidToken(stream) || n <= share/maxAudioMessage {
			continue
		}
		bytes, err := w.sizeOn(ctx, subject, n)
		if err != nil {
			return err
		}
		if bytes == 0 || n*bytes <= share {
			continue
		}
		keep := max(1, share/bytes)
		w.log().Warn("a stream takes more than its share of the sound that is kept: its oldest is removed",
			"stream", stream, "messages", n, "bytes", n*bytes, "share", share, "kept", keep)
		if err := w.s.audio.Purge(ctx, jetstream.WithPurgeSubject(subject), jetstream.WithPurgeKeep(keep)); err != nil {
			return fmt.Errorf("sound of stream %s: %w", stream, err)
		}
		w.metrics.trimmed.Add(float64(n - min(n, keep)))
		delete(w.sizes, subject)
	}
	return nil
}

// sizeOn is about the size in bytes of one message of sound on a subject with n messages.
func (w *Worker) sizeOn(ctx context.Context, subject string, n uint64) (uint64, error) {
	s, known := w.sizes[subject]
	if known && time.Since(s.at) < sizeAge && n < s.count+s.count/8 {
		return s.bytes, nil
	}
	bytes, err := w.weigh(ctx, subject)
	if err != nil {
		return 0, err
	}
	w.sizes[subject] = size{n, time.Now(), bytes}
	return bytes, nil
}

// weighed is how many messages of a subject are looked at, besides the last, to find one with
// sound.
const weighed = 6

// weigh finds a message of sound on a subject and returns its size in bytes. Notes say nothing
// about the size of the others, nor do stops and end marks. Where there is nothing else, the
// smallest of them counts: a sender must not escape by sending notes.
func (w *Worker) weigh(ctx context.Context, subject string) (uint64, error) {
	last, err := w.s.audio.GetLastMsgForSubject(ctx, subject)
	if err != nil {
		return 0, fmt.Errorf("last message on %s: %w", subject, err)
	}
	least := heft(last)
	if isSound(last) {
		return least, nil
	}
	first, err := firstOn(ctx, w.s.audio, subject, 1)
	if err != nil {
		return 0, err
	}
	for i := range uint64(weighed) {
		at := first + (last.Sequence-min(first, last.Sequence))*i/weighed
		msg, err := w.s.audio.GetMsg(ctx, max(1, at), jetstream.WithGetMsgSubject(subject))
		switch {
		case errors.Is(err, jetstream.ErrMsgNotFound): // removed meanwhile
			return least, nil
		case err != nil:
			return 0, fmt.Errorf("message %d or later on %s: %w", at, subject, err)
		case isSound(msg):
			return heft(msg), nil
		}
		least = min(least, heft(msg))
	}
	return least, nil
}

// isSound reports whether a message on a subject of sound has sound, for all that its headers
// say.
func isSound(m *jetstream.RawStreamMsg) bool {
	for _, name := range []string{headerNote, headerStop, natsaudio.HeaderEnd} {
		if len(m.Header[name]) > 0 {
			return false
		}
	}
	return true
}

// heft is the size of a message in bytes.
func heft(m *jetstream.RawStreamMsg) uint64 {
	bytes := uint64(len(m.Subject) + len(m.Data))
	for name, values := range m.Header {
		for _, v := range values {
			bytes += uint64(len(name) + len(v) + 4)
		}
	}
	return bytes
}
