package main

import (
	"context"
	"errors"
	"fmt"
	"syscall"

	"github.com/seed-7adb9000/diarizer/event"
)

// tell prints e until standard output takes no more: its reader has gone, its
// terminal is closed, its disk is full. Where something else is done with the
// events that ends nothing; it is said at the end. That the reader went when the
// program was ended, by the same Ctrl-C or with the terminal, is nothing to say.
func (o *output) tell(ctx context.Context, e event.Event) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.mute {
		return nil
	}
	err := o.print(e)
	if err == nil {
		return nil
	}
	o.mute = true
	if left(ctx, err) {
		return nil
	}
	o.deaf = printed(err)
	if o.files.any() || o.where != "" || o.page != nil || ctx.Err() != nil {
		return nil
	}
	return o.deaf
}

// left reports whether err says that nobody reads standard output any more, and
// the program is about to end as well.
func left(ctx context.Context, err error) bool {
	return ctx.Err() != nil && (errors.Is(err, syscall.EPIPE) || errors.Is(err, syscall.EIO))
}

// printed is the error of what was printed.
func printed(err error) error {
	if err == nil {
		return nil
	}
	return as(exitOutput, fmt.Errorf("standard output: %w", err))
}
