package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math"
	"os"
	"strings"
	"sync"

	"golang.org/x/term"

	"github.com/seed-7adb9000/diarizer/capture"
)

const (
	levelWidth   = 30                // characters of the bar, 2 dB each
	levelEvery   = capture.Rate / 10 // samples between two drawings
	levelFloor   = -60.              // dB of full scale, an empty bar
	levelSilence = -75.              // a peak below this in dB is no sound
	silentFor    = 5 * capture.Rate  // samples
	clearLine    = "\r\x1b[K"        // of a terminal
)

// levelLine shows in the last line of a terminal how loud a microphone is. It draws only
// where standard error is a terminal. Everything else that goes there is written through
// it, so that it can clear its line first.
type levelLine struct {
	w io.Writer

	mu    sync.Mutex
	on    bool // whether to draw
	drawn bool // whether the line is there
	hush  bool // whether it was said that there is no sound

	name   string
	since  int64   // samples since the last drawing
	peak   float64 // largest amplitude since then
	energy float64
	quiet  int64 // samples since the last sound
	at     int64
}

// newLevelLine draws on w where w is a terminal.
func newLevelLine(w io.Writer) *levelLine {
	f, ok := w.(*os.File)
	return &levelLine{w: w, on: ok && term.IsTerminal(int(f.Fd()))}
}

// off stops drawing, so that another part of the program can draw.
func (l *levelLine) off() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.clear()
	l.on = false
}

// Write clears the level and writes whole lines in its place.
func (l *levelLine) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.clear()
	return l.w.Write(p)
}

// around clears the level and calls f, which writes to the terminal past l.
func (l *levelLine) around(f func() error) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.clear()
	return f()
}

func (l *levelLine) clear() {
	if l.drawn {
		_, _ = io.WriteString(l.w, clearLine)
		l.drawn = false
	}
}

// source returns src and shows the level of the sound that src yields. name is the name of
// the microphone.
func (l *levelLine) source(src capture.Source, name string) capture.Source {
	l.name = name
	return &levelSource{src, l}
}

type levelSource struct {
	capture.Source
	line *levelLine
}

func (s *levelSource) Next(ctx context.Context) (capture.Block, error) {
	b, err := s.Source.Next(ctx)
	if err == nil {
		s.line.heard(b)
	}
	return b, err
}

// heard takes a block into account.
func (l *levelLine) heard(b capture.Block) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.on {
		return
	}
	for _, x := range b.Samples {
		l.peak = max(l.peak, math.Abs(float64(x)))
		l.energy += float64(x) * float64(x)
	}
	n := int64(len(b.Samples))
	l.at, l.since = b.End(), l.since+n
	if l.quiet += n; n == 0 || decibels(l.peak) > levelSilence {
		l.quiet, l.hush = 0, false
	}
	if l.quiet >= silentFor && !l.hush {
		l.hush = true
		l.clear()
		fmt.Fprintf(l.w, "no sound from %q for %d s: is it muted?\n", l.name, silentFor/capture.Rate)
	}
	if l.since >= levelEvery {
		l.draw()
		l.since, l.peak, l.energy = 0, 0, 0
	}
}

// draw shows the level of the last tenth of a second: the bar is the mean, the stroke the
// peak.
func (l *levelLine) draw() {
	mean, peak := decibels(math.Sqrt(l.energy/float64(l.since))), decibels(l.peak)
	cell := func(db float64) int {
		return max(0, min(levelWidth, int(math.Round((db-levelFloor)*levelWidth/-levelFloor))))
	}
	bar := []rune(strings.Repeat("█", cell(mean)) + strings.Repeat("·", levelWidth-cell(mean)))
	if p := cell(peak); p > cell(mean) {
		bar[p-1] = '│'
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s%s %s %4.0f dB", clearLine, clockTime(l.at), string(bar), max(-99, math.Round(peak)+0)) // not -0
	switch {
	case l.hush:
		b.WriteString("  no sound")
	case peak > -.1:
		b.WriteString("  too loud")
	}
	_, _ = l.w.Write(b.Bytes()) // a terminal that is gone cannot be told of it
	l.drawn = true
}

// clockTime is a position as hours, minutes and seconds.
func clockTime(samples int64) string {
	s := samples / capture.Rate
	return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
}

// decibels is the level of an amplitude in dB of full scale.
func decibels(x float64) float64 { return 20 * math.Log10(max(x, 1e-9)) }
