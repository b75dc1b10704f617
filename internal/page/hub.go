package page

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"sync"

	"github.com/seed-7adb9000/diarizer/internal/board"
	"github.com/seed-7adb9000/diarizer/internal/meter"
	"github.com/seed-7adb9000/diarizer/publish"
)

// What a Hub keeps is bounded: streams, the oldest going first, and for each
// the latest events, for pages that come back. Whoever was away for longer gets
// the board instead.
const (
	maxStreams = 100
	keepEvents = 2048
)

// Hub stands between what happens in streams and the pages that show it. It
// keeps a board of each stream's latest run and never waits for a page. Its
// methods may be called from any goroutine.
type Hub struct {
	mu      sync.Mutex
	streams map[string]*stream
	listed  uint64 // version of the list
	list    []byte // the list as JSON, nil where it has to be made anew
	news    chan struct{}
}

// stream is one stream of a Hub.
type stream struct {
	board   board.Board
	arrived uint64  // when its latest run began, in order of arrival
	events  []event // the latest ones
	snap    []byte  // the board as JSON at snapAt
	snapAt  uint64
	reading []byte
	read    uint64 // readings so far
	news    chan struct{}
}

// event is an event that was made ready for all pages.
type event struct {
	seq    uint64
	data   []byte
	change []byte // the board's words for it, nil where there are none
}

// NewHub returns a Hub without streams.
func NewHub() *Hub { return &Hub{streams: map[string]*stream{}, news: make(chan struct{})} }

// Event shows an event. One of an earlier run than the latest of its stream, or
// that was shown before, is ignored.
func (h *Hub) Event(e publish.Event) error {
	data, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("stream %s, event %d: %w", e.Stream, e.Seq, err)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	s := h.streams[e.Stream]
	switch {
	case s == nil || e.Run > s.board.Run(): // run ids sort by the time of their start
		s = h.begin(e.Stream)
	case e.Run < s.board.Run():
		return nil
	}
	if !s.board.Apply(e) {
		return nil
	}
	if len(s.events) == keepEvents {
		s.events = s.events[:copy(s.events, s.events[keepEvents/2:])]
	}
	s.events = append(s.events, event{e.Seq, data, lastChange(&s.board)})
	wake(&s.news)
	if e.Kind == publish.StreamStarted || e.Kind == publish.StreamEnded || len(s.events) == 1 {
		h.relist()
	}
	return nil
}

// begin makes room for a new run of a stream.
func (h *Hub) begin(id string) *stream {
	s := &stream{arrived: h.listed + 1, news: make(chan struct{})}
	if old := h.streams[id]; old != nil {
		close(old.news)
	} else if len(h.streams) == maxStreams {
		oldest := slices.MinFunc(h.inOrder(), func(a, b *stream) int {
			return cmp.Or(cmp.Compare(ended(b), ended(a)), cmp.Compare(a.arrived, b.arrived))
		})
		close(oldest.news)
		delete(h.streams, oldest.board.Stream())
	}
	h.streams[id] = s
	return s
}

// lastChange is the board's last change as JSON, if its last event led to one.
func lastChange(b *board.Board) []byte {
	all := b.Changes()
	if len(all) == 0 || all[len(all)-1].Seq != b.Seq() {
		return nil
	}
	data, err := json.Marshal(all[len(all)-1])
	if err != nil {
		return nil // numbers and words: it does not happen
	}
	return data
}

func ended(s *stream) int {
	if s.board.Ended() != nil {
		return 1
	}
	return 0
}

// Reading shows a reading of a stream's meter. It is forgotten when the next
// one comes.
func (h *Hub) Reading(r meter.Reading) {
	data, err := json.Marshal(r)
	if err != nil {
		return // not a number: there is nothing to show
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

// wake lets whoever waits for news look again.
func wake(news *chan struct{}) {
	close(*news)
	*news = make(chan struct{})
}

func (h *Hub) relist() {
	h.listed++
	h.list = nil
	wake(&h.news)
}

// inOrder returns the streams, the latest first.
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

// listing is a stream as the list of streams has it.
type listing struct {
	Stream string       `json:"stream"`
	Run    string       `json:"run"`
	Name   string       `json:"name"`
	End    *publish.End `json:"end,omitempty"`
}

// cursor is how far a page has got.
type cursor struct {
	stream string // empty: whatever is most worth showing
	run    string
	seq    uint64
	listed uint64 // version of the list, plus 1
	read   uint64
}

// message is one message to a page.
type message struct {
	event, id string
	data      []byte
}

// next returns what a page has not seen yet and moves c on; news is closed when
// there is more.
func (h *Hub) next(c *cursor) (messages []message, news [2]<-chan struct{}) {
	h.mu.Lock()
	defer h.mu.Unlock()
	news[0] = h.news
	if c.listed != h.listed+1 {
		c.listed = h.listed + 1
		messages = append(messages, message{event: "streams", data: h.listJSON()})
	}
	if c.stream == "" && len(h.streams) > 0 {
		c.stream = h.inOrder()[0].board.Stream()
	}
	s := h.streams[c.stream]
	if s == nil {
		return messages, news
	}
	news[1] = s.news
	messages = append(messages, s.since(c)...)
	if c.read != s.read && s.reading != nil {
		c.read = s.read
		messages = append(messages, message{event: "meter", data: s.reading})
	}
	return messages, news
}

// since returns the events after c, or the whole board where they are not kept.
func (s *stream) since(c *cursor) []message {
	run, seq := s.board.Run(), s.board.Seq()
	if c.run == run && c.seq == seq {
		return nil
	}
	defer func() { c.run, c.seq = run, seq }()
	if c.run != run || c.seq > seq || len(s.events) == 0 || c.seq < s.events[0].seq-1 {
		return []message{{event: "board", id: id(run, seq), data: s.snapshot()}}
	}
	i, _ := slices.BinarySearchFunc(s.events, c.seq+1, func(e event, seq uint64) int { return cmp.Compare(e.seq, seq) })
	messages := make([]message, 0, len(s.events)-i)
	for _, e := range s.events[i:] {
		if e.change != nil {
			// Before its event: a page that is cut off in between gets it again,
			// which it notices.
			messages = append(messages, message{event: "change", data: e.change})
		}
		messages = append(messages, message{event: "event", id: id(run, e.seq), data: e.data})
	}
	return messages
}

// snapshot is the board as JSON, made once for all pages that come now.
func (s *stream) snapshot() []byte {
	if s.snap == nil || s.snapAt != s.board.Seq() {
		data, err := json.Marshal(s.board.Snapshot())
		if err != nil {
			data = []byte("null") // no board holds what JSON does not
		}
		s.snap, s.snapAt = data, s.board.Seq()
	}
	return s.snap
}

func (h *Hub) listJSON() []byte {
	if h.list == nil {
		list := make([]listing, 0, len(h.streams))
		for _, s := range h.inOrder() {
			b := &s.board
			list = append(list, listing{b.Stream(), b.Run(), cmp.Or(b.Source().Name, b.Stream()), b.Ended()})
		}
		data, err := json.Marshal(list)
		if err != nil {
			data = []byte("[]") // strings and nothing else: it does not happen
		}
		h.list = data
	}
	return h.list
}

// id is a message's id, from which a page that comes back goes on.
func id(run string, seq uint64) string { return run + ":" + strconv.FormatUint(seq, 10) }

// parseID reads an id; what is none means from the beginning.
func parseID(text string) (run string, seq uint64) {
	for i := range len(text) {
		if text[i] == ':' {
			n, err := strconv.ParseUint(text[i+1:], 10, 64)
			if err != nil || !publish.ValidToken(text[:i]) {
				return "", 0
			}
			return text[:i], n
		}
	}
	return "", 0
}
