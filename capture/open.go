package capture

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/seed-7adb9000/diarizer/capture/ffmpeg"
	"github.com/seed-7adb9000/diarizer/capture/flac"
	"github.com/seed-7adb9000/diarizer/capture/internal/mix"
	"github.com/seed-7adb9000/diarizer/capture/mp3"
	"github.com/seed-7adb9000/diarizer/capture/opus"
	"github.com/seed-7adb9000/diarizer/capture/pcm"
	"github.com/seed-7adb9000/diarizer/capture/wav"
)

// Options says how a recording becomes blocks. The zero value recognises the format,
// mixes all channels and makes blocks of 20 ms.
type Options struct {
	// Channel is the channel that is read. The zero value is Mix. Each is for OpenAll and
	// OpenReaderAll only.
	Channel Channel
	// Track is the sound track that is read where a container holds several, counted from
	// 1. Zero is the first track; in a file whose first track begins with minutes of
	// silence it is the first track that does not.
	Track int
	// Raw, if not nil, says that the data is samples without a header.
	Raw *Raw
	// BlockSize is the length of the blocks in samples at 16 kHz. Defaults to
	// DefaultBlockSize. The last block may be shorter.
	BlockSize int
}

// DefaultBlockSize is 20 ms, what sound devices deliver at a time.
const DefaultBlockSize = 320

// Open opens a recording. It recognises the format by the content, whatever the name.
// WAV in all the encodings that recorders write, FLAC, MP3 and Ogg Opus are decoded
// here; everything else is decoded by ffmpeg, where it is installed. Any sample rate and
// number of channels will do. Memory does not depend on the length of the recording.
//
// Errors are of type [*Error].
func Open(ctx context.Context, path string, opts Options) (*Recording, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, systemError("open", path, err)
	}
	if info.IsDir() {
		return nil, &Error{Op: "open", Path: path, Cause: errors.New("is a directory, expected a recording"), Hint: "name the files in it"}
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, systemError("open", path, err)
	}
	in := input{name: path, r: f, size: -1, close: f.Close}
	if info.Mode().IsRegular() {
		in.size, in.path, in.at = info.Size(), path, f
	}
	rec, err := open(ctx, in, opts)
	if err != nil {
		f.Close()
	}
	return rec, err
}

// OpenReader opens a recording that comes through a pipe or a connection, in the formats
// of [Open]. Messages name it name. A goroutine reads ahead, so that a cancelled context
// ends a wait for the reader. The goroutine ends when the current Read of the reader
// returns. The reader is closed with the Recording if it is an io.Closer.
func OpenReader(ctx context.Context, r io.Reader, name string, opts Options) (*Recording, error) {
	in := input{name: name, r: r, size: -1}
	if c, ok := r.(io.Closer); ok {
		in.close = c.Close
	}
	return open(ctx, in, opts)
}

// input is the source of a recording's bytes.
type input struct {
	name  string
	path  string // of a regular file
	at    io.ReaderAt
	r     io.Reader
	size  int64 // of a regular file, or -1 where reading may have to wait
	close func() error
}

// open recognises and prepares a recording. After an error, in is still open.
func open(ctx context.Context, in input, opts Options) (*Recording, error) {
	if opts.Channel < 0 {
		return nil, fmt.Errorf("channel %v: expected mix, or a channel from 1 on", opts.Channel)
	}
	if opts.BlockSize <= 0 {
		opts.BlockSize = DefaultBlockSize
	}
	rec := &Recording{name: in.name, opts: opts, channel: opts.Channel, stop: func() {}, closer: in.close}
	if rec.closer == nil {
		rec.closer = func() error { return nil }
	}
	if in.size < 0 {
		in.r = rec.pumped(ctx, in.r)
	}
	dec, err := rec.recognise(ctx, in)
	if err == nil {
		err = rec.prepare(newLeveled(dec))
	}
	if err == nil {
		return rec, nil
	}
	rec.stop()
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	var e *Error
	if !errors.As(err, &e) {
		e = &Error{Op: "open", Path: in.name, Cause: err, Hint: hint(err)}
	}
	return nil, e
}

// pumped reads r in a goroutine that rec.stop ends.
func (rec *Recording) pumped(ctx context.Context, r io.Reader) *pump {
	p := newPump(ctx, r)
	rec.wait = p
	before := rec.stop
	rec.stop = func() { p.stop(); before() }
	return p
}

// recognise finds the decoder.
func (rec *Recording) recognise(ctx context.Context, in input) (dec pcm.Reader, err error) {
	br := bufio.NewReaderSize(in.r, 64<<10)
	if rec.opts.Raw != nil {
		return newRawReader(br, *rec.opts.Raw, in.size)
	}
	head, err := br.Peek(sniffLen)
	if len(head) == 0 {
		if err != nil && err != io.EOF {
			return nil, err
		}
		return nil, &Error{Op: "open", Path: in.name, Cause: fmt.Errorf("is empty: %w", pcm.ErrEmpty), Hint: "name a recording"}
	}
	size := in.size
	if n := id3Len(head); n > 0 {
		if k, err := br.Discard(n); err != nil {
			return nil, fmt.Errorf("%w: an ID3 tag of %d bytes, of which %d are there, and no sound", pcm.ErrTruncated, n, k)
		}
		size = max(-1, size-int64(n))
		head, _ = br.Peek(sniffLen)
	}
	kind, what := sniff(head)
	switch kind {
	case notSound:
		return nil, &Error{Op: "open", Path: in.name, Cause: fmt.Errorf("%w: %s, expected a recording", pcm.ErrUnsupported, what), Hint: "name a recording"}
	case unknown, otherAudio, timedAudio:
		if in.path == "" && kind == timedAudio && indexBehind(br) {
			return nil, &Error{
				Op: "open", Path: in.name,
				Cause: fmt.Errorf("%w through a pipe: %s whose index comes after the sound", pcm.ErrUnsupported, what),
				Hint:  "name the file itself, or put the index first (ffmpeg -i IN.m4a -c copy -movflags +faststart OUT.m4a)",
			}
		}
		return rec.ffmpeg(ctx, in.path, br, kind, what)
	}
	if rec.opts.Track > 1 {
		return nil, &Error{Op: "open", Path: in.name, Cause: fmt.Errorf("%s has one sound track, and no track %d", what, rec.opts.Track), Hint: "leave out the track"}
	}
	switch kind {
	case wavFile:
		dec, err = wav.NewReader(br, size)
	case flacFile:
		dec, err = flac.NewReader(br)
	case mp3File:
		dec, err = mp3.NewReader(br)
	case opusFile:
		dec, err = opus.NewReader(br, in.at, in.size)
	}
	if errors.Is(err, pcm.ErrUnsupported) && in.path != "" {
		// A rare encoding in a container that is decoded here.
		if other, failed := rec.ffmpeg(ctx, in.path, nil, kind, what); !errors.Is(failed, ffmpeg.ErrNotInstalled) {
			return other, failed
		}
	}
	return dec, err
}

// prepare makes rec read from a decoder. It is an error if the options do not fit its format.
func (rec *Recording) prepare(dec decoder) (err error) {
	f := dec.Format()
	if int(rec.opts.Channel) > f.Channels {
		return &Error{
			Op: "open", Path: rec.name,
			Cause: fmt.Errorf("has no channel %d, only %d", rec.opts.Channel, f.Channels),
			Hint:  "choose a channel it has, or mix",
		}
	}
	if rec.grid, err = newGrid(f.Rate); err != nil {
		return fmt.Errorf("%w: %w", pcm.ErrUnsupported, err)
	}
	rec.dec, rec.format, rec.mixer = dec, f, mix.New(f.Rate, f.Channels)
	// As many frames at a time as a block needs, so that a block of a live stream does not
	// wait for more.
	frames := (rec.opts.BlockSize*f.Rate + Rate - 1) / Rate
	frames = max(1, min(frames, maxChunk/f.Channels))
	rec.raw = make([]float32, max(frames*f.Channels, pcm.MaxChannels))
	rec.mono = make([]float32, frames)
	return nil
}

// maxChunk bounds the samples decoded at a time.
const maxChunk = 1 << 16

func hint(err error) string {
	switch {
	case errors.Is(err, pcm.ErrUnsupported):
		return "convert it to WAV or FLAC"
	case errors.Is(err, pcm.ErrTruncated), errors.Is(err, pcm.ErrDamaged):
		return "record or copy it again"
	}
	return ""
}
