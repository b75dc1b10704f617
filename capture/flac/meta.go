package flac

import (
	"errors"
	"fmt"
	"io"

	"github.com/mewkiz/flac/meta"

	"github.com/seed-7adb9000/diarizer/capture/pcm"
)

// magic is what a recording begins with.
const magic = "fLaC"

// maxBlocks bounds the metadata; real files have some ten blocks.
const maxBlocks = 10000

// readMeta reads the stream's properties and skips all other metadata.
func readMeta(w *window) (*meta.StreamInfo, error) {
	var head [len(magic)]byte
	if _, err := io.ReadFull(w, head[:]); err != nil {
		return nil, headerError(err)
	}
	if string(head[:]) != magic {
		return nil, fmt.Errorf("%w: begins with %q, expected %s", pcm.ErrDamaged, head, magic)
	}
	block, err := meta.New(w)
	if err != nil {
		return nil, headerError(err)
	}
	// The library would take any block here and later find no frames in it.
	if block.Type != meta.TypeStreamInfo || block.Length != 34 {
		return nil, fmt.Errorf("%w: the first metadata block is of type %d and %d bytes, expected stream info of 34 bytes",
			pcm.ErrDamaged, block.Type, block.Length)
	}
	if err := block.Parse(); err != nil {
		return nil, headerError(err)
	}
	info := block.Body.(*meta.StreamInfo)
	if info.BitsPerSample < 4 || info.BitsPerSample > 32 {
		return nil, fmt.Errorf("%w: %d bits a sample, expected 4 to 32", pcm.ErrDamaged, info.BitsPerSample)
	}
	for range maxBlocks {
		if block.IsLast {
			return info, nil
		}
		if block, err = meta.New(w); err != nil {
			return nil, headerError(err)
		}
		if block.Type == meta.TypeStreamInfo || block.Type == 127 {
			return nil, fmt.Errorf("%w: metadata block of type %d", pcm.ErrDamaged, block.Type)
		}
		if n, err := w.Discard(int(block.Length)); err != nil {
			return nil, fmt.Errorf("%w: a metadata block has %d of %d bytes", pcm.ErrTruncated, n, block.Length)
		}
	}
	return nil, fmt.Errorf("%w: no sound after %d metadata blocks", pcm.ErrDamaged, maxBlocks)
}

func headerError(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("%w: ends within the FLAC header", pcm.ErrTruncated)
	}
	return fmt.Errorf("%w: FLAC header: %w", pcm.ErrDamaged, err)
}
