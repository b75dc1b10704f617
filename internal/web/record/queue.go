package record

import (
	"context"
	"io"
	"sync"

	"github.com/seed-7adb9000/diarizer/capture"
)

// queue is the sound between a recorder and the diarizer. It is bounded: whoever
// sends faster than is heard has to wait.
type queue struct {
	mu     sync.Mutex
	blocks []capture.Block
	held   int // samples in blocks
	ended  bool
	gone   bool          // nobody reads any more
	news   chan struct{} // closed when any of that has changed
}

// maxHeld is how much sound waits, in samples: ten seconds.
const maxHeld = 10 * capture.Rate

func newQueue() *queue { return &queue{news: make(chan struct{})} }

func (q *queue) tell() {
	close(q.news)
	q.news = make(chan struct{})
}

// room waits until there is room for more. It reports false if ctx is done first or
// nothing more is taken.
func (q *queue) room(ctx context.Context) bool {
	for {
		q.mu.Lock()
		held, over, news := q.held, q.ended || q.gone, q.news
		q.mu.Unlock()
		switch {
		case over, ctx.Err() != nil: // what comes behind a packet that was given up is not taken either
			return false
		case held < maxHeld:
			return true
		}
		select {
		case <-news:
		case <-ctx.Done():
			return false
		}
	}
}

// push adds blocks. It reports false if nothing more is taken.
func (q *queue) push(blocks []capture.Block) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.ended || q.gone {
		return false
	}
	for _, b := range blocks {
		q.held += len(b.Samples)
	}
	q.blocks = append(q.blocks, blocks...)
	q.tell()
	return true
}

// end says that nothing more comes, but for the last blocks.
func (q *queue) end(last []capture.Block) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if !q.ended {
		q.blocks, q.ended = append(q.blocks, last...), true
		q.tell()
	}
}

// Next is that of a [capture.Source].
func (q *queue) Next(ctx context.Context) (capture.Block, error) {
	for {
		if err := ctx.Err(); err != nil {
			return capture.Block{}, err
		}
		q.mu.Lock()
		if len(q.blocks) > 0 {
			b := q.blocks[0]
			q.blocks[0] = capture.Block{}
			q.blocks = q.blocks[1:]
			q.held = max(0, q.held-len(b.Samples))
			q.tell()
			q.mu.Unlock()
			return b, nil
		}
		ended, news := q.ended, q.news
		q.mu.Unlock()
		if ended {
			return capture.Block{}, io.EOF
		}
		select {
		case <-news:
		case <-ctx.Done():
			return capture.Block{}, ctx.Err()
		}
	}
}

// Close says that nobody reads any more.
func (q *queue) Close() error {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.gone, q.blocks, q.held = true, nil, 0
	q.tell()
	return nil
}
