package main

import (
	"errors"
	"io"
	"os"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/cli/outfile"
	"github.com/seed-7adb9000/diarizer/internal/show/export"
	"github.com/seed-7adb9000/diarizer/internal/show/transcript"
)

// rewrite writes files again after their command has written them, with corrections that
// were made since. late are the events of those corrections. A file of events that cannot be
// written gets them with the next rewrite. What went to standard output, a pipe or a device
// stays as it is.
func (r *results) rewrite(how outcome, timelines []*event.Timeline, late []event.Event) (note, err error) {
	if how == broken {
		return nil, nil // no file has its final name
	}
	var errs []error
	for _, f := range r.final {
		if rewritable(f.File) {
			errs = append(errs, r.again(f.File, func(w io.Writer) error { return export.Write(w, f.format, timelines) }))
		}
	}
	for _, f := range r.events {
		if rewritable(f.File) {
			f.pending = append(f.pending, late...)
			errs = append(errs, r.extend(f))
		}
	}
	err = errors.Join(errs...)
	r.stale = err != nil
	return nil, err
}

// rewritable reports whether a file has its final name and can be written again.
func rewritable(f *outfile.File) bool { return f.Regular() && f.Done().Path == f.Path() }

// again writes one file again.
func (r *results) again(f *outfile.File, write func(io.Writer) error) error {
	set := outfile.Set{Force: true} // the file that is there was written by this command
	out, err := set.Add("corrected", f.Path())
	if err != nil {
		return err
	}
	return finish(out, whole, false, write)
}

// extend adds to a file of events those that it lacks.
func (r *results) extend(f *eventFile) error {
	if len(f.pending) == 0 {
		return nil
	}
	before, err := os.ReadFile(f.Path())
	if err != nil {
		return err
	}
	err = r.again(f.File, func(w io.Writer) error {
		_, err := w.Write(before)
		lines := transcript.NewJSONLines(w)
		for _, e := range f.pending {
			err = errors.Join(err, lines.Event(e))
		}
		return err
	})
	if err == nil {
		f.pending = nil
	}
	return err
}
