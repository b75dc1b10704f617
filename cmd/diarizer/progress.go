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

// progress is the one line under what is printed that says how far all streams
// of a command have come. It is drawn where standard error is a terminal.
// Everything that is printed goes through it, one thing at a time.
type progress struct {
	mu    sync.Mutex
	w     io.Writer
	shown bool
	pb    *progressbar.ProgressBar // nil before the first drawing

	began  time.Time
	drawn  time.Duration // of sound heard, at the last drawing
	heard  time.Duration // of all streams together
	known  time.Duration // length of all streams that are open or were
	open   int           // streams of unknown length
	whole  time.Duration // length of all there are to come, 0 where not known
	done   int
	expect int // recordings in all, 0 where that is not said
}

// newProgress draws on w unless quiet is set.
func newProgress(w io.Writer, quiet bool) *progress {
	p := &progress{w: w, began: time.Now()}
	if f, ok := w.(*os.File); ok && !quiet {
		p.shown = term.IsTerminal(int(f.Fd()))
	}
	return p
}

// recordings says how many there are in all.
func (p *progress) recordings(n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.expect = n
}

// total says how long all recordings are together.
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

// sum returns what was heard of all streams, and since when.
func (p *progress) sum() (heard, took time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.heard, time.Since(p.began)
}

// stream adds a stream of the given length, 0 where it is not known, and
// returns what is to be told how far it has been heard, in samples.
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

// print lets f write where the line was.
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
		_ = p.pb.Clear() // fails as the terminal does
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
	_ = p.pb.Set64(int64(p.heard.Seconds())) // fails only beyond the total, when a header was wrong
}

// describe is the line's text: what is done, what was heard of what, how fast.
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
