package main

import (
	"errors"
	"io"
	"io/fs"
	"slices"
	"strings"
	"sync"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/cli"
	"github.com/seed-7adb9000/diarizer/internal/cli/outfile"
	"github.com/seed-7adb9000/diarizer/internal/show/export"
	"github.com/seed-7adb9000/diarizer/internal/show/transcript"
)

// resultFlags are the flags of every command that writes turns in all formats.
type resultFlags struct {
	out   []string
	force bool
}

func (r *resultFlags) register(f *pflag.FlagSet) {
	f.StringArrayVar(&r.out, "out", nil, "write the final turns to this `FILE` in the format of its name, "+export.Endings()+
		", or the events to one in .jsonl; may be repeated; vtt:FILE says the format where the name does not, - is standard output")
	cli.ForceFlag(f, &r.force)
}

// results are the files of a command that says who spoke when: files of turns, which are
// written at the end, and files of events, which grow with every event.
type results struct {
	*cli.Files
	final []finalFile
	live  *outfile.File // of --rttm-live, nil without

	first bool                   // whether formats that hold one stream take the first one
	stale bool                   // whether a file lacks corrections after the end
	left  map[string]fs.FileInfo // by path: the files as this command has left them

	mu     sync.Mutex
	events []*eventFile
}

type finalFile struct {
	*outfile.File
	format export.Format
}

type eventFile struct {
	*outfile.File
	lines   *transcript.JSONLines
	pending []event.Event // of corrections after the end, not in the file yet
}

// newResults begins the outputs of a command, as [cli.NewFiles] does.
func newResults(stdout, stderr io.Writer, force, free bool) *results {
	return &results{Files: cli.NewFiles(stdout, stderr, force, free)}
}

// check finds out, before anything is heard, whether the files that the flags name can be
// written. No file may be one of the recordings, which the command reads.
func (o *diarizeFlags) check(cmd *cobra.Command, several bool, recordings ...string) (*results, error) {
	screen := o.tui && onTerminal(cmd.InOrStdin(), cmd.OutOrStdout())
	r := newResults(cmd.OutOrStdout(), cmd.ErrOrStderr(), o.results.force, !o.json && !screen)
	err := errors.Join(
		r.Read(cmd, "a recording", recordings...),
		r.Read(cmd, "what --speech reads", o.speech),
		r.Read(cmd, "what --utterances reads", o.utterances),
		r.Read(cmd, "the model", cli.ModelPath(o.model)...),
		r.rttm("--rttm", o.rttm),
		r.out("--out", o.results.out, several),
	)
	live, failed := r.Optional("--rttm-live", o.rttmLive)
	r.live = live
	return r, errors.Join(err, failed)
}

// rttm adds a file of final turns, if path names one.
func (r *results) rttm(flag, path string) error {
	if path == "" {
		return nil
	}
	f, err := r.Set.Add(flag, path)
	if err == nil {
		r.final = append(r.final, finalFile{f, export.RTTM})
	}
	return err
}

// out adds the files of --out. With several, there may be more than one stream, and a format
// that holds one stream is an error.
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
	f, err := r.Set.Add(flag, path)
	switch {
	case err != nil:
		return err
	case format == jsonl:
		r.events = append(r.events, &eventFile{File: f, lines: transcript.NewJSONLines(f)})
	default:
		r.final = append(r.final, finalFile{f, format})
	}
	return nil
}

// outName parses FILE, FORMAT:FILE or "-". The last is RTTM.
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
func (r *results) any() bool { return len(r.Set.Files()) > 0 }

// event adds an event to the files of events. A write that fails is told at the end, as a
// full disk must not end a meeting.
func (r *results) event(e event.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, f := range r.events {
		_ = f.lines.Event(e) // f keeps the error
	}
}
