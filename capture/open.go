package capture

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/seed-7adb9000/diarizer/capture/flac"
	"github.com/seed-7adb9000/diarizer/capture/pcm"
	"github.com/seed-7adb9000/diarizer/capture/resample"
	"github.com/seed-7adb9000/diarizer/capture/wav"
)

// Options says how a recording is turned into blocks. The zero value mixes all
// channels and makes blocks of 20 ms.
type Options struct {
	// Channel is what is listened to. The zero value is Mix.
	Channel Channel
	// BlockSize is the length of the blocks in samples at 16 kHz. Defaults to
	// DefaultBlockSize. The last block may be shorter.
	BlockSize int
}

// DefaultBlockSize is 20 ms, what sound devices deliver at a time.
const DefaultBlockSize = 320

// Channel selects one channel of a recording, counted from 1, or all of them.
type Channel int

// Mix is the mean of all channels.
const Mix Channel = 0

// Open opens a recording, recognised by its content whatever its name: WAV in
// all the encodings that recorders write, and FLAC, of any sample rate and
// number of channels. Memory does not depend on the recording's length.
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
	size := int64(-1)
	if info.Mode().IsRegular() {
		size = info.Size()
	}
	rec, err := open(ctx, f, path, size, opts)
	if err != nil {
		f.Close()
	}
	return rec, err
}

// OpenReader opens a recording that comes through a pipe or a connection, of
// the same formats as [Open]; name stands for it in messages. The reader is
// read ahead by a goroutine, so that a cancelled context ends a wait for it,
// and closed with the Recording if it is an io.Closer. That goroutine ends when
// the reader's current Read returns.
func OpenReader(ctx context.Context, r io.Reader, name string, opts Options) (*Recording, error) {
	return open(ctx, r, name, -1, opts)
}

// open recognises what r holds. A stream of unknown size is one that may block.
func open(ctx context.Context, r io.Reader, name string, size int64, opts Options) (*Recording, error) {
	if opts.Channel < 0 {
		return nil, fmt.Errorf("channel %d: expected mix, or a channel from 1 on", opts.Channel)
	}
	if opts.BlockSize <= 0 {
		opts.BlockSize = DefaultBlockSize
	}
	rec := &Recording{name: name, opts: opts, closer: func() error { return nil }}
	if c, ok := r.(io.Closer); ok {
		rec.closer = c.Close
	}
	if size < 0 {
		rec.pump = newPump(ctx, r)
		r = rec.pump
	}
	err := rec.start(r, size)
	if err == nil {
		return rec, nil
	}
	rec.stopPump()
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	var e *Error
	if !errors.As(err, &e) {
		e = &Error{Op: "open", Path: name, Cause: err, Hint: hint(err)}
	}
	return nil, e
}

// start recognises the format and makes everything ready for Next.
func (rec *Recording) start(r io.Reader, size int64) error {
	br := bufio.NewReaderSize(r, 64<<10)
	head, err := br.Peek(sniffLen)
	if len(head) == 0 {
		if err != nil && err != io.EOF {
			return err
		}
		return &Error{Op: "open", Path: rec.name, Cause: fmt.Errorf("is empty: %w", pcm.ErrEmpty), Hint: hintFormats}
	}
	if n := id3Len(head); n > 0 {
		if k, err := br.Discard(n); err != nil {
			return fmt.Errorf("%w: an ID3 tag of %d bytes, of which %d are there, and no sound", pcm.ErrTruncated, n, k)
		}
		size = max(-1, size-int64(n))
		head, _ = br.Peek(sniffLen)
	}
	kind, what := sniff(head)
	switch kind {
	case wavFile:
		rec.dec, err = wav.NewReader(br, size)
	case flacFile:
		rec.dec, err = flac.NewReader(br)
	default:
		return &Error{Op: "open", Path: rec.name, Cause: fmt.Errorf("%w: %s, expected WAV or FLAC", pcm.ErrUnsupported, what), Hint: conversion(kind, rec.name)}
	}
	if err != nil {
		return err
	}
	return rec.prepare()
}

// prepare checks the decoder's format against the options.
func (rec *Recording) prepare() error {
	f := rec.dec.Format()
	if int(rec.opts.Channel) > f.Channels {
		return &Error{
			Op: "open", Path: rec.name,
			Cause: fmt.Errorf("has no channel %d, only %d", rec.opts.Channel, f.Channels),
			Hint:  "choose a channel it has, or mix",
		}
	}
	if f.Rate != Rate {
		rs, err := resample.New(f.Rate, Rate)
		if err != nil {
			return fmt.Errorf("%w: %w", pcm.ErrUnsupported, err)
		}
		rec.rs = rs
	}
	// As many frames at a time as a block needs, so that a live stream is not
	// waited for longer than that.
	frames := (rec.opts.BlockSize*f.Rate + Rate - 1) / Rate
	frames = max(1, min(frames, maxChunk/f.Channels))
	rec.raw = make([]float32, frames*f.Channels)
	rec.mono = make([]float32, frames)
	return nil
}

// maxChunk bounds the samples decoded at a time.
const maxChunk = 1 << 16

const hintFormats = "expected a WAV or FLAC recording"

func hint(err error) string {
	switch {
	case errors.Is(err, pcm.ErrUnsupported):
		return "convert it to WAV or FLAC"
	case errors.Is(err, pcm.ErrTruncated), errors.Is(err, pcm.ErrDamaged):
		return "record or copy it again"
	}
	return ""
}

func conversion(kind container, path string) string {
	if kind == otherAudio {
		return fmt.Sprintf("convert it first: ffmpeg -i %s out.wav", path)
	}
	return "name a WAV or FLAC recording"
}
