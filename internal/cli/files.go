package cli

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/seed-7adb9000/diarizer/internal/cli/outfile"
)

// ForceFlag is the flag of every command that writes files.
func ForceFlag(f *pflag.FlagSet, force *bool) {
	f.BoolVar(force, "force", false, "overwrite files that are there; without it they are kept as FILE.1")
}

// Files are the files that a command reads and writes. No file can be both.
type Files struct{ Set *outfile.Set }

// NewFiles begins the outputs of a command. With free, a file can go to standard output: a transcript
// then moves to standard error, but lines for a program cannot.
func NewFiles(stdout, stderr io.Writer, force, free bool) *Files {
	f := &Files{Set: &outfile.Set{Force: force}}
	if free {
		f.Set.Out = stdout
	}
	f.Set.Stream("standard output", stdout)
	f.Set.Stream("standard error", stderr)
	return f
}

// Read adds files that the command reads; "-" is standard input. what names them in errors.
func (f *Files) Read(cmd *cobra.Command, what string, paths ...string) error {
	var errs []error
	for _, path := range paths {
		if path == "-" {
			if in, ok := cmd.InOrStdin().(*os.File); ok {
				f.Set.Stream("standard input", in)
			}
			continue
		}
		errs = append(errs, f.Set.Input(what, path))
	}
	return errors.Join(errs...)
}

// One adds the only output of a command that reads the inputs.
func (f *Files) One(cmd *cobra.Command, flag, path string, inputs ...string) (*outfile.File, error) {
	if err := f.Read(cmd, "what is read", inputs...); err != nil {
		return nil, err
	}
	return f.Set.Add(flag, path)
}

// Optional adds an output. Without a path, it returns nil.
func (f *Files) Optional(flag, path string) (*outfile.File, error) {
	if path == "" {
		return nil, nil
	}
	return f.Set.Add(flag, path)
}

// WriteOne writes the only output of a command and prints its name and size.
func (f *Files) WriteOne(cmd *cobra.Command, out *outfile.File, data []byte) error {
	err := func() error {
		if _, err := out.Write(data); err != nil {
			return As(ExitOutput, out.Keep(err))
		}
		return out.Commit()
	}()
	TellFiles(f.Set, func(format string, args ...any) { fmt.Fprintf(cmd.ErrOrStderr(), format, args...) })
	return err
}

// TellFiles prints a line for each file that was written: its name, its size, and the name of an older
// file that is kept.
func TellFiles(set *outfile.Set, say func(format string, args ...any)) {
	for _, f := range set.Files() {
		d := f.Done()
		switch {
		case d.Path == "" || d.Path == outfile.Stdout:
		case d.Partial:
			say("what there is of %s is in %s, %s\n", f.Path(), d.Path, outfile.Size(d.Size))
		case d.Kept != "":
			say("wrote %s, %s; what was there before is %s\n", d.Path, outfile.Size(d.Size), d.Kept)
		default:
			say("wrote %s, %s\n", d.Path, outfile.Size(d.Size))
		}
	}
}
