package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/spf13/cobra"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/cli"
	"github.com/seed-7adb9000/diarizer/internal/cli/outfile"
	"github.com/seed-7adb9000/diarizer/internal/session/correct"
	"github.com/seed-7adb9000/diarizer/internal/show/export"
)

// correctFile corrects an RTTM file or events as lines of JSON. Lines that the corrections
// do not touch stay as they are, byte by byte.
func (o *nameOptions) correctFile(cmd *cobra.Command, path string, wishes []wish) error {
	say := func(err error) { fmt.Fprintf(cmd.ErrOrStderr(), "diarizer: %v\n", err) }
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	timelines, err := readTimelines(cmd.Context(), cmd.InOrStdin(), path, say)
	if err != nil {
		return err
	}
	if timelines, err = choose(path, timelines, o.recording); err != nil {
		return err
	}
	if len(timelines) > 1 {
		_, err := choose(path, timelines, "none of them")
		return usage("%w: say which with --recording", err)
	}
	tl := timelines[0]
	change := correctLines
	if tl.Run() != export.RTTMRun {
		change = correctEvents
	}
	files := newResults(cmd.OutOrStdout(), cmd.ErrOrStderr(), o.results.force, true)
	// Corrections add events and remove none, so the file from before need not be kept.
	here := &outfile.Set{Force: o.results.force || tl.Run() != export.RTTMRun}
	own, err := here.Add(cmd.Name(), path)
	if err = errors.Join(err, files.Set.Input("what is corrected", path), o.outputs(files)); err != nil {
		return err
	}
	var done []string // printed once all corrections are in the file
	for _, w := range wishes {
		c, err := aim(w, tl)
		if err != nil {
			return err
		}
		if err := c.Check(); err != nil {
			return as(exitUsage, err)
		}
		line := spelled(c, tl)
		if in := word(c.Name); tl.Run() == export.RTTMRun && in != c.Name {
			line += fmt.Sprintf(", written %s, as a name is one word in RTTM", in)
		}
		done = append(done, line)
		if data, err = change(path, data, tl, c); err != nil {
			return correction(err)
		}
		if tl, err = reread(cmd, path, data, tl); err != nil {
			return err
		}
	}
	if err := finish(own, whole, false, func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	}); err != nil {
		return err
	}
	for _, d := range done {
		fmt.Fprintf(cmd.ErrOrStderr(), "%s: %s\n", path, d)
	}
	cli.TellFiles(here, func(format string, args ...any) { fmt.Fprintf(cmd.ErrOrStderr(), format, args...) })
	return o.tell(cmd, files, tl)
}

// reread returns the timeline of the recording or stream of was, as it is in data.
func reread(cmd *cobra.Command, path string, data []byte, was *event.Timeline) (*event.Timeline, error) {
	all, err := timelinesOf(bufio.NewReader(bytes.NewReader(data)), path, func(error) {}) // the same errors were told before
	if err != nil {
		return nil, err
	}
	if all, err = choose(path, all, was.Stream()); err != nil {
		return nil, err
	}
	return all[0], nil
}

// correctLines corrects the recording of tl in the lines of an RTTM file.
func correctLines(path string, data []byte, tl *event.Timeline, c correct.Correction) ([]byte, error) {
	if c.Action == correct.Undo {
		older := "there is no older file beside it"
		if names := olderFiles(path); len(names) > 0 {
			older = "older files are " + strings.Join(names, ", ")
		}
		return nil, usage("%s: an RTTM file does not say what was corrected: %s", path, older)
	}
	if c.Action == correct.Mark {
		return nil, usage("%s: an RTTM file has no marks: mark the stream, or its events as lines of JSON", path)
	}
	if c.Action == correct.Split {
		return nil, usage("%s: an RTTM file has no voices: diarizer give says whose turns are", path)
	}
	if c.Action == correct.Give {
		return giveLines(data, tl, c), nil
	}
	from, to := word(tl.Name(c.Speaker)), word(c.Name)
	if c.Action == correct.Merge {
		to = word(tl.Name(c.Into))
	} else if to == "" {
		to = c.Speaker.String()
	}
	if c.Action == correct.Rename && to != from {
		if other, err := speakerOf(tl, to); err == nil && other != c.Speaker {
			return nil, usage("%s: %s is somebody else there: where both are one, diarizer merge %s %s %s", path, to, cli.Quoted(path), from, tl.Name(other))
		}
	}
	file := word(tl.Recording())
	var out bytes.Buffer
	for line := range bytes.Lines(data) {
		fields := bytes.Fields(line)
		if len(fields) > 7 && (string(fields[0]) == "SPEAKER" || string(fields[0]) == "SPKR-INFO") &&
			string(fields[1]) == file && string(fields[7]) == from {
			fields[7] = []byte(to)
			line = append(bytes.Join(fields, []byte(" ")), '\n')
		}
		out.Write(line)
	}
	return out.Bytes(), nil
}

// olderFiles are the files that were kept when path was written again, path.1 and so on, in
// the order of their numbers.
func olderFiles(path string) (names []string) {
	entries, _ := os.ReadDir(filepath.Dir(path)) // without them none is named
	var numbers []int
	for _, e := range entries {
		after, ok := strings.CutPrefix(e.Name(), filepath.Base(path)+".")
		if n, err := strconv.Atoi(after); ok && err == nil && n > 0 && strconv.Itoa(n) == after && !e.IsDir() {
			numbers = append(numbers, n)
		}
	}
	slices.Sort(numbers)
	for _, n := range numbers {
		names = append(names, path+"."+strconv.Itoa(n))
	}
	return names
}

// word is a name as one field of a line.
func word(name string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return '_'
		}
		return r
	}, name)
}

// correctEvents adds events to those of the run of tl, which is over.
func correctEvents(path string, data []byte, tl *event.Timeline, c correct.Correction) ([]byte, error) {
	var late correct.Late
	for line := range bytes.Lines(data) {
		if len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		e, err := event.Decode(line)
		if err != nil {
			return nil, inputError("%s: %w", path, err)
		}
		if e.Stream == tl.Stream() && e.Run == tl.Run() {
			if err := late.Apply(e); err != nil {
				return nil, inputError("%s: %w", path, err)
			}
		}
	}
	if tl.Ended() == nil {
		return nil, inputError("%s: its events stop before the end of the stream: write them whole, with diarizer watch --until-end --json, or correct the RTTM file", path)
	}
	events, err := late.Correct(c)
	if err != nil {
		return nil, err
	}
	if n := len(data); n > 0 && data[n-1] != '\n' {
		data = append(data, '\n')
	}
	for _, e := range events {
		line, err := json.Marshal(e)
		if err != nil {
			return nil, err
		}
		data = append(append(data, line...), '\n')
	}
	return data, nil
}
