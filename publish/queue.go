package publish

import (
	"slices"
	"sync"
)

// queue holds events between a caller who must not wait and a server that may
// be slow. Beyond its limit, a provisional update gives way to what comes later
// about its turn; everything else is kept, whatever it takes.
type queue struct {
	mu        sync.Mutex
	events    []Event
	limit     int
	coalesced uint64
	closed    bool
	// more has room for one token, which says that events or closed changed.
	more chan struct{}
}

func newQueue(limit int) *queue {
	return &queue{limit: limit, more: make(chan struct{}, 1)}
}

// push adds e at the end and returns how many events gave way to it. A closed
// queue takes no more.
func (q *queue) push(e Event) (gaveWay int, ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return 0, false
	}
	if before := len(q.events); before >= q.limit && e.Turn != nil {
		q.events = slices.DeleteFunc(q.events, func(old Event) bool {
			return old.Kind == TurnUpdated && old.Turn.ID == e.Turn.ID
		})
		gaveWay = before - len(q.events)
		q.coalesced += uint64(gaveWay)
	}
	q.events = append(q.events, e)
	q.signal()
	return gaveWay, true
}

// pop removes the first event. With none, ok is false and, once the queue is
// closed, done is true.
func (q *queue) pop() (e Event, ok, done bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.events) == 0 {
		return Event{}, false, q.closed
	}
	e = q.events[0]
	q.events[0] = Event{} // lets go of what it points to
	q.events = q.events[1:]
	if len(q.events) > 0 || q.closed {
		q.signal()
	}
	return e, true, false
}

func (q *queue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	q.signal()
}

func (q *queue) signal() {
	select {
	case q.more <- struct{}{}:
	default:
	}
}

func (q *queue) counts() (waiting int, coalesced uint64) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.events), q.coalesced
}
