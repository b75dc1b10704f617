// Package tui shows running streams full-screen in a terminal: who speaks now,
// a lane for each speaker, shares of the talk time, level, gaps and latency.
package tui

import (
	"bytes"
	"cmp"
	"slices"
	"strings"
	"sync"
	"unicode"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/session/heard"
	"github.com/seed-7adb9000/diarizer/internal/session/meter"
	"github.com/seed-7adb9000/diarizer/internal/show/board"
	"github.com/seed-7adb9000/diarizer/internal/show/transcript"
)

// The bounds of a Feed: how many streams it keeps, and how many lines of each.
const (
	maxStreams = 50
	maxLines   = 200
)

// Feed is what the view shows. It never waits for the view. Its methods may be called from
// any goroutine.
type Feed struct {
	mu       sync.Mutex
	streams  map[string]*stream // earlier runs too, by stream/run
	runs     event.Runs
	order    []string // keys of streams in order of appearance, each after its earlier runs
	messages []string // messages of the program
	over     bool     // no more events come
}

// stream is one stream of a Feed.
type stream struct {
	board   board.Board
	text    *transcript.Printer
	out     bytes.Buffer
	lines   []string
	reading *meter.Reading
	guess   heard.Guess // the latest partial words
	lag     float64     // seconds from a sound to the decision about it, the mean of the latest
	timed   bool        // whether lag has a value
}

// NewFeed returns a Feed without streams.
func NewFeed() *Feed { return &Feed{streams: map[string]*stream{}} }

// Event adds an event. It ignores an event of an earlier run that the Feed does not keep.
func (f *Feed) Event(e event.Event) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	s := f.run(e)
	if s == nil || !s.board.Apply(e) {
		return nil
	}
	if e.Turn != nil && (e.Kind == event.TurnStarted || e.Kind == event.TurnUpdated) {
		lag := max(0, (e.At - e.Turn.End).Seconds())
		if s.timed {
			lag = s.lag + 0.2*(lag-s.lag)
		}
		s.lag, s.timed = lag, true
	}
	if err := s.text.Event(e); err != nil {
		return err
	}
	for line := range strings.Lines(s.out.String()) {
		s.lines = append(s.lines, strings.TrimSuffix(line, "\n"))
	}
	s.out.Reset()
	s.lines = s.lines[max(0, len(s.lines)-maxLines):]
	return nil
}

// run is the run of e, nil if it is an earlier one that the Feed does not keep. It begins a
// run that is later than those before. The caller holds the lock.
func (f *Feed) run(e event.Event) *stream {
	s, latest := f.streams[e.Stream], ""
	if s != nil {
		latest = s.board.Run()
	}
	switch {
	case s != nil && e.Run == latest:
		return s
	case !f.runs.Later(e, latest):
		return f.streams[earlier(e.Stream, e.Run)]
	case s != nil:
		f.past(s)
	default:
		if len(f.order) == maxStreams {
			delete(f.streams, f.order[0])
			f.order = f.order[1:]
		}
		f.order = append(f.order, e.Stream)
	}
	s = &stream{}
	s.text = transcript.New(&s.out, transcript.Options{})
	f.streams[e.Stream] = s
	return s
}

// earlier is the key of an earlier run of a stream, which no stream has as its id.
func earlier(stream, run string) string { return stream + "/" + run }

// earlierRuns is the number of earlier runs. The caller holds the lock.
func (f *Feed) earlierRuns() (n int) {
	for key, s := range f.streams {
		if key != s.board.Stream() {
			n++
		}
	}
	return n
}

// past keeps a run when a new run of its stream begins.
func (f *Feed) past(s *stream) {
	s.reading, s.guess = nil, heard.Guess{}
	key := earlier(s.board.Stream(), s.board.Run())
	f.streams[key] = s
	f.order = slices.Insert(f.order, slices.Index(f.order, s.board.Stream()), key)
	if len(f.order) > maxStreams {
		delete(f.streams, f.order[0])
		f.order = f.order[1:]
	}
}

// Reading shows a reading of a stream's meter.
func (f *Feed) Reading(r meter.Reading) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if s := f.streams[r.Stream]; s != nil && s.board.Run() == r.Run {
		s.reading = &r
	}
}

// Write adds messages, one a line, which would go to standard error without the view.
func (f *Feed) Write(p []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for line := range strings.Lines(string(p)) {
		if line = strings.TrimSpace(line); line != "" {
			f.messages = append(f.messages, line)
		}
	}
	f.messages = f.messages[max(0, len(f.messages)-maxLines):]
	return len(p), nil
}

// chosen is the stream or earlier run of that name. Without one it is the latest stream
// that goes on, or else the latest. The caller holds the lock.
func (f *Feed) chosen(name string) *stream {
	if s := f.streams[name]; s != nil {
		return s
	}
	for _, ended := range []bool{false, true} {
		for _, id := range slices.Backward(f.order) {
			s := f.streams[id]
			if over := s.board.Ended() != nil || id != s.board.Stream(); over == ended {
				return s
			}
		}
	}
	return nil
}

// after is the name of the next stream or earlier run, in order of appearance.
func (f *Feed) after(name string) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	if s := f.chosen(name); s != nil && f.streams[name] == nil {
		name = s.board.Stream()
	}
	if len(f.order) == 0 {
		return ""
	}
	return f.order[(slices.Index(f.order, name)+1)%len(f.order)]
}

// title is the name of the stream's source, or the stream's id.
func (s *stream) title() string { return clean(cmp.Or(s.board.Source().Name, s.board.Stream())) }

// clean replaces the control characters of a text from outside, so that the text can only
// be shown.
func clean(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
			return '·'
		}
		return r
	}, text)
}
