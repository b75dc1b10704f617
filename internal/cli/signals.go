package cli

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

// InterruptedBy reports whether that signal ended ctx.
func InterruptedBy(ctx context.Context, s os.Signal) bool {
	// That is what a context of package signal says of itself.
	return ctx.Err() != nil && context.Cause(ctx).Error() == s.String()+" signal received"
}

// UntilSignal returns a context that ends with the first signal: the open turn
// ends, everything known is written. The second signal aborts.
//
// A terminal that is closed is such a signal. It often comes twice, from the
// shell and from the system, so that hang-ups abort nothing. Where they are
// ignored, as nohup has it, they stay so. Standard output that nobody reads any
// more is an error of the write, not the end of the process, which has files to
// write.
func UntilSignal(ctx context.Context) context.Context {
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
	signals := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) {
		signals = append(signals, syscall.SIGHUP)
	}
	ctx, _ = signal.NotifyContext(ctx, signals...)
	context.AfterFunc(ctx, func() {
		signal.Ignore(syscall.SIGHUP)
		signal.Reset(os.Interrupt, syscall.SIGTERM)
	})
	return ctx
}
