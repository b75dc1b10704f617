package httpapi

import (
	"context"
	"errors"
)

// errBusy says that too many recordings wait already.
var errBusy = errors.New("too many recordings wait for their turn")

// queue lets so many jobs work at once, and so many more wait.
type queue struct {
	places chan struct{} // holds one value for each job that waits or works
	work   chan struct{} // holds one value for each job that works
}

func newQueue(jobs, waiting int) *queue {
	return &queue{places: make(chan struct{}, jobs+waiting), work: make(chan struct{}, jobs)}
}

// enter takes a place, or returns errBusy. Call leave to give the place back.
func (q *queue) enter() error {
	select {
	case q.places <- struct{}{}:
		return nil
	default:
		return errBusy
	}
}

func (q *queue) leave() { <-q.places }

// begin waits until a job may work. Call end when the work is done.
func (q *queue) begin(ctx context.Context) error {
	select {
	case q.work <- struct{}{}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (q *queue) end() { <-q.work }
