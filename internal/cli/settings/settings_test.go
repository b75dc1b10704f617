package settings

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"
)

// program is a tree of commands, and the values of its flags.
func program() (root, listen *cobra.Command, model *string, streams *[]string, idle *time.Duration) {
	root = &cobra.Command{Use: "diarizer"}
	listen = &cobra.Command{Use: "listen", Run: func(*cobra.Command, []string) {}}
	other := &cobra.Command{Use: "other", Run: func(*cobra.Command, []string) {}}
	below := &cobra.Command{Use: "below", Run: func(*cobra.Command, []string) {}}
	other.AddCommand(below)
	model = listen.Flags().String("model", "accurate", "")
	streams = listen.Flags().StringSlice("stream", nil, "")
	idle = listen.Flags().Duration("idle-for", 0, "")
	below.Flags().Bool("deep", false, "")
	root.AddCommand(listen, other)
	return root, listen, model, streams, idle
}

func write(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "config.toml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestWhatGoesFirst(t *testing.T) {
	const both = "model = \"file\"\nstream = [\"a\", \"b\"]\n[listen]\nmodel = \"table\"\nidle-for = \"3s\"\n[other.below]\ndeep = true\n"
	for _, c := range []struct {
		file, env, line string
		model, from     string
	}{
		{"", "", "", "accurate", "default"},
		{"model = \"file\"", "", "", "file", "FILE"},
		{both, "", "", "table", "FILE [listen]"},
		{both, "env", "", "env", "DIARIZER_MODEL"},
		{both, "env", "line", "line", "command line"},
	} {
		root, listen, model, streams, idle := program()
		path := write(t, c.file)
		f, err := Read(path, true, root)
		if err != nil {
			t.Fatal(err)
		}
		if c.line != "" {
			_ = listen.Flags().Set("model", c.line)
		}
		all, err := f.Apply(listen, func(name string) (string, bool) { return c.env, name == "DIARIZER_MODEL" && c.env != "" })
		if err != nil {
			t.Fatal(err)
		}
		for _, in := range all {
			if in.Flag.Name == "model" && (*model != c.model || in.From != strings.Replace(c.from, "FILE", path, 1)) {
				t.Errorf("%+v: %s from %s", c, *model, in.From)
			}
		}
		if c.file == both && (strings.Join(*streams, "+") != "a+b" || *idle != 3*time.Second || !listen.Flags().Changed("stream")) {
			t.Errorf("%v, %v", *streams, *idle)
		}
	}
}

// Of flags that exclude each other, the place that goes first decides, and two in one place are
// left for the command to refuse.
func TestExclusiveFlags(t *testing.T) {
	for _, c := range []struct {
		file, env, line string
		set             string
	}{
		{"model = \"m\"", "", "idle-for", "idle-for"},
		{"model = \"m\"", "IDLE_FOR", "", "idle-for"},
		{"model = \"m\"\n[listen]\nidle-for = \"3s\"", "", "", "idle-for"},
		{"", "MODEL", "idle-for", "idle-for"},
		{"model = \"m\"\nidle-for = \"3s\"", "", "", "idle-for model"},
		{"stream = [\"a\"]", "", "model", "model stream"},
		{"tui = true", "MODEL", "idle-for", "idle-for tui"}, // model is not in force
		{"model = \"m\"\n[listen]\ntui = false", "", "", "model"},
		{"[listen]\nmodel = \"\"\ntui = true", "", "idle-for", "idle-for tui"},
	} {
		root, listen, _, _, _ := program()
		listen.Flags().Bool("tui", false, "")
		listen.MarkFlagsMutuallyExclusive("model", "idle-for")
		listen.MarkFlagsMutuallyExclusive("model", "tui")
		f, err := Read(write(t, c.file), true, root)
		if err != nil {
			t.Fatal(err)
		}
		if c.line != "" {
			_ = listen.Flags().Set(c.line, "3s")
		}
		all, err := f.Apply(listen, func(name string) (string, bool) { return "3s", c.env != "" && name == Prefix+c.env })
		if err != nil {
			t.Fatal(err)
		}
		var set []string
		for _, in := range all {
			if in.Flag.Changed && in.From == "default" {
				t.Errorf("%+v: %s is set from nowhere", c, in.Flag.Name)
			}
			if in.Flag.Changed {
				set = append(set, in.Flag.Name)
			}
		}
		if got := strings.Join(set, " "); got != c.set {
			t.Errorf("%+v: %s set", c, got)
		}
	}
}

func TestFilesThatAreWrong(t *testing.T) {
	for _, c := range []struct{ file, want string }{
		{"model = ", "line 1"},
		{"modle = \"x\"", "modle: expected a flag"},
		{"[lisen]\nmodel = \"x\"", "[lisen]: expected the name of a command"},
		{"[listen]\ndeep = true", "listen.deep: expected a flag that diarizer listen has"},
		{"[other.beyond]\ndeep = true", "[other.beyond]"},
		{"model = 1979-05-27", "model: expected a string"},
		{"help = true", "help: expected a flag"},
		{"config = \"x\"", "config: expected a flag"},
	} {
		root, _, _, _, _ := program()
		path := write(t, c.file)
		if _, err := Read(path, true, root); err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), path) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: %v, expected one line with the file and %q", c.file, err, c.want)
		}
	}
	for _, c := range []struct{ file, want string }{
		{"idle-for = 5", "idle-for = \"5\": expected a duration such as 1m30s"},
		{"model = [\"a\", \"b\"]", "expected one value instead of 2"},
	} {
		root, listen, _, _, _ := program()
		f, err := Read(write(t, c.file), true, root)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Apply(listen, func(string) (string, bool) { return "", false }); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: %v, expected %q", c.file, err, c.want)
		}
	}
	root, _, _, _, _ := program()
	if f, err := Read("not-there.toml", false, root); err != nil || f.Path() != "" {
		t.Error(err)
	}
	if _, err := Read("not-there.toml", true, root); err == nil {
		t.Error("a file that was named and is not there is none")
	}
}

// FuzzRead: any file is read, or refused without a panic.
func FuzzRead(f *testing.F) {
	f.Add("model = \"light\"\n[listen]\nstream = [\"a\"]\n")
	f.Add("listen = 3\n[[other]]\n")
	f.Fuzz(func(t *testing.T, text string) {
		root, listen, _, _, _ := program()
		file, err := Read(write(t, text), true, root)
		if err != nil {
			return
		}
		_, _ = file.Apply(listen, func(string) (string, bool) { return "", false })
	})
}
