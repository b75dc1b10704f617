package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/event/rttm"
)

// recording is one file of the command line, or standard input.
type recording struct {
	path   string // "-" for standard input
	name   string // the file field of RTTM
	stream string // the id of the stream
}

func newRecording(path string) recording {
	id := path
	if path == "-" {
		id = "stdin"
	}
	return recording{path: path, name: rttm.RecordingName(id), stream: event.StreamID(id)}
}

// channel is the recording of one channel of r.
func (r recording) channel(c capture.Channel) recording {
	suffix := fmt.Sprintf("-ch%d", c)
	return recording{path: r.path, name: r.name + suffix, stream: event.Token(r.stream + suffix)}
}

// found are the recordings of a command line, with notes about files that are not.
type found struct {
	all   []recording
	notes []string // lines for the user
}

// findRecordings returns the files among paths and, in the order of their names, the
// recordings in the directories among them. With recursive, directories below those are read
// too. Recordings of the same name get different names.
func findRecordings(paths []string, opts capture.Options, recursive bool) (found, error) {
	var f found
	for _, path := range paths {
		info, err := os.Stat(path)
		if path == "-" || err != nil || !info.IsDir() {
			f.all = append(f.all, newRecording(path)) // an error is told when it is opened
			continue
		}
		if opts.Raw != nil {
			return f, usage("%s is a directory: with --raw nothing tells what in it is sound; name the files", path)
		}
		if err := f.directory(path, recursive); err != nil {
			return f, err
		}
	}
	all, twice := once(f.all)
	for _, path := range twice {
		if path == "-" {
			return f, usage("standard input is named twice: expected it once")
		}
		f.notes = append(f.notes, fmt.Sprintf("%s is named twice, and taken once", path))
	}
	tellApart(all)
	f.all = all
	return f, nil
}

// directory adds the recordings in a directory. A note names the other files.
func (f *found) directory(dir string, recursive bool) error {
	n, entries := len(f.all), 0
	var passed, below []string
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case path == dir:
			return nil
		}
		entries++
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		info, err := os.Stat(path) // follows links
		switch hidden := e.Name()[0] == '.'; {
		case e.IsDir() && recursive && !hidden:
			return nil
		case e.IsDir():
			if !hidden {
				below = append(below, name)
			}
			return filepath.SkipDir
		case hidden:
			return nil
		case err != nil || !info.Mode().IsRegular():
			passed = append(passed, name)
			return nil
		}
		if is, err := capture.IsRecording(path); err == nil && !is {
			passed = append(passed, name)
		} else {
			f.all = append(f.all, newRecording(path)) // the error is told when it is opened
		}
		return nil
	})
	if err != nil {
		return err
	}
	if len(f.all) == n {
		hint := ""
		if len(below) > 0 {
			hint = "; --recursive looks into the directories in it too"
		}
		return inputError("%s: none of its %d entries is a recording; name files, or a directory that has some%s", dir, entries, hint)
	}
	if len(passed) > 0 {
		f.notes = append(f.notes, fmt.Sprintf("%s: passed over what is no recording: %s", dir, some(passed)))
	}
	if len(below) > 0 {
		f.notes = append(f.notes, fmt.Sprintf("%s: passed over the directories %s; --recursive takes them too", dir, some(below)))
	}
	return nil
}

// claims hold which recording uses a stream id and a name, so that no two streams of a
// command have the same.
type claims struct {
	mu sync.Mutex
	by map[string]string
}

// claim returns an error if another recording uses the stream id or the name of r.
func (c *claims) claim(r recording) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.by == nil {
		c.by = map[string]string{}
	}
	for _, k := range []struct{ what, id string }{{"stream", r.stream}, {"RTTM name", r.name}} {
		if other, ok := c.by[k.what+k.id]; ok {
			return usage("%s and %s would have the same %s %q: rename one, or take them one after the other", other, r.path, k.what, k.id)
		}
	}
	c.by["stream"+r.stream], c.by["RTTM name"+r.name] = r.path, r.path
	return nil
}

// openRecordings opens a file or, for "-", standard input. It returns one source, or one for
// each channel.
func openRecordings(cmd *cobra.Command, path string, opts capture.Options) ([]*capture.Recording, error) {
	ctx := cmd.Context()
	if path == "-" {
		in := cmd.InOrStdin()
		if f, ok := in.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
			return nil, usage("standard input is a terminal: pipe a recording into it, as in \"ffmpeg -i talk.mp4 -f wav - | diarizer replay -\"")
		}
		return capture.OpenReaderAll(ctx, in, "standard input", opts)
	}
	return capture.OpenAll(ctx, path, opts)
}

// length is the duration of recordings.
type length struct {
	sum, most time.Duration // of all streams together, and of the longest stream
}

// lengths reads the duration of the recordings. It is zero if one of them does not say.
func lengths(ctx context.Context, all []recording, opts capture.Options) (l length) {
	for _, r := range all {
		if info, err := os.Stat(r.path); ctx.Err() != nil || err == nil && !info.Mode().IsRegular() || r.path == "-" {
			return length{} // a pipe can be read only once
		}
		recs, err := capture.OpenAll(ctx, r.path, opts)
		if err != nil {
			continue // the error is told when the recording is opened
		}
		known := true
		for _, rec := range recs {
			d, ok := rec.Duration()
			l.sum, l.most = l.sum+d, max(l.most, d)
			known = known && ok
			err = errors.Join(err, rec.Close())
		}
		if !known || err != nil {
			return length{}
		}
	}
	return l
}
