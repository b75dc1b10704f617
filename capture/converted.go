package capture

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/seed-7adb9000/diarizer/capture/ffmpeg"
	"github.com/seed-7adb9000/diarizer/capture/pcm"
)

// byFFmpeg is the name of the encoding of recordings that ffmpeg decodes.
const byFFmpeg = "decoded by ffmpeg"

// ffmpeg decodes the file at path, or the stream r if path is empty.
func (rec *Recording) ffmpeg(ctx context.Context, path string, r io.Reader, kind container, what string) (pcm.Reader, error) {
	src := ffmpeg.Source{Path: path, Track: rec.opts.Track, FromZero: kind == timedAudio}
	if path == "" {
		src.Stdin = r
		if rec.wait != nil {
			rec.wait.setContext(context.Background()) // the process goes on reading after open has returned
		}
	}
	dec, err := rec.convert(ctx, src, what)
	switch {
	case errors.Is(err, ffmpeg.ErrNotInstalled) && kind == unknown:
		return nil, &Error{Op: "open", Path: rec.name, Cause: fmt.Errorf("%w: %s, expected a recording", pcm.ErrUnsupported, what), Hint: hint(pcm.ErrUnsupported)}
	case errors.Is(err, ffmpeg.ErrNotInstalled):
		return nil, &Error{Op: "open", Path: rec.name, Cause: fmt.Errorf("%w here: %s, and %w", pcm.ErrUnsupported, what, err), Hint: ffmpeg.InstallHint}
	case errors.Is(err, ffmpeg.ErrNoTrack):
		return nil, &Error{Op: "open", Path: rec.name, Cause: err, Hint: "choose a track it has"}
	case err != nil && kind == unknown:
		return nil, &Error{Op: "open", Path: rec.name, Cause: fmt.Errorf("%w: %s, nor one to ffmpeg", pcm.ErrUnsupported, what), Hint: "name a recording"}
	case err != nil:
		return nil, err
	case path == "" || src.Track > 0:
		return dec, nil
	}
	return rec.firstThatSounds(ctx, src, dec, what)
}

// convert starts an ffmpeg that decodes src until rec.stop.
func (rec *Recording) convert(ctx context.Context, src ffmpeg.Source, what string) (*converted, error) {
	p, err := ffmpeg.Start(src)
	if err != nil {
		return nil, err
	}
	// The process has to end first, then the pump that reads from it, then the pump of
	// its input.
	before := rec.stop
	rec.stop = func() { before(); p.Close() }
	dec, err := ffmpeg.NewReader(rec.pumped(ctx, p))
	if err == io.EOF {
		err = pcm.ErrEmpty
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	return &converted{Reader: dec, by: p, container: containerName(what), track: max(1, src.Track)}, nil
}

// converted decodes the output of ffmpeg. Its format names the container of the recording.
type converted struct {
	*ffmpeg.Reader
	by        *ffmpeg.Process
	container string
	track     int
	silent    bool // whether the tracks before it are silent
}

func (c *converted) Format() pcm.Format {
	f := c.Reader.Format()
	f.Container, f.Encoding = c.container, byFFmpeg
	return f
}

func (c *converted) Warning() error { return pcm.Join(c.by.Warning(), c.Reader.Warning()) }

// notes are the notes about other tracks.
func (c *converted) notes() []string {
	switch n := c.by.Tracks(); {
	case c.silent && c.track == 2:
		return []string{fmt.Sprintf("track 2 of %d sound tracks is heard, because track 1 begins with silence", n)}
	case c.silent:
		return []string{fmt.Sprintf("track %d of %d sound tracks is heard, because those before it begin with silence", c.track, n)}
	case n > 1:
		return []string{fmt.Sprintf("it has %d sound tracks, and track %d is heard unless another is chosen", n, c.track)}
	}
	return nil
}
