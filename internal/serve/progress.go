package serve

import (
	"math/bits"
	"time"

	"github.com/seed-7adb9000/diarizer/event"
)

// progress is the state of a stream, for status.
type progress struct {
	Run     string
	At      int64         // heard, in samples
	Lag     time.Duration // see behind
	Seq     uint64        // of the last event
	Message uint64        // of sound
	Dropped uint64        // packets of other sessions
}

func (o *owner) state() progress {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.progress
}

// backlogSeen records for status a message that was stored at that time, with pending messages
// of sound after it.
func (o *owner) backlogSeen(stored time.Time, pending uint64) {
	f := o.follow
	lag := o.behind.lag(stored, pending)
	o.mu.Lock()
	defer o.mu.Unlock()
	p := &o.progress
	heard := f.stream.At()
	if n := f.number - p.Message; p.Message > 0 && n > 0 && heard > p.At {
		o.w.metrics.heard(heard - p.At)
	}
	p.Run, p.At, p.Seq, p.Message, p.Dropped = f.enc.Run, heard, f.enc.Seq, f.number, f.succession.dropped
	p.Lag = lag
}

// unheard logs packets that were dropped because of their session: the first of a run, and the
// following ones more and more rarely.
func (o *owner) unheard(session, why string, n uint64) {
	o.w.metrics.drop(why, n)
	all := o.follow.succession.dropped
	if all == n || bits.Len64(all) > bits.Len64(all-n) {
		o.log.Warn("packets of another session are dropped: two senders use one stream, one that was replaced has woken up, or its run was stopped",
			"session", session, "heard", o.follow.session, "why", why, "dropped", all)
	}
}

func (o *owner) report(err error) {
	o.log.Warn("will try again", "error", err)
	o.w.metrics.retry()
}

func (o *owner) sent(e event.Event) { o.w.metrics.event(string(e.Kind), time.Since(e.Wall)) }
