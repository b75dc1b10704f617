package page

import (
	"cmp"
	"encoding/json"
	"slices"
	"strconv"

	"github.com/seed-7adb9000/diarizer/event"
)

// cursor is what a page has been sent.
type cursor struct {
	stream string // empty: the first of the list
	wanted string // an earlier run of the stream; empty: the latest run
	run    string
	seq    uint64
	listed uint64 // version of the list, plus 1
	read   uint64
	guess  uint64
}

// message is one server-sent event to a page.
type message struct {
	event, id string
	data      []byte
}

// next returns what a page has not been sent yet and moves c on. A channel of news is
// closed when there is more.
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
	s := h.run(c.stream, c.wanted)
	if s == nil {
		return messages, news
	}
	news[1] = s.news
	messages = append(messages, s.since(c)...)
	if c.read != s.read && s.reading != nil {
		c.read = s.read
		messages = append(messages, message{event: "meter", data: s.reading})
	}
	if c.guess != s.guessed && s.guess != nil {
		c.guess = s.guessed
		messages = append(messages, message{event: "partial", data: s.guess})
	}
	return messages, news
}

// since returns the events after c, or the whole board if those events are not kept.
func (s *stream) since(c *cursor) []message {
	run, seq := s.board.Run(), s.board.Seq()
	if c.run == run && c.seq == seq {
		return nil
	}
	defer func() { c.run, c.seq = run, seq }()
	if c.run != run || c.seq > seq || len(s.events) == 0 || c.seq < s.events[0].seq-1 {
		return []message{{event: "board", id: id(run, seq), data: s.snapshot()}}
	}
	i, _ := slices.BinarySearchFunc(s.events, c.seq+1, func(e prepared, seq uint64) int { return cmp.Compare(e.seq, seq) })
	messages := make([]message, 0, len(s.events)-i)
	for _, e := range s.events[i:] {
		if e.change != nil {
			// The change comes before its event: a page that is cut off in between gets the
			// change twice, which it notices.
			messages = append(messages, message{event: "change", data: e.change})
		}
		messages = append(messages, message{event: "event", id: id(run, e.seq), data: e.data})
	}
	return messages
}

// snapshot is the board as JSON. It is made once for all pages that need it at this event.
func (s *stream) snapshot() []byte {
	if s.snap == nil || s.snapAt != s.board.Seq() {
		data, err := json.Marshal(s.board.Snapshot())
		if err != nil {
			data = []byte("null") // a board always has a form in JSON
		}
		s.snap, s.snapAt = data, s.board.Seq()
	}
	return s.snap
}

// id is the id of a message. A page that comes back goes on after it.
func id(run string, seq uint64) string { return run + ":" + strconv.FormatUint(seq, 10) }

// parseID reads an id. A text that is no id means the beginning.
func parseID(text string) (run string, seq uint64) {
	for i := range len(text) {
		if text[i] == ':' {
			n, err := strconv.ParseUint(text[i+1:], 10, 64)
			if err != nil || !event.ValidToken(text[:i]) {
				return "", 0
			}
			return text[:i], n
		}
	}
	return "", 0
}
