package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/export"
	"github.com/seed-7adb9000/diarizer/internal/outfile"
	"github.com/seed-7adb9000/diarizer/internal/transcript"
)

// forceFlag is the flag of every command that writes files.
func forceFlag(f *pflag.FlagSet, force *bool) {
	f.BoolVar(force, "force", false, "overwrite files that are there; without it they are kept as FILE.1")
}

// resultFlags are the flags of every command whose turns can be had in all
// formats.
type resultFlags struct {
	out   []string
	force bool
}

func (r *resultFlags) register(f *pflag.FlagSet) {
	f.StringArrayVar(&r.out, "out", nil, "write the final turns to this `FILE` in the format of its name, "+export.Endings()+
		", or the events to one in .jsonl; may be repeated; vtt:FILE says the format where the name does not, - is standard output")
	forceFlag(f, &r.force)
}

// results are the files of a command that says who spoke when: what is written
// at the end, and what grows with every event.
type results struct {
	set   *outfile.Set
	final []finalFile
	live  *outfile.File // of --rttm-live, nil without

	first bool // formats that hold one stream have the first one's

	mu     sync.Mutex
	events []*eventFile
}

type finalFile struct {
	*outfile.File
	format export.Format
}

type eventFile struct {
	*outfile.File
	lines *transcript.JSONLines
}

// newResults begins the outputs of a command. Standard output is one where it is
// free: a transcript makes room for it, lines for a program do not.
func newResults(stdout, stderr io.Writer, force, free bool) *results {
	r := &results{set: &outfile.Set{Force: force}}
	if free {
		r.set.Out = stdout
	}
	r.set.Stream("standard output", stdout)
	r.set.Stream("standard error", stderr)
	return r
}

// check finds out whether the files that the flags name can be written, before
// anything is heard. The recordings are what the command reads.
func (o *diarizeFlags) check(cmd *cobra.Command, several bool, recordings ...string) (*results, error) {
	screen := o.tui && isTerminal(cmd.InOrStdin()) && isTerminal(cmd.OutOrStdout())
	r := newResults(cmd.OutOrStdout(), cmd.ErrOrStderr(), o.results.force, !o.json && !screen)
	err := errors.Join(
		r.read(cmd, "a recording", recordings...),
		r.read(cmd, "what --speech reads", o.speech),
		r.read(cmd, "what --utterances reads", o.utterances),
		r.read(cmd, "the model", modelPath(o.model)...),
		r.rttm("--rttm", o.rttm),
		r.out("--out", o.results.out, several),
	)
	live, failed := r.optional("--rttm-live", o.rttmLive)
	r.live = live
	return r, errors.Join(err, failed)
}

// read says what the command reads; "-" is standard input.
func (r *results) read(cmd *cobra.Command, what string, paths ...string) error {
	var errs []error
	for _, path := range paths {
		if path == "-" {
			if f, ok := cmd.InOrStdin().(*os.File); ok {
				r.set.Stream("standard input", f)
			}
			continue
		}
		errs = append(errs, r.set.Input(what, path))
	}
	return errors.Join(errs...)
}

// rttm adds a file of final turns, if path names one.
func (r *results) rttm(flag, path string) error {
	if path == "" {
		return nil
	}
	f, err := r.set.Add(flag, path)
	if err == nil {
		r.final = append(r.final, finalFile{f, export.RTTM})
	}
	return err
}

// out adds the files of --out. Those of several streams cannot have a format
// that holds one.
func (r *results) out(flag string, names []string, several bool) error {
	var errs []error
	for _, name := range names {
		errs = append(errs, r.add(flag, name, several))
	}
	return errors.Join(errs...)
}

const jsonl = "jsonl"

func (r *results) add(flag, name string, several bool) error {
	path, format, err := outName(name)
	if err != nil {
		return usage("%s: %w", flag, err)
	}
	if several && format.Single() {
		return usage("%s %s: %s holds one stream, and there may be several here: expected .rttm, .csv, .json or .jsonl, of which \"diarizer convert --recording NAME\" makes the others", flag, name, format)
	}
	f, err := r.set.Add(flag, path)
	switch {
	case err != nil:
		return err
	case format == jsonl:
		r.events = append(r.events, &eventFile{f, transcript.NewJSONLines(f)})
	default:
		r.final = append(r.final, finalFile{f, format})
	}
	return nil
}

// outName reads FILE, FORMAT:FILE or -, which is RTTM.
func outName(name string) (path string, format export.Format, err error) {
	if before, after, ok := strings.Cut(name, ":"); ok {
		f := export.Format(strings.ToLower(before))
		if f == jsonl || slices.Contains(export.Formats(), f) {
			return after, f, nil
		}
	}
	switch {
	case name == outfile.Stdout:
		return name, export.RTTM, nil
	case strings.HasSuffix(strings.ToLower(name), "."+jsonl):
		return name, jsonl, nil
	}
	format, err = export.FormatOf(name)
	return name, format, err
}

// any reports whether there is a file at all.
func (r *results) any() bool { return len(r.set.Files()) > 0 }

// event adds an event to the files that grow. What fails is said at the end: a
// full disk does not end a meeting.
func (r *results) event(e event.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, f := range r.events {
		_ = f.lines.Event(e) // stays in f
	}
}

// one adds the only file of a command that reads some others.
func (r *results) one(cmd *cobra.Command, flag, path string, inputs ...string) (*outfile.File, error) {
	if err := r.read(cmd, "what is read", inputs...); err != nil {
		return nil, err
	}
	return r.set.Add(flag, path)
}

// optional adds a file that need not be asked for: none where path is empty.
func (r *results) optional(flag, path string) (*outfile.File, error) {
	if path == "" {
		return nil, nil
	}
	return r.set.Add(flag, path)
}

// writeOne writes the one file of a command that does nothing else, and says so.
func (r *results) writeOne(cmd *cobra.Command, f *outfile.File, data []byte) error {
	err := finish(f, whole, false, func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	})
	tellFiles(r.set, func(format string, args ...any) { fmt.Fprintf(cmd.ErrOrStderr(), format, args...) })
	return err
}
