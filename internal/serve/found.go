package serve

import (
	"cmp"
	"context"
	"maps"
	"math"
	"slices"
	"time"

	"github.com/seed-7adb9000/diarizer/capture/natsaudio"
)

// found is what a worker knows about the sound of a stream without a run.
type found struct {
	count uint64 // messages at the last look
	from  uint64 // the claim's From at that look: earlier sound belongs to runs that are over
	since uint64 // number of the first message from there on, 0 if there is none
	asked uint64 // the look that has read since, see turnover
}

// counted records how many messages of sound a stream has and where its next run can begin. It
// reports whether one of them has changed.
func (w *Worker) counted(stream string, n, from uint64) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	f := w.found[stream]
	if f.count == n && f.from == from {
		return false
	}
	if f.from != from {
		f.since = 0 // it was the sound of a run that is over
	}
	f.count, f.from = n, from
	w.found[stream] = f
	return true
}

// askAgain has the next look examine a stream. What is known of its sound stays.
func (w *Worker) askAgain(stream string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	f := w.found[stream]
	f.count = 0 // which no stream with sound has
	w.found[stream] = f
}

// overlook forgets what is known about a stream's sound, so that the next look examines it.
func (w *Worker) overlook(stream string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.found, stream)
}

// soundFound records, by stream, the number of the first message of sound that belongs to no
// run yet, 0 if there is none. All streams come at once, so that the one that has waited
// longest is not overtaken by one that was looked at first.
func (w *Worker) soundFound(first map[string]uint64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for stream, since := range first {
		f := w.found[stream]
		f.since, f.asked = since, w.turnover.looks
		w.found[stream] = f
	}
}

// fresh reports whether a stream without a run, whose next run can begin with message from, has
// sound for one, and with which message that sound begins.
func (w *Worker) fresh(stream string, from uint64) (since uint64, ok bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	f := w.found[stream]
	return f.since, f.since > 0 && f.from == from && !w.draining
}

// candidate is a stream that waits for a worker. since is the first message of its sound that
// no worker has heard.
type candidate struct {
	stream string
	claim  seenClaim
	since  uint64
}

// candidates are the streams that wait for a worker: those of the claims in free, which no
// living worker has, and those without a claim. They are in the order of the first message
// that no worker has heard, so that the stream that has waited longest comes first. The order
// depends on no clock, no name and no worker.
func (w *Worker) candidates(free map[string]seenClaim) []candidate {
	var all []candidate
	for stream, c := range free {
		if since, ok := w.fresh(stream, c.From); c.Open {
			all = append(all, candidate{stream, c, c.From})
		} else if ok {
			all = append(all, candidate{stream, c, since})
		}
	}
	w.mu.Lock()
	news := make([]candidate, 0, len(w.newcomers))
	for stream, since := range w.newcomers {
		news = append(news, candidate{stream: stream, since: since})
	}
	w.mu.Unlock()
	for _, c := range news {
		if _, known := w.roster.claim(c.stream); !known {
			all = append(all, c)
		}
	}
	slices.SortFunc(all, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(a.since, b.since), cmp.Compare(a.stream, b.stream))
	})
	return all
}

// waitNoLonger forgets why streams wait that do not wait for a worker any more: another worker
// has taken them, or their sound is gone. A stream of this worker may be about to wait, see
// shed.
func (w *Worker) waitNoLonger(mine []*owned, candidates []candidate) {
	still := make(map[string]bool, len(mine)+len(candidates))
	for _, o := range mine {
		still[o.stream] = true
	}
	for _, c := range candidates {
		still[c.stream] = true
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	maps.DeleteFunc(w.waiting, func(stream, _ string) bool { return !still[stream] })
}

// unasked stands for the first message of a stream's sound until it is known.
const unasked = math.MaxUint64

// welcome records streams without a claim. If there are more of them than room, it first asks
// JetStream which came first.
func (w *Worker) welcome(ctx context.Context, streams []string) error {
	w.mu.Lock()
	room := w.limit - len(w.owned)
	news := make(map[string]uint64, len(streams))
	for _, stream := range streams {
		since, ok := w.newcomers[stream]
		if !ok {
			since = unasked
		}
		news[stream] = since
	}
	w.mu.Unlock()
	var err error
	if len(streams) > room {
		err = w.ask(ctx, streams, news)
	}
	w.mu.Lock()
	w.newcomers = news
	w.mu.Unlock()
	return err
}

// ask reads the first message of the sound of streams where it is not known. It asks for
// mostAsked streams at a time; the next look asks for more.
func (w *Worker) ask(ctx context.Context, streams []string, news map[string]uint64) error {
	asked := 0
	for _, stream := range streams {
		if news[stream] != unasked {
			continue
		}
		if asked++; asked > mostAsked {
			return nil
		}
		first, err := firstOn(ctx, w.s.audio, natsaudio.Subject(stream), 1)
		if err != nil {
			return err
		}
		news[stream] = max(1, first)
	}
	return nil
}

// mostAsked is how many streams ask reads in one look.
const mostAsked = 200

// somebodyWaits reports whether this worker has no room for a stream that has waited since a
// message before next.
func (w *Worker) somebodyWaits(next uint64) bool {
	waiting := w.candidates(w.roster.free(""))
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.owned) < w.limit {
		return false
	}
	return slices.ContainsFunc(waiting, func(c candidate) bool {
		return c.since < next && w.owned[c.stream] == nil && time.Now().After(w.asleep[c.stream])
	})
}
