package main

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
	"github.com/seed-7adb9000/diarizer/internal/outfile"
	"github.com/seed-7adb9000/diarizer/internal/session"
	"github.com/seed-7adb9000/diarizer/publish"
)

// The exit statuses, which docs/commands.md has for users.
const (
	exitFailed      = 1   // for any other reason
	exitUsage       = 2   // the command line cannot be understood
	exitInput       = 3   // a recording, a file or a device cannot be read
	exitOutput      = 4   // a file or standard output cannot be written
	exitServer      = 5   // a server does not answer, refuses or cannot be started
	exitInterrupted = 130 // Ctrl-C, SIGTERM or SIGHUP; all that was known is written
)

// statusError is an error that says how the program exits.
type statusError struct {
	error
	status int
}

func (e statusError) Unwrap() error { return e.error }

// as gives err an exit status, unless it has one.
func as(status int, err error) error {
	var s statusError
	if err == nil || errors.As(err, &s) {
		return err
	}
	return statusError{err, status}
}

// usage is the error of a command line that says what cannot be.
func usage(format string, args ...any) error {
	return statusError{fmt.Errorf(format, args...), exitUsage}
}

// inputError is the error of a file that is not what was expected.
func inputError(format string, args ...any) error {
	return statusError{fmt.Errorf(format, args...), exitInput}
}

// statusOf is the exit status of the first error that has one.
func statusOf(failures []error) int {
	for _, err := range failures {
		if s := status(err); s != exitFailed {
			return s
		}
	}
	return exitFailed
}

// status finds what an error is about.
func status(err error) int {
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
		return exitUsage
	case errors.As(err, &output), errors.As(err, &sound) && sound.Op == "record":
		return exitOutput
	case errors.As(err, &server), slices.ContainsFunc(serverErrors, func(e error) bool { return errors.Is(err, e) }):
		return exitServer
	case errors.As(err, &sound), errors.As(err, &syntax), errors.As(err, &path):
		return exitInput // what is written goes through package outfile
	}
	return exitFailed
}

// serverErrors are those of a NATS server.
var serverErrors = []error{publish.ErrUnreachable, publish.ErrUnpublished, publish.ErrIncompatible, publish.ErrNoJetStream,
	publish.ErrReplaced, nats.ErrConnectionClosed, nats.ErrTimeout, nats.ErrNoResponders}

// apart takes joined errors apart, so that each is told on a line of its own.
func apart(err error) []error {
	switch e := err.(type) {
	case nil:
		return nil
	case statusError:
		all := apart(e.error)
		for i := range all {
			all[i] = as(e.status, all[i])
		}
		return all
	case interface{ Unwrap() []error }:
		var all []error
		var text []string
		for _, one := range e.Unwrap() {
			all = append(all, apart(one)...)
			text = append(text, one.Error())
		}
		if err.Error() == strings.Join(text, "\n") { // not a sentence about several errors
			return all
		}
	}
	return []error{err}
}

// lines are one line for each error, none twice.
func lines(failures []error) []string {
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

// onRun calls f when a command of the tree begins, whose command line has then
// been understood.
func onRun(cmd *cobra.Command, f func()) {
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
