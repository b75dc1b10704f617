package capture

import (
	"context"
	"fmt"
	"os"

	"github.com/seed-7adb9000/diarizer/capture/flac"
)

// Recorder is a Source that writes the sound of another source to a FLAC file of 16
// bits. Lost sound is silence there, so that a time in the file is the time in the
// stream. If the program never closes the file, it still plays to within a second of its
// end.
type Recorder struct {
	src     Source
	path    string
	f       *os.File
	w       *flac.Writer // nil after a failure
	onError func(error)
	pos     int64
	silence [DefaultBlockSize]float32
}

var _ Source = (*Recorder)(nil)

// Record returns a Recorder of src. The file must not exist. An error of writing, above
// all a full disk, ends the recording and not the stream; onError, where not nil, is
// called with it once.
func Record(src Source, path string, onError func(error)) (*Recorder, error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if os.IsExist(err) {
		return nil, &Error{Op: "record", Path: path, Cause: os.ErrExist, Hint: "name another file, or remove it"}
	}
	if err != nil {
		return nil, systemError("record", path, err)
	}
	w, err := flac.NewWriter(f, Rate)
	if err != nil {
		f.Close()
		return nil, systemError("record", path, err)
	}
	return &Recorder{src: src, path: path, f: f, w: w, onError: onError}, nil
}

// Next returns the next block of the source after it was written. Writing the silence
// for a gap of days takes a while; if ctx is done first, the recording ends in the gap.
func (r *Recorder) Next(ctx context.Context) (Block, error) {
	b, err := r.src.Next(ctx)
	for r.w != nil && r.pos < b.Start {
		if ctx.Err() != nil {
			return b, err // later sound cannot be written without the whole gap
		}
		n := min(b.Start-r.pos, int64(len(r.silence)))
		r.write(r.silence[:n])
	}
	r.write(b.Samples)
	return b, err
}

func (r *Recorder) write(samples []float32) {
	if r.w == nil {
		return
	}
	r.pos += int64(len(samples))
	if err := r.w.Write(samples); err != nil {
		_ = r.w.Close() // fails for the same reason
		r.w = nil
		if r.onError != nil {
			r.onError(fmt.Errorf("recording ends after %v: %w", Duration(r.pos), systemError("record", r.path, err)))
		}
	}
}

// Close closes the source and completes the file.
func (r *Recorder) Close() error {
	err := r.src.Close()
	if r.w != nil {
		if failed := r.w.Close(); failed != nil && err == nil {
			err = systemError("record", r.path, failed)
		}
		r.w = nil
	}
	return err
}
