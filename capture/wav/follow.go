package wav

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/seed-7adb9000/diarizer/capture/pcm"
)

// begin begins reading the sound behind a header.
func (w *Reader) begin(h header) {
	w.reshape(h.shape, h.container)
	w.restart(h.dataSize)
}

// reshape prepares for sound of a format that may differ.
func (w *Reader) reshape(sh shape, container string) {
	if w.frames == nil || sh.enc.Name != w.shape.enc.Name || sh.enc.Size != w.shape.enc.Size || sh.channels != w.shape.channels {
		if w.frames != nil && w.before == nil {
			w.before = w.frames.Warning()
		}
		w.frames = pcm.NewFrames(w.s, sh.enc, sh.channels, 0)
	}
	w.shape, w.size = sh, sh.enc.Size*sh.channels
	w.format = pcm.Format{Container: container, Encoding: sh.enc.Name, Rate: sh.rate, Channels: sh.channels, Frames: w.format.Frames}
}

// restart begins a chunk of sound. size is its length in bytes, -1 if it is not known.
func (w *Reader) restart(size int64) {
	w.announced, w.even = size, true
	w.s.endless = size < 0
	w.frames.Restart(size)
	if w.s.size >= 0 && size >= 0 {
		// The size of the file is more reliable than the header.
		w.frames.Available(max(0, w.s.size-w.s.pos))
	}
}

// maxChanges bounds how often the format changes.
const maxChanges = 1000

// follow goes on behind the announced sound: with another chunk of sound, another recording, or sound that the header does
// not state. The error is io.EOF if there is none.
func (w *Reader) follow() error {
	w.s.another = false
	for range maxChunks {
		at, found := w.s.find()
		switch {
		case found == nothing:
			return io.EOF
		case found == more:
			w.goOn()
			return nil
		}
		if err := w.s.skip(int64(at), ""); err != nil {
			return ended(err)
		}
		if head, _ := w.s.br.Peek(12); isHeader(head) {
			return w.another()
		}
		id, n, err := w.s.chunk()
		if err != nil {
			return ended(err)
		}
		switch {
		case id == "data":
			w.parts++
			w.restart(w.s.dataSize(n))
			return nil
		case id == "LIST" && w.s.enter():
		case id == "slnt" && n == 4:
			var b [4]byte
			if err := w.s.read(b[:], ""); err != nil {
				return ended(err)
			}
			w.missing += w.gaps.Add(int64(binary.LittleEndian.Uint32(b[:])), w.format.Rate)
		default:
			if err := w.s.skip(n, ""); err != nil {
				return ended(err)
			}
		}
	}
	return io.EOF
}

// another begins a recording that follows this one.
func (w *Reader) another() error {
	h, err := w.s.header()
	if err == nil && w.changes < maxChanges {
		w.parts++
		w.changes++
		w.begin(h)
		return nil
	}
	if err == nil {
		err = fmt.Errorf("%w: more than %d recordings one after the other", pcm.ErrUnsupported, maxChanges)
	}
	if w.before == nil {
		w.before = fmt.Errorf("another recording follows and is not read: %w", err)
	}
	return io.EOF
}

// goOn takes the bytes after the announced sound for more sound: the stated size has wrapped around, or was never updated.
func (w *Reader) goOn() {
	more := w.wrap
	if w.s.size >= 0 {
		if more = (w.s.size - w.s.pos) / w.wrap * w.wrap; more == 0 {
			more = -1
		}
	}
	if w.beyond == nil {
		w.beyond = fmt.Errorf("%w: the header tells of %d bytes of sound, and more follow, which are read too", pcm.ErrDamaged, w.announced)
	}
	w.frames.Continue(more)
}

// ended turns an error that only means the end of the stream into io.EOF.
func ended(err error) error {
	if errors.Is(err, pcm.ErrTruncated) {
		return io.EOF
	}
	return err
}
