package pipeline

import (
	"context"
	"errors"
	"sync"

	"github.com/seed-7adb9000/diarizer/online"
)

// Links carries what people have said about who is who and what is whose to a running
// stream. The zero value is ready; its methods may be called from any goroutine.
type Links struct {
	mu     sync.Mutex
	groups [][]int
	gifts  []online.Gift
	linked bool // there are other groups
	given  bool // there are other gifts
	last   int  // the last number of a speaker that was given
	asked  []question
}

// question is one of Divide.
type question struct {
	speakers []int
	answer   chan<- []online.Span
}

// Set says which speakers are one person, in groups of two or more, from the
// next block on. It replaces what was said before.
func (l *Links) Set(groups [][]int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.groups, l.linked = groups, true
}

// Give says what is whose, from the next block on, see [online.Clusterer.Give]. It
// replaces what was said before.
func (l *Links) Give(gifts []online.Gift) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.gifts, l.given = gifts, true
}

// Reserve returns a number of a speaker that is nobody's, above least.
func (l *Links) Reserve(least int) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.last = max(l.last, least) + 1
	return l.last
}

// ErrNoSound is matched by the error for a question that no sound came to answer.
var ErrNoSound = errors.New("no sound comes any more")

// mostAsked is how many questions wait for an answer.
const mostAsked = 16

// Divide asks with the next block what of some speakers, who are one person, is a
// second voice's, see [online.Clusterer.Divide].
func (l *Links) Divide(ctx context.Context, speakers []int) ([]online.Span, error) {
	answer := make(chan []online.Span, 1)
	l.mu.Lock()
	full := len(l.asked) == mostAsked
	if !full {
		l.asked = append(l.asked, question{speakers, answer})
	}
	l.mu.Unlock()
	if full {
		return nil, ErrNoSound
	}
	select {
	case spans := <-answer:
		return spans, nil
	case <-ctx.Done():
		return nil, ErrNoSound
	}
}

// said is what is news.
type said struct {
	groups        [][]int
	gifts         []online.Gift
	linked, given bool
	asked         []question
}

// take returns what is news.
func (l *Links) take() (news said) {
	l.mu.Lock()
	defer l.mu.Unlock()
	news = said{l.groups, l.gifts, l.linked, l.given, l.asked}
	l.linked, l.given, l.asked = false, false, nil
	return news
}

// Obey does what people have said, by the stream's Links, since the last call. The caller of
// Push calls it; [Run] does so itself.
func (s *Stream) Obey() {
	if s.links == nil {
		return
	}
	news := s.links.take()
	if news.linked {
		s.clu.Link(news.groups)
	}
	if news.given {
		s.clu.Give(news.gifts)
	}
	for _, q := range news.asked {
		q.answer <- s.clu.Divide(q.speakers)
	}
}
