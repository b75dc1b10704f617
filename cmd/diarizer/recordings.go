package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/internal/rttm"
	"github.com/seed-7adb9000/diarizer/publish"
)

// recording is one file of the command line, or standard input.
type recording struct {
	path   string // "-" for standard input
	name   string // in RTTM files
	stream string // in subjects
}

func newRecording(path string) recording {
	id := path
	if path == "-" {
		id = "stdin"
	}
	return recording{path: path, name: rttm.RecordingName(id), stream: publish.StreamID(id)}
}

// channel is the recording of one of its channels.
func (r recording) channel(c capture.Channel) recording {
	suffix := fmt.Sprintf("-ch%d", c)
	return recording{path: r.path, name: r.name + suffix, stream: publish.Token(r.stream + suffix)}
}

// findRecordings takes files as they are, and of a directory the recordings in
// it, by name.
func findRecordings(paths []string, opts capture.Options) ([]recording, error) {
	var all []recording
	for _, path := range paths {
		info, err := os.Stat(path)
		if path == "-" || err != nil || !info.IsDir() {
			all = append(all, newRecording(path)) // what cannot be opened is said when its turn comes
			continue
		}
		if opts.Raw != nil {
			return nil, fmt.Errorf("%s is a directory: with --raw nothing tells what in it is sound; name the files", path)
		}
		found, err := recordingsIn(path)
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	return all, nil
}

// recordingsIn lists the recordings in a directory, but not in those below it.
func recordingsIn(dir string) ([]recording, error) {
	entries, err := os.ReadDir(dir) // sorted by name
	if err != nil {
		return nil, err
	}
	var all []recording
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		info, err := os.Stat(path) // behind a link
		if err != nil || !info.Mode().IsRegular() || e.Name()[0] == '.' {
			continue
		}
		is, err := capture.IsRecording(path)
		if err != nil {
			return nil, err
		}
		if is {
			all = append(all, newRecording(path))
		}
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("%s: none of its %d entries is a recording; name files, or a directory that has some", dir, len(entries))
	}
	return all, nil
}

// claims hold who uses a stream id and a name, so that no two streams of a
// command are mixed up.
type claims struct {
	mu sync.Mutex
	by map[string]string
}

// claim returns an error if a stream id or name is another's.
func (c *claims) claim(r recording) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.by == nil {
		c.by = map[string]string{}
	}
	for _, k := range []struct{ what, id string }{{"stream", r.stream}, {"RTTM name", r.name}} {
		if other, ok := c.by[k.what+k.id]; ok {
			return fmt.Errorf("%s and %s would have the same %s %q: rename one, or replay them one after the other", other, r.path, k.what, k.id)
		}
	}
	c.by["stream"+r.stream], c.by["RTTM name"+r.name] = r.path, r.path
	return nil
}

// openRecordings opens a file or, for "-", standard input: one source, or one
// for each channel.
func openRecordings(cmd *cobra.Command, path string, opts capture.Options) ([]*capture.Recording, error) {
	ctx := cmd.Context()
	if path == "-" {
		in := cmd.InOrStdin()
		if f, ok := in.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
			return nil, errors.New("standard input is a terminal: pipe a recording into it, as in \"ffmpeg -i talk.mp4 -f wav - | diarizer replay -\"")
		}
		return capture.OpenReaderAll(ctx, in, "standard input", opts)
	}
	return capture.OpenAll(ctx, path, opts)
}

// totalLength is how long all streams of the recordings are together, 0 if one
// of them does not say.
func totalLength(ctx context.Context, all []recording, opts capture.Options) (total time.Duration) {
	for _, r := range all {
		if r.path == "-" || ctx.Err() != nil {
			return 0
		}
		recs, err := capture.OpenAll(ctx, r.path, opts)
		if err != nil {
			continue // said when its turn comes
		}
		known := true
		for _, rec := range recs {
			d, ok := rec.Duration()
			total += d
			known = known && ok
			err = errors.Join(err, rec.Close())
		}
		if !known || err != nil {
			return 0
		}
	}
	return total
}
