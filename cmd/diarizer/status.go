package main

import "github.com/seed-7adb9000/diarizer/internal/cli"

// The exit statuses, which docs/commands.md has for users.
const (
	exitFailed      = cli.ExitFailed
	exitUsage       = cli.ExitUsage
	exitInput       = cli.ExitInput
	exitOutput      = cli.ExitOutput
	exitServer      = cli.ExitServer
	exitInterrupted = cli.ExitInterrupted
)

// as gives err an exit status, unless it has one.
func as(status int, err error) error { return cli.As(status, err) }

// usage is the error of a command line that says what cannot be.
func usage(format string, args ...any) error { return cli.Usage(format, args...) }

// inputError is the error of a file that is not what was expected.
func inputError(format string, args ...any) error { return cli.InputError(format, args...) }
