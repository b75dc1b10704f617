package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/seed-7adb9000/diarizer/internal/cli"
	"github.com/seed-7adb9000/diarizer/internal/show/export"
	"github.com/seed-7adb9000/diarizer/internal/show/transcript"
)

// result prints how much everybody has spoken, the files that were written, and where the
// final turns are.
func (o *output) result(ctx context.Context) error {
	if len(o.timelines) == 0 {
		return nil
	}
	var failed error
	if !o.flags.json && !o.mute {
		o.mu.Lock() // somebody may be correcting it
		err := o.table()
		o.mu.Unlock()
		if !o.busy(ctx) || !gone(ctx, err) {
			failed = printed(err)
		}
	}
	cli.TellFiles(o.files.Set, o.say)
	if where := o.kept(); where != "" && !cli.ReaderGone(errors.Join(o.deaf, failed)) {
		o.say("%s\n", where)
	}
	return failed
}

// table writes how much everybody has spoken. Before the table, it writes the turns if they
// were not printed yet and are in no file.
func (o *output) table() error {
	text := o.text
	if o.term != nil { // the view took its lines with it
		text = o.stdout
		for _, tl := range o.timelines {
			name := ""
			if len(o.timelines) > 1 {
				name = tl.Recording() + " "
			}
			if _, err := fmt.Fprintln(text, name+transcript.Ending(tl)); err != nil {
				return err
			}
		}
	}
	if o.atEnd && len(o.files.final)+len(o.files.events) == 0 {
		several := len(o.timelines) > 1
		for _, tl := range o.timelines {
			if err := transcript.Final(text, tl, transcript.Options{Streams: several}); err != nil {
				return err
			}
		}
	}
	return transcript.Table(text, o.timelines)
}

// kept says where the turns are if they are in no file.
func (o *output) kept() string {
	switch {
	case len(o.files.final)+len(o.files.events) > 0, o.flags.json, o.atEnd:
		return ""
	case o.where != "" && !o.unsent:
		which := ""
		if len(o.timelines) == 1 {
			which = " --stream " + o.timelines[0].Stream()
		}
		return fmt.Sprintf("the events are kept by the server; the turns in another format: diarizer watch %s%s --until-end --format vtt", o.where, which)
	}
	return "the final turns are in no file: --out FILE writes them, its name ends in " + export.Endings()
}
