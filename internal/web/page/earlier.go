package page

import (
	"cmp"
	"slices"
)

// maxEarlier is how many earlier runs a Hub keeps, over all streams. It keeps the latest
// ones.
const maxEarlier = 20

// past keeps a run when a new run of its stream begins. Pages that show the stream go on to
// the new run.
func (h *Hub) past(s *stream) {
	wake(&s.news)
	s.reading, s.guess = nil, nil
	h.earlier[s.board.Run()] = s
	if len(h.earlier) > maxEarlier {
		oldest := slices.MinFunc(h.runs(), func(a, b *stream) int { return cmp.Compare(a.arrived, b.arrived) })
		h.drop(oldest.board.Run())
	}
}

// drop forgets an earlier run.
func (h *Hub) drop(run string) {
	close(h.earlier[run].news)
	delete(h.earlier, run)
}

// run is a run of a stream, the latest if run is empty, nil if the Hub has none.
func (h *Hub) run(stream, run string) *stream {
	s := h.streams[stream]
	if run == "" || s != nil && s.board.Run() == run {
		return s
	}
	if s = h.earlier[run]; s != nil && s.board.Stream() != stream {
		return nil
	}
	return s
}

// runs returns the earlier runs, the latest first.
func (h *Hub) runs() []*stream {
	all := make([]*stream, 0, len(h.earlier))
	for _, s := range h.earlier {
		all = append(all, s)
	}
	slices.SortFunc(all, func(a, b *stream) int { return cmp.Compare(b.arrived, a.arrived) })
	return all
}
