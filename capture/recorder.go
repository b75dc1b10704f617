package capture

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/seed-7adb9000/diarizer/capture/flac"
)

// Recorder is a Source that writes the sound of another source to a FLAC file of 16
// bits. Lost sound is silence there, so that a time in the file is the time in the
// stream. The file is written by a goroutine of its own: the silence for a gap of days
// takes minutes, and the sound after the gap does not wait for it. If the program never
// closes the file, it still plays to within a second of what was written.
type Recorder struct {
	src     Source
	path    string
	onError func(error)

	mu      sync.Mutex
	changed *sync.Cond
	waiting []Block
	held    int // the samples of waiting
	most    int // from which on the source waits
	end     int64
	cut     bool      // whether what comes now is not recorded
	giveUp  time.Time // when a gap is given up, zero until Close

	// The rest belongs to the goroutine that writes, until done is closed.
	done    chan struct{}
	f       *os.File
	w       *flac.Writer // nil after a failure
	pos     int64
	silence [DefaultBlockSize]float32

	within time.Duration // how long Close waits for a gap
}

var _ Source = (*Recorder)(nil)

const (
	// mostHeld is the sound that waits while the silence of a gap is written: half an
	// hour, 115 MB. The silence of more than a month takes that long.
	mostHeld = 30 * 60 * Rate
	// gapWithin bounds the wait for the silence of a gap at the end.
	gapWithin = 30 * time.Second
)

// errGap is why a recording ends in a gap.
var errGap = errors.New("the silence of a long gap was still being written at the end, so that the sound after it is not recorded")

// Record returns a Recorder of src. The Recorder must be closed, which closes src too: until
// then a goroutine runs. The file must not exist. An error
// of writing, above all a full disk, ends the recording and not the stream; onError, where
// not nil, is called with it once, from another goroutine, and not after Close.
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
	r := &Recorder{src: src, path: path, f: f, w: w, onError: onError, most: mostHeld, within: gapWithin, done: make(chan struct{})}
	r.changed = sync.NewCond(&r.mu)
	go r.run()
	return r, nil
}

// Next returns the next block of the source, which is being written. If ctx is done at a
// gap, the recording ends there.
func (r *Recorder) Next(ctx context.Context) (Block, error) {
	b, err := r.src.Next(ctx)
	r.hand(ctx, b)
	return b, err
}

// hand hands a block to the goroutine that writes. It waits only if that is far behind.
func (r *Recorder) hand(ctx context.Context, b Block) {
	defer context.AfterFunc(ctx, func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.changed.Broadcast()
	})()
	r.mu.Lock()
	defer r.mu.Unlock()
	if b.Start > r.end && ctx.Err() != nil {
		r.cut = true // later sound cannot be written without the whole gap
	}
	for !r.cut && r.held > r.most && ctx.Err() == nil {
		r.changed.Wait()
	}
	if r.cut {
		return
	}
	b.Samples = slices.Clone(b.Samples)
	r.waiting, r.held = append(r.waiting, b), r.held+len(b.Samples)
	r.end = max(r.end, b.Start) + int64(len(b.Samples))
	r.changed.Broadcast()
}

// run writes the blocks until the Recorder is closed.
func (r *Recorder) run() {
	defer close(r.done)
	for {
		b, ok := r.take()
		if !ok {
			return
		}
		for r.w != nil && r.pos < b.Start {
			if r.late() {
				r.fail(errGap)
				break
			}
			r.write(r.silence[:min(b.Start-r.pos, int64(len(r.silence)))])
		}
		r.write(b.Samples)
	}
}

// take waits for the next block. There is none when the Recorder is closed.
func (r *Recorder) take() (b Block, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for len(r.waiting) == 0 && r.giveUp.IsZero() {
		r.changed.Wait()
	}
	if len(r.waiting) == 0 {
		return b, false
	}
	b = r.waiting[0]
	r.waiting[0] = Block{} // its samples are not held by what waits behind it
	r.waiting = r.waiting[1:]
	r.held -= len(b.Samples)
	r.changed.Broadcast()
	return b, true
}

// late reports whether the end has waited for a gap for long enough.
func (r *Recorder) late() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return !r.giveUp.IsZero() && !time.Now().Before(r.giveUp)
}

func (r *Recorder) write(samples []float32) {
	if r.w == nil {
		return
	}
	r.pos += int64(len(samples))
	if err := r.w.Write(samples); err != nil {
		r.fail(systemError("record", r.path, err))
	}
}

// fail ends the recording, and what waits is forgotten.
func (r *Recorder) fail(err error) {
	_ = r.w.Close() // what is written stays; a full disk fails here too
	r.w = nil
	r.mu.Lock()
	r.cut, r.waiting, r.held = true, nil, 0
	r.changed.Broadcast()
	r.mu.Unlock()
	if r.onError != nil {
		r.onError(fmt.Errorf("recording ends after %v: %w", Duration(r.pos), err))
	}
}

// Close closes the source and completes the file.
func (r *Recorder) Close() error {
	err := r.src.Close()
	r.mu.Lock()
	r.giveUp = time.Now().Add(r.within)
	r.changed.Broadcast()
	r.mu.Unlock()
	<-r.done
	if r.w != nil {
		if failed := r.w.Close(); failed != nil && err == nil {
			err = systemError("record", r.path, failed)
		}
		r.w = nil
	}
	return err
}
