package record

import "encoding/json"

// keepEvents bounds the events that are kept for a recorder that reads slowly or comes
// back.
const keepEvents = 4096

// log is the latest events of a stream, as JSON.
type log struct {
	first  uint64 // the number of events[0]
	events []json.RawMessage
}

// add appends the next event.
func (l *log) add(data json.RawMessage) {
	if l.first == 0 {
		l.first = 1
	}
	if len(l.events) == keepEvents {
		n := copy(l.events, l.events[keepEvents/2:])
		clear(l.events[n:])
		l.events, l.first = l.events[:n], l.first+keepEvents/2
	}
	l.events = append(l.events, data)
}

// last is the number of the latest event, 0 if there is none.
func (l *log) last() uint64 { return l.first + uint64(len(l.events)) - min(1, l.first) }

// since returns the kept events after number n. missed is how many events after n are not
// kept any more.
func (l *log) since(n uint64) (events []json.RawMessage, missed uint64) {
	if n >= l.last() {
		return nil, 0
	}
	if n+1 < l.first {
		missed = l.first - n - 1
		n = l.first - 1
	}
	return append([]json.RawMessage(nil), l.events[n+1-l.first:]...), missed
}
