package httpapi

import (
	"context"
	"errors"
)

// errBusy says that too many wait already.
var errBusy = errors.New("too many recordings wait for their turn")

// turns lets so many work at once, and so many more wait.
type turns struct {
	places chan struct{} // of those who wait or work
	work   chan struct{}
}

func newTurns(jobs, waiting int) *turns {
	return &turns{places: make(chan struct{}, jobs+waiting), work: make(chan struct{}, jobs)}
}

// enter takes a place, or returns errBusy. Whoever has one leaves.
func (t *turns) enter() error {
	select {
	case t.places <- struct{}{}:
		return nil
	default:
		return errBusy
	}
}

func (t *turns) leave() { <-t.places }

// begin waits for a turn. Whoever has one ends it.
func (t *turns) begin(ctx context.Context) error {
	select {
	case t.work <- struct{}{}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (t *turns) end() { <-t.work }
