package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/cli/outfile"
	"github.com/seed-7adb9000/diarizer/internal/show/export"
	"github.com/seed-7adb9000/diarizer/internal/show/transcript"
)

// rewrite writes files again after their command has written them, with corrections that
// were made since. late are the events of those corrections. A file of events that cannot be
// written gets them with the next rewrite. A file that another program has changed meanwhile
// is kept under another name, which the note says. What went to standard output, a pipe or a
// device stays as it is.
func (r *results) rewrite(how outcome, timelines []*event.Timeline, late []event.Event) (note, err error) {
	if how == broken {
		return nil, nil // no file has its final name
	}
	var notes, errs []error
	for _, f := range r.final {
		if rewritable(f.File) {
			note, err := r.again(f.File, func(w io.Writer) error { return export.Write(w, f.format, timelines) })
			notes, errs = append(notes, note), append(errs, err)
		}
	}
	for _, f := range r.events {
		if rewritable(f.File) {
			f.pending = append(f.pending, late...)
			note, err := r.extend(f)
			notes, errs = append(notes, note), append(errs, err)
		}
	}
	err = errors.Join(errs...)
	r.stale = err != nil
	return errors.Join(notes...), err
}

// rewritable reports whether a file has its final name and can be written again.
func rewritable(f *outfile.File) bool { return f.Regular() && f.Done().Path == f.Path() }

// leave remembers a file as this command has written it.
func (r *results) leave(f *outfile.File) {
	if !rewritable(f) {
		return
	}
	if r.left == nil {
		r.left = map[string]fs.FileInfo{}
	}
	delete(r.left, f.Path())
	if info, err := os.Stat(f.Path()); err == nil {
		r.left[f.Path()] = info
	}
}

// changed reports whether a file is not as this command has written it.
func (r *results) changed(path string) bool {
	now, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false // nothing is there to be kept
	}
	was, ok := r.left[path]
	return err != nil || !ok || now.Size() != was.Size() || !now.ModTime().Equal(was.ModTime())
}

// again writes one file again. The note says where the file is that another program has
// changed. If writing fails, nothing is left of it, as the next rewrite has everything.
func (r *results) again(f *outfile.File, write func(io.Writer) error) (note, err error) {
	set := outfile.Set{Force: !r.changed(f.Path())}
	out, err := set.Add("corrected", f.Path())
	if err != nil {
		return nil, err
	}
	err = finish(out, whole, false, write)
	if done := out.Done(); err != nil && done.Partial { // the file as it was is still there
		err = errors.Join(err, os.Remove(done.Path))
	}
	r.leave(out)
	if kept := out.Done().Kept; kept != "" {
		note = fmt.Errorf("%s was changed after this command had written it: what was in it is %s now", f.Path(), kept)
	}
	return note, err
}

// extend adds to a file of events those that it lacks.
func (r *results) extend(f *eventFile) (note, err error) {
	if len(f.pending) == 0 {
		return nil, nil
	}
	before, err := os.ReadFile(f.Path())
	if err != nil {
		return nil, err
	}
	if r.changed(f.Path()) {
		if before, err = ready(before, f.pending); err != nil {
			return nil, as(exitOutput, fmt.Errorf("corrected %s: %w: it lacks the corrections until it is as this command has written it", f.Path(), err))
		}
	}
	note, err = r.again(f.File, func(w io.Writer) error {
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
	return note, err
}

// ready returns the content of a file of events that another program has changed, ready for
// more lines. It is an error unless the first event that is to come of each run has the
// number after the run's last one in the file: the numbers of a run have to stay in order.
func ready(data []byte, more []event.Event) ([]byte, error) {
	first := map[string]uint64{} // the number of the first event to come, by run
	for _, e := range more {
		if _, ok := first[e.Run]; !ok {
			first[e.Run] = e.Seq
		}
	}
	data = append(bytes.TrimRight(data, "\r\n"), '\n')
	for rest := data; len(first) > 0; {
		rest = bytes.TrimRight(rest, "\r\n")
		if len(rest) == 0 {
			return nil, errors.New("another program has changed it, and the events before the corrections are gone")
		}
		start := bytes.LastIndexByte(rest, '\n') + 1
		var last struct {
			Run string `json:"run"`
			Seq uint64 `json:"seq"`
		}
		if err := json.Unmarshal(rest[start:], &last); err != nil {
			return nil, errors.New("another program has changed it, and it has lines that are no events")
		}
		if next, ok := first[last.Run]; ok && last.Seq+1 != next {
			return nil, fmt.Errorf("another program has changed it, and its last event is %d, not %d", last.Seq, next-1)
		}
		delete(first, last.Run)
		rest = rest[:start]
	}
	return data, nil
}
