package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/seed-7adb9000/diarizer/internal/cli/settings"
	"github.com/seed-7adb9000/diarizer/publish"
)

// defaultConfig is the path of a user's settings.
func defaultConfig() string {
	dir, err := os.UserConfigDir()
	if err != nil {
		return ""
	}
	return filepath.Join(dir, "diarizer", "config.toml")
}

// configure makes every command of the tree take flags from the environment and from a
// file as well.
func configure(root *cobra.Command) {
	root.PersistentFlags().String("config", "", "TOML file with flags (default "+short(defaultConfig())+"), or off; see \"diarizer config\"")
	_ = root.RegisterFlagCompletionFunc("config", cobra.FixedCompletions([]string{"toml"}, cobra.ShellCompDirectiveFilterFileExt)) // it is there
	root.PersistentPreRunE = func(cmd *cobra.Command, _ []string) error {
		if cmd.Name() == "help" || cmd.Name() == cobra.ShellCompRequestCmd || cmd.Name() == cobra.ShellCompNoDescRequestCmd {
			return nil
		}
		file, err := settingsOf(cmd)
		if err == nil {
			_, err = file.Apply(cmd, os.LookupEnv)
		}
		return err
	}
}

// short is a path with ~ for the home directory.
func short(path string) string {
	if home, err := os.UserHomeDir(); err == nil {
		if rest, ok := strings.CutPrefix(path, home+string(filepath.Separator)); ok {
			return filepath.Join("~", rest)
		}
	}
	return path
}

// settingsOf reads the file that --config or DIARIZER_CONFIG names, or the user's.
func settingsOf(cmd *cobra.Command) (settings.File, error) {
	path, must := cmd.Root().PersistentFlags().Lookup("config").Value.String(), true
	if path == "" {
		path = os.Getenv(settings.Variable("config"))
	}
	if path == "" {
		path, must = defaultConfig(), false
	}
	if path == "off" || path == "" {
		return settings.File{}, nil
	}
	return settings.Read(path, must, cmd.Root())
}

// newConfigCommand makes "diarizer config".
func newConfigCommand() *cobra.Command {
	var all bool
	cmd := &cobra.Command{
		Use:   "config [COMMAND]",
		Short: "Show which flags are set by the environment or a file",
		Long: `Config shows the values that the flags of a command, or of all commands, have without a
command line, and where each value is from. The output is valid as a TOML file.

Every flag may stand in the environment: --max-live is DIARIZER_MAX_LIVE. Every flag
may stand in a TOML file, for all commands or in the table of one:

  model = "light"

  [serve]
  nats = "nats://a:4222,nats://b:4222"
  max-streams = 40

The command line goes first, then the environment, then the command's table, then
the rest of the file.`,
		Example: `  diarizer config
  diarizer config serve --all
  diarizer config --config /etc/diarizer/config.toml`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			return showConfig(cmd, args, all)
		},
	}
	cmd.Flags().BoolVar(&all, "all", false, "show flags with their default values too")
	return cmd
}

// showConfig prints the settings of the command that args names, or of all commands.
func showConfig(cmd *cobra.Command, args []string, everything bool) error {
	file, err := settingsOf(cmd)
	if err != nil {
		return err
	}
	from := file.Path()
	if from == "" {
		from = "none: " + short(defaultConfig()) + " is not there"
	}
	out := cmd.OutOrStdout()
	if _, err := fmt.Fprintf(out, "# file %s\n", from); err != nil {
		return err
	}
	root := newRootCommand()
	of := root
	if len(args) > 0 {
		var rest []string
		if of, rest, err = root.Find(args); err != nil || len(rest) > 0 || of == root {
			return usage("%s: expected a command, such as serve", strings.Join(args, " "))
		}
	}
	return errors.Join(showSettings(out, file, of, everything)...)
}

// showSettings prints the settings of a command and of the commands below it.
func showSettings(out io.Writer, file settings.File, cmd *cobra.Command, everything bool) (errs []error) {
	if cmd.Runnable() && cmd.HasParent() && cmd.Name() != "config" {
		errs = append(errs, showOwn(out, file, strings.Fields(cmd.CommandPath())[1:], everything))
	}
	for _, c := range cmd.Commands() {
		errs = append(errs, showSettings(out, file, c, everything)...)
	}
	return errs
}

// showOwn prints the settings of one command. It makes a command tree of its own, as
// commands of one tree share flags.
func showOwn(out io.Writer, file settings.File, path []string, everything bool) error {
	cmd, _, err := newRootCommand().Find(path)
	if err != nil {
		return err
	}
	cmd.InheritedFlags() // adds them to the command's own
	all, err := file.Apply(cmd, os.LookupEnv)
	if err != nil {
		return err
	}
	var lines strings.Builder
	for _, in := range all {
		if in.From != "default" || everything && !in.Flag.Hidden {
			fmt.Fprintf(&lines, "%s = %s # %s\n", in.Flag.Name, inTOML(in.Flag), in.From)
		}
	}
	if lines.Len() > 0 {
		_, err = fmt.Fprintf(out, "\n[%s]\n%s", strings.Join(path, "."), &lines)
	}
	return err
}

// inTOML is the value of a flag as TOML. Tokens and passwords are not shown.
func inTOML(f *pflag.Flag) string {
	text := f.Value.String()
	if list, ok := f.Value.(pflag.SliceValue); ok {
		words := list.GetSlice()
		for i, w := range words {
			words[i] = tomlString(w)
		}
		return "[" + strings.Join(words, ", ") + "]"
	}
	switch f.Value.Type() {
	case "bool", "int", "int64", "uint64", "float64":
		return text
	}
	switch {
	case f.Name == "http-token" && text != "":
		return tomlString("(a secret)")
	case f.Name == "nats":
		text = publish.Redact(text)
	}
	return tomlString(text)
}

// tomlString is a basic string of TOML.
func tomlString(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteRune('\\')
			b.WriteRune(r)
		case r < ' ' || r == 0x7f:
			fmt.Fprintf(&b, "\\u%04X", r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}
