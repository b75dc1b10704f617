package main

import (
	"context"
	"errors"
	"io"
	"os"

	"golang.org/x/term"

	"github.com/seed-7adb9000/diarizer/internal/cli"
	"github.com/seed-7adb9000/diarizer/internal/show/tui"
)

// terminalView is the full-screen view of what a command does. A nil
// terminalView shows nothing.
type terminalView struct {
	feed   *tui.Feed
	cancel context.CancelFunc
	closed context.Context // done when the view is
	asked  context.Context // done when the user has ended what is shown, or closed the view
	done   chan error
}

// openTerminal shows a view on out, or returns nil where in or out is no
// terminal: what is piped gets plain lines. With ends, the user can end what is
// shown and goes on looking at it; opts says what else.
func openTerminal(ctx context.Context, opts tui.Options, ends bool, in io.Reader, out io.Writer) *terminalView {
	if !onTerminal(in, out) {
		return nil
	}
	t := &terminalView{feed: tui.NewFeed(), done: make(chan error, 1)}
	// The view stays up while the command ends what it does.
	run, stop := context.WithCancel(context.WithoutCancel(ctx))
	closed, quit := context.WithCancel(ctx)
	asked, end := context.WithCancel(closed)
	t.cancel, t.closed, t.asked = stop, closed, asked
	if ends {
		opts.End = end
	}
	go func() {
		defer quit()
		defer end()
		t.done <- tui.Run(run, t.feed, opts, in, out)
	}()
	return t
}

// onTerminal reports whether a view can be shown.
func onTerminal(in io.Reader, out io.Writer) bool { return isTerminal(in) && isTerminal(out) }

func isTerminal(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// until returns a context that is done when ctx is or the user wants no more.
func (t *terminalView) until(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	if t != nil {
		stop := context.AfterFunc(t.asked, cancel)
		return ctx, func() {
			stop()
			cancel()
		}
	}
	return ctx, cancel
}

// ended says whether the user has ended it, err being what came of it.
func (t *terminalView) ended(ctx context.Context, err error) error {
	if t != nil && ctx.Err() == nil && t.asked.Err() != nil && errors.Is(err, context.Canceled) {
		return cli.ErrQuit
	}
	return err
}

// gone says whether the user wants no more.
func (t *terminalView) gone() bool { return t != nil && t.asked.Err() != nil }

// linger keeps the view up until the user closes it or ctx is done.
func (t *terminalView) linger(ctx context.Context) {
	if t == nil {
		return
	}
	t.feed.Over()
	select {
	case <-t.closed.Done():
	case <-ctx.Done():
	}
}

// close gives the terminal back.
func (t *terminalView) close() error {
	if t == nil {
		return nil
	}
	t.cancel()
	if err := <-t.done; !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}
