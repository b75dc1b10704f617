package page

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/session/heard"
	"github.com/seed-7adb9000/diarizer/internal/session/meter"
	"github.com/seed-7adb9000/diarizer/internal/show/board"
)

// The bounds of a Hub: how many streams it keeps, and how many of the latest events of
// each, for pages that come back. A page that was away for longer gets the board instead.
const (
	maxStreams = 100
	keepEvents = 2048
	keepBytes  = 8 << 20
)

// Hub stands between the events of streams and the pages that show them. It keeps a board
// of each stream's latest run, and of earlier runs that it has seen. It never waits for a
// page. Its methods may be called from any goroutine.
type Hub struct {
	mu      sync.Mutex
	streams map[string]*stream
	earlier map[string]*stream // by run
	order   event.Runs
	listed  uint64 // version of the list
	list    []byte // the list as JSON, nil if it has to be made again
	news    chan struct{}
}

// stream is one stream of a Hub.
type stream struct {
	board   board.Board
	arrived uint64     // the order in which the runs began
	events  []prepared // the latest events
	bytes   int        // size of the events
	snap    []byte     // the board as JSON at snapAt
	snapAt  uint64
	reading []byte
	read    uint64 // number of readings so far
	guess   []byte
	guessed uint64 // number of guesses so far
	news    chan struct{}
}

// prepared is an event as JSON for all pages.
type prepared struct {
	seq    uint64
	data   []byte
	change []byte // the board's change as JSON, nil if there is none
}

// NewHub returns a Hub without streams.
func NewHub() *Hub {
	return &Hub{streams: map[string]*stream{}, earlier: map[string]*stream{}, news: make(chan struct{})}
}

// Event shows an event. It ignores an event that was shown before, and one of an earlier
// run that the Hub does not keep.
func (h *Hub) Event(e event.Event) error {
	data, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("stream %s, event %d: %w", e.Stream, e.Seq, err)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	s := h.streams[e.Stream]
	latest := ""
	if s != nil {
		latest = s.board.Run()
	}
	switch {
	case h.order.Later(e, latest):
		s = h.begin(e.Stream)
	case e.Run != latest:
		if s = h.earlier[e.Run]; s == nil {
			return nil
		}
	}
	if !s.board.Apply(e) {
		return nil
	}
	if len(s.events) == keepEvents || s.bytes > keepBytes {
		s.forget()
	}
	s.events = append(s.events, prepared{e.Seq, data, lastChange(&s.board)})
	s.bytes += len(data)
	wake(&s.news)
	if e.Kind == event.StreamStarted || e.Kind == event.StreamEnded || len(s.events) == 1 {
		h.relist()
	}
	return nil
}

// latest returns the latest run of a stream, empty if none is known.
func (h *Hub) latest(id string) string {
	h.mu.Lock()
	defer h.mu.Unlock()
	if s := h.streams[id]; s != nil {
		return s.board.Run()
	}
	return ""
}

// forget forgets the older half of the events.
func (s *stream) forget() {
	half := (len(s.events) + 1) / 2
	for _, e := range s.events[:half] {
		s.bytes -= len(e.data)
	}
	s.events = slices.Delete(s.events, 0, half)
}

// begin makes room for a new run of a stream.
func (h *Hub) begin(id string) *stream {
	s := &stream{arrived: h.listed + 1, news: make(chan struct{})}
	if old := h.streams[id]; old != nil {
		h.past(old)
	} else if len(h.streams) == maxStreams {
		oldest := slices.MinFunc(h.inOrder(), func(a, b *stream) int {
			return cmp.Or(cmp.Compare(ended(b), ended(a)), cmp.Compare(a.arrived, b.arrived))
		})
		close(oldest.news)
		delete(h.streams, oldest.board.Stream())
		for run, s := range h.earlier {
			if s.board.Stream() == oldest.board.Stream() {
				h.drop(run)
			}
		}
	}
	h.streams[id] = s
	return s
}

// lastChange is the board's last change as JSON, nil if the last event led to none.
func lastChange(b *board.Board) []byte {
	all := b.Changes()
	if len(all) == 0 || all[len(all)-1].Seq != b.Seq() {
		return nil
	}
	data, err := json.Marshal(all[len(all)-1])
	if err != nil {
		return nil // never: a change is numbers and strings
	}
	return data
}

func ended(s *stream) int {
	if s.board.Ended() != nil {
		return 1
	}
	return 0
}

// Reading shows a reading of a stream's meter until the next one comes.
func (h *Hub) Reading(r meter.Reading) {
	data, err := json.Marshal(r)
	if err != nil {
		return // NaN: there is nothing to show
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	s := h.streams[r.Stream]
	if s == nil || s.board.Run() != r.Run {
		return
	}
	s.reading = data
	s.read++
	wake(&s.news)
}

// Partial shows partial words of a recogniser until the next ones come.
func (h *Hub) Partial(stream string, m heard.Message) {
	h.mu.Lock()
	defer h.mu.Unlock()
	s := h.streams[stream]
	if s == nil {
		return
	}
	g, ok := m.Guess(stream, s.board.Run(), s.board.Source().Origin)
	if !ok {
		return
	}
	data, err := json.Marshal(g)
	if err != nil {
		return // never: a guess is strings and numbers
	}
	s.guess = data
	s.guessed++
	wake(&s.news)
}

// wake wakes every goroutine that waits for news.
func wake(news *chan struct{}) {
	close(*news)
	*news = make(chan struct{})
}

func (h *Hub) relist() {
	h.listed++
	h.list = nil
	wake(&h.news)
}

// inOrder returns the streams: running ones before ended ones, and then the latest first.
func (h *Hub) inOrder() []*stream {
	all := make([]*stream, 0, len(h.streams))
	for _, s := range h.streams {
		all = append(all, s)
	}
	slices.SortFunc(all, func(a, b *stream) int {
		return cmp.Or(cmp.Compare(ended(a), ended(b)), cmp.Compare(b.arrived, a.arrived))
	})
	return all
}

// listing is one entry of the list of streams.
type listing struct {
	Stream string     `json:"stream"`
	Run    string     `json:"run"`
	Name   string     `json:"name"`
	End    *event.End `json:"end,omitempty"`
	// Began is when the run began. Earlier says that the stream has a later run.
	Began   time.Time `json:"began,omitzero"`
	Earlier bool      `json:"earlier,omitempty"`
}

func (h *Hub) listJSON() []byte {
	if h.list == nil {
		list := make([]listing, 0, len(h.streams)+len(h.earlier))
		for _, s := range append(h.inOrder(), h.runs()...) {
			b := &s.board
			list = append(list, listing{b.Stream(), b.Run(), cmp.Or(b.Source().Name, b.Stream()), b.Ended(), b.Source().Origin, h.streams[b.Stream()] != s})
		}
		data, err := json.Marshal(list)
		if err != nil {
			data = []byte("[]") // never: a list is strings and times
		}
		h.list = data
	}
	return h.list
}
