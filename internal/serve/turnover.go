package serve

import (
	"cmp"
	"context"
	"slices"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/seed-7adb9000/diarizer/capture/natsaudio"
)

// A new message on a subject shows in the number of the subject's messages, unless an old one
// was removed for it: a subject at its limit always has the same number, and so may the only
// sender of a JetStream stream that is full. Streams are asked for their sound when their
// number has changed. When messages were removed, a few of the others are asked too.

// turnover tells since which look the numbers of messages can be relied on.
type turnover struct {
	looks uint64 // looks so far
	last  uint64 // number of the last message at the last look
	kept  uint64 // messages at the last look
	at    uint64 // the last look that has found both new and removed messages
}

// look begins a look.
func (t *turnover) look(now jetstream.StreamState) {
	t.looks++
	added := now.LastSeq - t.last
	if t.looks > 1 && now.LastSeq != t.last && (now.LastSeq < t.last || now.Msgs != t.kept+added) {
		t.at = t.looks
	}
	t.last, t.kept = now.LastSeq, now.Msgs
}

// idle is a stream without a run.
type idle struct {
	stream string
	count  uint64 // messages of its sound
	from   uint64 // the message with which its next run can begin
	asked  uint64 // the look that has asked for it
}

// How many streams whose number of messages is the same are asked in one look. With more of
// them, finding new sound takes longer, but the looks do not.
const (
	mostFull  = 50 // at the limit of messages per stream
	mostOther = 5  // a new message of theirs shows, unless as many of their own were removed
)

// examine finds out which streams without a run have sound for one.
func (w *Worker) examine(ctx context.Context, streams []idle) error {
	first := make(map[string]uint64)
	defer func() { w.soundFound(first) }()
	for _, i := range streams {
		since, err := firstOn(ctx, w.s.audio, natsaudio.Subject(i.stream), i.from)
		if err != nil {
			for _, c := range streams {
				if _, ok := first[c.stream]; !ok {
					w.askAgain(c.stream)
				}
			}
			return err
		}
		first[i.stream] = since
	}
	return nil
}

// divide returns the streams whose number of messages or whose claim has changed, and those
// that may have sound that the number does not show. last is the number of the last message of
// all streams.
func (w *Worker) divide(last uint64, all []idle) (changed, doubted []idle) {
	for _, i := range all {
		if w.counted(i.stream, i.count, i.from) {
			changed = append(changed, i)
			continue
		}
		w.mu.Lock()
		f := w.found[i.stream]
		w.mu.Unlock()
		if f.asked < w.turnover.at && f.since == 0 && i.from <= last {
			i.asked = f.asked
			doubted = append(doubted, i)
		}
	}
	return changed, doubted
}

// mostUrgent are the streams to ask in one look: some of those at the limit of messages per
// stream, whose number says nothing, and a few of the others. Those that were not asked for
// longest come first.
func mostUrgent(doubted []idle, limit int64) []idle {
	slices.SortFunc(doubted, func(a, b idle) int {
		return cmp.Or(cmp.Compare(a.asked, b.asked), cmp.Compare(a.stream, b.stream))
	})
	var full, other []idle
	for _, i := range doubted {
		if limit > 0 && i.count >= uint64(limit) {
			full = append(full, i)
		} else {
			other = append(other, i)
		}
	}
	return append(full[:min(len(full), mostFull)], other[:min(len(other), mostOther)]...)
}
