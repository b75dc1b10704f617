package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/spf13/cobra"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/event/rttm"
	"github.com/seed-7adb9000/diarizer/internal/cli/outfile"
	"github.com/seed-7adb9000/diarizer/internal/session"
	"github.com/seed-7adb9000/diarizer/publish"
)

// The exit statuses, which docs/commands.md has for users.
const (
	ExitFailed      = 1   // for any other reason
	ExitUsage       = 2   // the command line cannot be understood
	ExitInput       = 3   // a recording, a file or a device cannot be read
	ExitOutput      = 4   // a file or standard output cannot be written
	ExitServer      = 5   // a server does not answer, refuses or cannot be started
	ExitInterrupted = 130 // Ctrl-C, SIGTERM or SIGHUP; all that was known is written
	ExitReaderGone  = 141 // the reader of standard output has gone: 128 + SIGPIPE, as a shell has it of filters
)

// statusError is an error with an exit status.
type statusError struct {
	error
	status int
}

func (e statusError) Unwrap() error { return e.error }

// As gives err an exit status. An error that has one keeps it.
func As(status int, err error) error {
	var s statusError
	if err == nil || errors.As(err, &s) {
		return err
	}
	return statusError{err, status}
}

// Usage is an error of the command line.
func Usage(format string, args ...any) error {
	return statusError{fmt.Errorf(format, args...), ExitUsage}
}

// InputError is an error of a file that cannot be used.
func InputError(format string, args ...any) error {
	return statusError{fmt.Errorf(format, args...), ExitInput}
}

// StatusOf is the exit status of the first error that has one.
func StatusOf(failures []error) int {
	for _, err := range failures {
		if s := Status(err); s != ExitFailed {
			return s
		}
	}
	return ExitFailed
}

// Status is the exit status of an error, by its type.
func Status(err error) int {
	var (
		said   statusError
		output *outfile.Error
		sound  *capture.Error
		syntax *rttm.SyntaxError
		path   *fs.PathError
		server jetstream.JetStreamError
	)
	switch {
	case errors.As(err, &said):
		return said.status
	case errors.Is(err, session.ErrRunning):
		return ExitUsage
	case errors.As(err, &output), errors.As(err, &sound) && sound.Op == "record":
		return ExitOutput
	case errors.As(err, &server), slices.ContainsFunc(serverErrors, func(e error) bool { return errors.Is(err, e) }):
		return ExitServer
	case errors.As(err, &sound), errors.As(err, &syntax), errors.As(err, &path):
		return ExitInput // errors of writing have the type of package outfile
	}
	return ExitFailed
}

// serverErrors are those of a NATS server.
var serverErrors = []error{publish.ErrUnreachable, publish.ErrUnpublished, publish.ErrIncompatible, publish.ErrNoJetStream,
	publish.ErrReplaced, nats.ErrConnectionClosed, nats.ErrTimeout, nats.ErrNoResponders}

// Apart splits joined errors, so that each is told on a line of its own.
func Apart(err error) []error {
	switch e := err.(type) {
	case nil:
		return nil
	case statusError:
		all := Apart(e.error)
		for i := range all {
			all[i] = As(e.status, all[i])
		}
		return all
	case interface{ Unwrap() []error }:
		var all []error
		var text []string
		for _, one := range e.Unwrap() {
			all = append(all, Apart(one)...)
			text = append(text, one.Error())
		}
		if err.Error() == strings.Join(text, "\n") { // otherwise, it is a sentence about several errors
			return all
		}
	}
	return []error{err}
}

// Lines has one line for each error. Equal lines come once.
func Lines(failures []error) []string {
	var all []string
	for _, err := range failures {
		var parts []string
		for part := range strings.SplitSeq(err.Error(), "\n") {
			if part = strings.TrimSpace(part); part != "" {
				parts = append(parts, part)
			}
		}
		if line := strings.Join(parts, " "); !slices.Contains(all, line) {
			all = append(all, line)
		}
	}
	return all
}

// onRun calls f when a command of the tree begins. Its command line has been understood
// then, its groups of flags included.
func onRun(cmd *cobra.Command, f func()) {
	cmd.PreRunE = func(cmd *cobra.Command, _ []string) error { return flagGroups(cmd) }
	if work := cmd.RunE; work != nil {
		cmd.RunE = func(cmd *cobra.Command, args []string) error {
			f()
			return work(cmd, args)
		}
	}
	for _, sub := range cmd.Commands() {
		onRun(sub, f)
	}
}
