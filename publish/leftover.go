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
	"github.com/seed-7adb9000/diarizer/publish/journal"
)

// keepFinished is how many bytes of journals are kept of which the server has
// everything.
const keepFinished = 64 << 20

// Kept is what a journal directory holds of one run.
type Kept struct {
	Stream, Run string // Stream is empty where everything was acknowledged
	// Acked is the number of the last event that the server has, and Waiting
	// how many events follow it.
	Acked   uint64
	Waiting int
	// Size is that of the journal in bytes.
	Size int64
	// InUse says that a process publishes the run now, Resumable that one may go
	// on with it.
	InUse, Resumable bool
}

// Journals lists the runs in a journal directory, in the order of their ids.
func Journals(dir string) ([]Kept, error) {
	names, err := journal.List(dir)
	if err != nil {
		return nil, err
	}
	var runs []Kept
	for _, name := range names {
		info, err := journal.Inspect(dir, name)
		if errors.Is(err, fs.ErrNotExist) {
			continue // removed since
		}
		if err != nil {
			return runs, err
		}
		k := Kept{Run: name, Acked: info.Passed.State[stateSeq], Waiting: info.Waiting, Size: info.Size,
			InUse: info.InUse, Resumable: info.Passed.State[stateResumable] != 0}
		if info.Last != nil {
			if e, err := Decode(info.Last); err == nil {
				k.Stream = e.Stream
			}
		}
		runs = append(runs, k)
	}
	return runs, nil
}

// FlushJournals publishes what the runs in a journal directory have left,
// those of living processes excepted, and returns how many events that was.
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

// leftovers publishes the runs in dir one after the other. One that cannot be
// published stays for the next time, and does not keep others from it.
func (c *courier) leftovers(ctx context.Context, dir string) (events int, err error) {
	runs, err := Journals(dir)
	if err != nil {
		return 0, err
	}
	for _, run := range runs {
		if run.Waiting == 0 || run.InUse {
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

// leftover publishes one run to its end.
func (c *courier) leftover(ctx context.Context, dir string, run Kept) (events int, err error) {
	j, err := journal.Open(dir, run.Run)
	if err != nil {
		return 0, err
	}
	s, err := openSpool(j)
	if err != nil {
		return 0, errors.Join(err, j.Close())
	}
	defer func() { err = errors.Join(err, s.release()) }()
	if err := s.end(j.Last()); err != nil {
		return 0, err
	}
	s.close()
	err = c.deliver(ctx, s, func() { events++ })
	return events, err
}

// end adds what a run lacks whose process died: an event that ends it. A run
// that another process may go on with is left open.
func (s *spool) end(lastRecord []byte) error {
	if lastRecord == nil || s.state[stateResumable] != 0 {
		return nil
	}
	last, err := Decode(lastRecord)
	if err != nil {
		return err
	}
	if last.Kind == StreamEnded {
		return nil
	}
	data, err := json.Marshal(Event{Stream: last.Stream, Run: last.Run, Seq: last.Seq + 1, Kind: StreamEnded, At: last.At,
		Wall: time.Now().UTC().Round(0), Revision: last.Revision,
		End: &End{Reason: Failed, Detail: "the publishing program died"}})
	if err != nil {
		return err
	}
	_, err = s.push(last.Seq+1, data)
	return err
}

// prune deletes the oldest journals of which the server has everything until
// the others have at most so many bytes.
func prune(dir string, most int64) error {
	runs, err := Journals(dir)
	if err != nil {
		return err
	}
	var total int64
	for _, run := range slices.Backward(runs) {
		if run.Waiting > 0 || run.InUse || run.Resumable {
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
