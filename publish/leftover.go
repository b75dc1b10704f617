package publish

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/bus"
	"github.com/seed-7adb9000/diarizer/publish/journal"
)

// keepFinished is how many bytes of journals are kept although the server has all their events.
const keepFinished = 64 << 20

// Kept describes one run in a journal directory.
type Kept struct {
	Stream, Run string // Stream is empty if no event is kept
	// Acked is the number of the last event that the server has. Waiting is how many
	// events follow it.
	Acked   uint64
	Waiting int
	// Size is the size of the journal in bytes.
	Size int64
	// Damage is the error about damage in the journal, nil if there is none.
	Damage error
	// InUse says that a process publishes the run now. Resumable says that another process
	// may go on with it. Ended says that the server has the run's last event.
	InUse, Resumable, Ended bool
}

// Journals lists the runs in a journal directory, in the order of their ids. Its error
// is about the journals that cannot be read; the list has all others.
func Journals(dir string) ([]Kept, error) {
	names, err := journal.List(dir)
	if err != nil {
		return nil, err
	}
	var runs []Kept
	var failed error
	for _, name := range names {
		info, err := journal.Inspect(dir, name)
		if errors.Is(err, fs.ErrNotExist) {
			continue // another process has removed it
		}
		if err != nil {
			failed = errors.Join(failed, err)
			continue
		}
		k := Kept{Run: name, Stream: info.Passed.Label, Acked: info.Passed.State[stateSeq], Waiting: info.Waiting, Size: info.Size, Damage: info.Damage,
			InUse: info.InUse, Resumable: info.Passed.State[stateResumable] != 0, Ended: info.Passed.State[stateEnded] != 0}
		if info.Last != nil {
			if e, err := event.Decode(info.Last); err == nil {
				k.Stream = e.Stream
			}
		}
		runs = append(runs, k)
	}
	return runs, failed
}

// FlushJournals publishes what runs have left in a journal directory, and returns how
// many events that was. It leaves out the runs of living processes. A run whose events may not
// be published stays as it is, with an error that matches [nats.ErrPermissionViolation].
func FlushJournals(ctx context.Context, nc *nats.Conn, dir string, opts PublisherOptions) (events int, err error) {
	report := opts.OnError
	if report == nil {
		report = func(error) {}
	}
	c, err := newCourier(nc, opts.Stream, report)
	if err != nil {
		return 0, err
	}
	defer c.stop()
	events, err = c.leftovers(ctx, dir)
	return events, cmp.Or(err, prune(dir, keepFinished))
}

// leftovers publishes the runs in dir one after the other. A run that cannot be published stays for
// the next time, and the others are published nevertheless.
func (c *courier) leftovers(ctx context.Context, dir string) (events int, err error) {
	runs, err := Journals(dir)
	for _, run := range runs {
		if run.InUse || !run.unfinished() {
			continue
		}
		n, failed := c.leftover(ctx, dir, run)
		events += n
		if ctx.Err() != nil {
			return events, cmp.Or(failed, ctx.Err())
		}
		if failed != nil && !errors.Is(failed, journal.ErrLocked) && !errors.Is(failed, fs.ErrNotExist) {
			err = errors.Join(err, fmt.Errorf("run %s, left by an earlier process: %w", run.Run, failed))
		}
	}
	return events, err
}

// unfinished reports whether the run of a dead process has events for the server. The event that ends
// the run counts, even if it has still to be made.
func (k Kept) unfinished() bool { return k.Waiting > 0 || !k.Ended && !k.Resumable }

// leftover publishes one run to its end.
func (c *courier) leftover(ctx context.Context, dir string, run Kept) (events int, err error) {
	j, err := journal.Open(dir, run.Run)
	if err != nil {
		return 0, err
	}
	s, err := openSpool(j, run.Run)
	if err != nil {
		return 0, errors.Join(err, j.Close())
	}
	if s.stream == "" {
		// A journal has its stream before its first event is sent.
		if j.Damage() != nil {
			c.report(fmt.Errorf("run %s, left by an earlier process: no event of it is left: %w", run.Run, j.Damage()))
		}
		return 0, j.Remove()
	}
	defer func() { err = errors.Join(err, s.release()) }()
	if j.Damage() != nil {
		c.report(fmt.Errorf("run %s of stream %s, left by an earlier process: %w: what is left of it is published", run.Run, s.stream, j.Damage()))
	}
	if err := c.look(ctx, s); err != nil {
		return 0, err
	}
	if err := s.end(j.Last(), j.Damage()); err != nil {
		return 0, err
	}
	s.close()
	// Other runs, also that of this process, do not wait for a permission that only this one needs.
	c.sender.forbidden = func(subject string) bool { return !bus.MayPublish(c.nc, subject) }
	defer func() { c.sender.forbidden = nil }()
	err = c.deliver(ctx, s, func() { events++ })
	return events, err
}

// end adds the last event to a run whose process died. It leaves a run open if another process may go
// on with it.
func (s *spool) end(lastRecord []byte, damage error) error {
	if s.state[stateResumable] != 0 || s.state[stateEnded] != 0 {
		return nil
	}
	last := event.Event{Stream: s.stream, Run: s.run, Seq: s.last, At: event.Time(s.state[stateAt]), Revision: s.state[stateRevision]}
	if lastRecord != nil {
		e, err := event.Decode(lastRecord)
		if err != nil {
			return err
		}
		if e.Kind == event.StreamEnded {
			return nil
		}
		last.At, last.Revision = max(last.At, e.At), max(last.Revision, e.Revision)
	}
	detail := "the publishing program died"
	if damage != nil {
		detail += ", and its journal is damaged: events may be lost"
	}
	e := event.Event{Stream: last.Stream, Run: last.Run, Seq: last.Seq + 1, Kind: event.StreamEnded, At: last.At,
		Wall: time.Now().UTC().Round(0), Revision: last.Revision, End: &event.End{Reason: event.Failed, Detail: detail}}
	data, err := json.Marshal(e)
	if err != nil {
		return err
	}
	_, err = s.push(e, data)
	return err
}

// prune deletes the oldest journals whose events the server has, until the others have at most most
// bytes. A run that may still go on needs its journal.
func prune(dir string, most int64) error {
	runs, _ := Journals(dir) // journals that cannot be read stay
	var total int64
	for _, run := range slices.Backward(runs) {
		if run.InUse || run.Resumable && !run.Ended || run.unfinished() {
			continue
		}
		if total += run.Size; total <= most {
			continue
		}
		err := journal.Remove(dir, run.Run)
		if err != nil && !errors.Is(err, journal.ErrLocked) && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}
