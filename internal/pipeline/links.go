package pipeline

import "sync"

// Links carries what people have said about who is who to a running stream.
// The zero value is ready; its methods may be called from any goroutine.
type Links struct {
	mu     sync.Mutex
	groups [][]int
	fresh  bool
}

// Set says which speakers are one person, in groups of two or more, from the
// next block on. It replaces what was said before.
func (l *Links) Set(groups [][]int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.groups, l.fresh = groups, true
}

// take returns the groups if they are news.
func (l *Links) take() ([][]int, bool) {
	if l == nil {
		return nil, false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	fresh := l.fresh
	l.fresh = false
	return l.groups, fresh
}
