package main

import (
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/event/rttm"
	"github.com/seed-7adb9000/diarizer/internal/cli/outfile"
	"github.com/seed-7adb9000/diarizer/internal/show/export"
)

// outcome is how a command ended.
type outcome int

const (
	whole       outcome = iota
	interrupted         // by the user: the results are right as far as they go
	broken              // by a failure: the results are a part
)

// write writes the files.
func (r *results) write(how outcome, timelines []*event.Timeline, live []rttm.Segment) error {
	nothing := how == broken && !slices.ContainsFunc(timelines, func(t *event.Timeline) bool { return len(t.Turns()) > 0 })
	var errs []error
	for _, f := range r.final {
		these := timelines
		if r.first && f.format.Single() {
			these = timelines[:1]
		}
		errs = append(errs, finish(f.File, how, nothing, func(w io.Writer) error { return export.Write(w, f.format, these) }))
		r.leave(f.File)
	}
	if r.live != nil {
		errs = append(errs, finish(r.live, how, nothing, func(w io.Writer) error { return rttm.Write(w, live) }))
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, f := range r.events {
		errs = append(errs, finish(f.File, how, nothing, nil))
		r.leave(f.File)
	}
	return errors.Join(errs...)
}

// shortened says which files and counts lack the beginning of a stream, because the stream
// had more turns than are kept one by one. It is nil where none does.
func (r *results) shortened(timelines []*event.Timeline) error {
	var errs []error
	for _, t := range timelines {
		if t.Settled() == 0 {
			continue
		}
		kept := fmt.Sprintf("the latest %d turns of %s, and not the %d before them", len(t.Turns()), t.Recording(), t.Settled())
		errs = append(errs, fmt.Errorf("the counts are those of %s: files that end in .rttm or .jsonl have all", kept))
		for _, f := range r.final {
			if f.format != export.RTTM && f.Done().Path == f.Path() {
				errs = append(errs, fmt.Errorf("%s has %s", f.Path(), kept))
			}
		}
	}
	return errors.Join(errs...)
}

// finish writes the rest of a file and gives it its final name, or a name that says that it
// is a part. With nothing, it removes the file.
func finish(f *outfile.File, how outcome, nothing bool, write func(io.Writer) error) error {
	if nothing {
		f.Discard()
		return nil
	}
	if write != nil {
		if err := write(f); err != nil {
			return as(exitOutput, f.Keep(err))
		}
	}
	switch how {
	case broken:
		return f.Keep(nil)
	case interrupted:
		return f.CommitPart()
	}
	return f.Commit()
}
