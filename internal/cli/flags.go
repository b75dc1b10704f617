package cli

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// flagError says what was given and what was expected where a flag cannot be parsed.
// The flag package quotes the errors of Go's parsers instead.
func flagError(cmd *cobra.Command, err error) error {
	var (
		value   *pflag.InvalidValueError
		missing *pflag.ValueRequiredError
		unknown *pflag.NotExistError
		syntax  *pflag.InvalidSyntaxError
	)
	switch {
	case errors.As(err, &value):
		return Usage("--%s %s: %w", value.GetFlag().Name, given(value.GetValue()), Expected(value))
	case errors.As(err, &missing):
		return Usage("--%s: expected a value after it", missing.GetFlag().Name)
	case errors.As(err, &unknown):
		return unknownFlag(cmd, unknown)
	case errors.As(err, &syntax):
		return Usage("%s: expected a flag such as --help", syntax.GetSpecifiedFlag())
	}
	return err
}

// Expected says what the value of a flag has to be.
func Expected(err *pflag.InvalidValueError) error {
	cause := err.Unwrap()
	if strings.HasPrefix(cause.Error(), "expected ") { // a flag type of this module
		return cause
	}
	number := func(kind, such string) error {
		if errors.Is(cause, strconv.ErrRange) {
			return fmt.Errorf("out of range: expected %s such as %s", kind, such)
		}
		return fmt.Errorf("expected %s such as %s", kind, such)
	}
	switch f := err.GetFlag(); f.Value.Type() {
	case "int", "int64":
		return number("a whole number", example(f, "4"))
	case "uint", "uint64":
		return number("a whole number, 0 or more,", example(f, "4"))
	case "float64":
		return number("a number", example(f, "0.5"))
	case "bool":
		return errors.New("expected true or false")
	case "duration":
		return fmt.Errorf("expected a duration such as %s", example(f, "1m30s"))
	case "durationSlice":
		return errors.New("expected durations such as 500ms,2s")
	}
	return cause
}

// example is the default of a flag, or other where the default is 0 and says nothing.
func example(f *pflag.Flag, other string) string {
	if strings.HasPrefix(f.DefValue, "0") && !strings.HasPrefix(f.DefValue, "0.") || strings.HasPrefix(f.DefValue, "-") {
		return other
	}
	return f.DefValue
}

// given is a value as it was typed, in quotes where its end would not be seen.
func given(value string) string {
	if value == "" || strings.ContainsFunc(value, func(r rune) bool { return r <= ' ' || r == 0x7f }) {
		return strconv.Quote(value)
	}
	return value
}

// unknownFlag names the flag of the command that is nearest to an unknown one.
func unknownFlag(cmd *cobra.Command, err *pflag.NotExistError) error {
	what, name := "--"+err.GetSpecifiedName(), err.GetSpecifiedName()
	if short := err.GetSpecifiedShortnames(); short != "" {
		what = "-" + name
		if len(short) > 1 { // perhaps a whole name with one dash
			what, name = what+" in -"+short, short
		}
	}
	name, _, _ = strings.Cut(name, "=")
	if near := nearest(cmd, name); near != "" {
		return Usage("unknown flag %s; is --%s meant?", what, near)
	}
	return Usage("unknown flag %s; %s --help lists the flags", what, cmd.CommandPath())
}

// nearest is the flag of a command whose name is nearest to name, empty if no name is near. cobra
// measures the distance, as it does for commands.
func nearest(cmd *cobra.Command, name string) (near string) {
	if len(name) < 2 {
		return ""
	}
	names := &cobra.Command{}
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		names.AddCommand(&cobra.Command{Use: f.Name, Hidden: f.Hidden, Run: func(*cobra.Command, []string) {}})
	})
	for distance := 0; distance <= len(name)/3 && near == ""; distance++ {
		names.SuggestionsMinimumDistance = distance
		for _, s := range names.SuggestionsFor(name) { // the shortest that begins with name
			if near == "" || len(s) < len(near) {
				near = s
			}
		}
	}
	return near
}
