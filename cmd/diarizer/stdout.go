package main

import (
	"context"
	"errors"
	"fmt"
	"syscall"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/cli"
)

// tell prints e until standard output takes no more: its reader has gone, its terminal is
// closed, or its disk is full. That ends the run only where nothing else is done with the
// events. A full disk is told at the end; see gone for what is not told.
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
	busy := o.busy(ctx)
	if busy && gone(ctx, err) {
		return nil
	}
	o.deaf = printed(err)
	if busy {
		return nil
	}
	return o.deaf
}

// busy reports whether something else is done with the events than printing them, or the
// program is about to end anyway.
func (o *output) busy(ctx context.Context) bool {
	return o.files.any() || o.where != "" || o.page != nil || ctx.Err() != nil
}

// gone reports whether err says that nobody reads standard output any more, which is no
// fault of the program: the reader has closed the pipe, or the terminal was closed, which
// ends the program too.
func gone(ctx context.Context, err error) bool {
	return cli.ReaderGone(err) || ctx.Err() != nil && (errors.Is(err, syscall.EPIPE) || errors.Is(err, syscall.EIO))
}

// printed is the error of a write to standard output.
func printed(err error) error {
	if err == nil {
		return nil
	}
	return as(exitOutput, fmt.Errorf("standard output: %w", err))
}
