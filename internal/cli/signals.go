package cli

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

// InterruptedBy reports whether that signal ended ctx.
func InterruptedBy(ctx context.Context, s os.Signal) bool {
	// This is the text that package signal gives the cause of its contexts.
	return ctx.Err() != nil && context.Cause(ctx).Error() == s.String()+" signal received"
}

// UntilSignal returns a context that ends with the first signal: the command then ends the open turn
// and writes everything. The second signal aborts the process.
//
// A terminal that is closed sends a hang-up, which is one of the signals. Hang-ups often come twice,
// from the shell and from the system, so that the second one does not abort. If they are ignored when
// the program starts, as under nohup, they stay ignored. A broken pipe of standard output is an error of
// the write and does not end the process, which may have files to write.
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
