package main

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"github.com/seed-7adb9000/diarizer/capture"
)

// progress shows in the last line of a terminal how far the streams of a command have come.
// It draws only where standard error is a terminal. Everything that is printed goes through
// it, so that the line can be cleared first.
type progress struct {
	mu    sync.Mutex
	w     io.Writer
	shown bool
	pb    *progressbar.ProgressBar // nil before the first drawing

	began  time.Time
	drawn  time.Duration // heard at the last drawing
	heard  time.Duration // sound heard of all streams together
	known  time.Duration // length of all streams that are or were open
	open   int           // streams of unknown length
	whole  time.Duration // length of all recordings, 0 where it is not known
	done   int
	expect int // number of recordings, 0 where it is not known
}

// newProgress draws on w unless quiet is set.
func newProgress(w io.Writer, quiet bool) *progress {
	p := &progress{w: w, began: time.Now()}
	if f, ok := w.(*os.File); ok && !quiet {
		p.shown = term.IsTerminal(int(f.Fd()))
	}
	return p
}

// recordings sets the number of recordings.
func (p *progress) recordings(n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.expect = n
}

// total sets the length of all recordings together.
func (p *progress) total(d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.whole = d
}

// finished counts a recording as done.
func (p *progress) finished() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.done++
}

// sum returns how much was heard of all streams together, and how long that took.
func (p *progress) sum() (heard, took time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.heard, time.Since(p.began)
}

// stream adds a stream of that length, which is 0 where it is not known. The function that
// it returns is called with the position of the stream, in samples.
func (p *progress) stream(length time.Duration) (at func(samples int64)) {
	p.mu.Lock()
	p.known += length
	if length == 0 {
		p.open++
	}
	p.mu.Unlock()
	last := int64(0)
	return func(samples int64) {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.heard += capture.Duration(samples - last)
		last = samples
		if p.shown && p.heard-p.drawn >= time.Second {
			p.drawn = p.heard
			p.draw()
		}
	}
}

// print clears the line and calls f, which writes in its place.
func (p *progress) print(f func() error) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.clear()
	return f()
}

// end removes the line.
func (p *progress) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.clear()
	p.shown = false
}

func (p *progress) clear() {
	if p.pb != nil {
		_ = p.pb.Clear() // a terminal that is gone cannot be told of it
	}
}

func (p *progress) draw() {
	total := int64(max(p.whole, p.known).Seconds())
	if total == 0 || p.open > 0 && p.whole == 0 {
		total = -1
	}
	switch {
	case p.pb == nil || p.pb.GetMax64() <= 0 && total > 0:
		p.clear()
		p.pb = progressbar.NewOptions64(total,
			progressbar.OptionSetWriter(p.w),
			progressbar.OptionSetWidth(30),
			progressbar.OptionThrottle(100*time.Millisecond),
			progressbar.OptionClearOnFinish(),
			progressbar.OptionSetPredictTime(total > 0),
		)
	case total > 0 && total != p.pb.GetMax64():
		p.pb.ChangeMax64(total)
	}
	p.pb.Describe(p.describe())
	_ = p.pb.Set64(int64(p.heard.Seconds())) // fails beyond the total, where a header gave a wrong length
}

// describe is the text of the line: recordings done, sound heard, and the speed.
func (p *progress) describe() string {
	s := ""
	if p.expect > 1 {
		s = fmt.Sprintf("%d of %d done, ", p.done, p.expect)
	}
	s += p.heard.Round(time.Second).String()
	if total := max(p.whole, p.known); total > 0 && (p.open == 0 || p.whole > 0) {
		s += " of " + total.Round(time.Second).String()
	}
	return s + fmt.Sprintf(" heard, %.0f × real time", p.heard.Seconds()/time.Since(p.began).Seconds())
}
