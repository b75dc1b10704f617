package main

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/show/export"
)

// runsApart gives timelines of the same name, such as several runs of a stream, different
// names: after the first, they end in -2, -3 and so on.
func runsApart(all []*event.Timeline) []*event.Timeline {
	taken := map[string]bool{}
	for _, t := range all {
		taken[t.Recording()] = true
	}
	first := map[string]bool{}
	for _, t := range all {
		name := t.Recording()
		if !first[name] {
			first[name] = true
			continue
		}
		for n := 2; ; n++ {
			if other := fmt.Sprintf("%s-%d", name, n); !taken[other] {
				taken[other], first[other] = true, true
				t.Call(other)
				break
			}
		}
	}
	return all
}

// writeRuns writes the files of all runs that were followed. A format that holds one run
// gets a file for each: meeting.vtt, meeting-2.vtt.
func (r *results) writeRuns(how outcome, all []*event.Timeline) error {
	if len(all) < 2 {
		return r.write(how, all, nil)
	}
	var errs []error
	for _, f := range slices.Clone(r.final) {
		switch {
		case !f.format.Single():
			continue
		case !f.Regular():
			errs = append(errs, as(exitOutput, fmt.Errorf("%s: format %s holds one run, the first of %d: --out FILE writes a file for each", f.Path(), f.format, len(all))))
			continue
		}
		for i, t := range all[1:] {
			ext := filepath.Ext(f.Path())
			path := fmt.Sprintf("%s-%d%s", strings.TrimSuffix(f.Path(), ext), i+2, ext)
			more, err := r.Set.Add("--out", path)
			if err == nil {
				err = finish(more, how, false, func(w io.Writer) error { return export.Write(w, f.format, []*event.Timeline{t}) })
			}
			errs = append(errs, err)
		}
	}
	r.first = true
	return errors.Join(append(errs, r.write(how, all, nil))...)
}
