package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// everyCommand are the commands of the tree that do something.
func everyCommand(root *cobra.Command) (all []*cobra.Command) {
	for _, c := range root.Commands() {
		if c.Runnable() && c.Name() != "help" && c.Name() != "completion" {
			all = append(all, c)
		}
		all = append(all, everyCommand(c)...)
	}
	return all
}

// Every command has a place in the help and an example that it takes.
func TestExamplesAreTaken(t *testing.T) {
	for _, c := range everyCommand(newRootCommand()) {
		if c.Parent() == c.Root() && !c.Root().ContainsGroup(c.GroupID) || c.Parent() == c.Root() && c.GroupID == "" {
			t.Errorf("%s: in no group of the help", c.CommandPath())
		}
		lines := 0
		for line := range strings.SplitSeq(c.Example, "\n") {
			for _, words := range commandLines(line) {
				lines++
				cmd, args, err := newRootCommand().Find(words)
				if err == nil {
					err = cmd.ParseFlags(args)
				}
				if err == nil {
					err = cmd.ValidateArgs(cmd.Flags().Args())
				}
				if err == nil {
					err = cmd.ValidateRequiredFlags()
				}
				if err == nil {
					err = cmd.ValidateFlagGroups()
				}
				if err != nil {
					t.Errorf("%s: example %q: %v", c.CommandPath(), line, err)
				}
			}
		}
		if lines == 0 || !strings.Contains(c.Example, c.CommandPath()) {
			t.Errorf("%s: no example of it in %q", c.CommandPath(), c.Example)
		}
	}
}

// commandLines are the arguments of the program in a line of a shell.
func commandLines(line string) (all [][]string) {
	line, _, _ = strings.Cut(line, " #")
	for part := range strings.SplitSeq(line, "|") {
		part, _, _ = strings.Cut(part, ">")
		var words []string
		for i, quoted := range strings.Split(part, `"`) {
			if i%2 == 1 {
				words = append(words, quoted)
			} else {
				words = append(words, strings.Fields(quoted)...)
			}
		}
		if len(words) > 0 && words[0] == "diarizer" {
			all = append(all, words[1:])
		}
	}
	return all
}

func TestHelpIsInGroups(t *testing.T) {
	status, stdout, _ := diarizer(t.Context(), nil, "help")
	if status != 0 {
		t.Fatal(status)
	}
	for _, group := range newRootCommand().Groups() {
		if !strings.Contains(stdout, "\n"+group.Title+"\n  ") {
			t.Errorf("no group %q with commands", group.Title)
		}
	}
	if strings.Contains(stdout, "Additional Commands") {
		t.Error("a command is in no group")
	}
}

// completed are the words that a shell offers.
func completed(t *testing.T, args ...string) []string {
	t.Helper()
	status, stdout, stderr := diarizer(t.Context(), nil, append([]string{cobra.ShellCompRequestCmd}, args...)...)
	if status != 0 {
		t.Fatalf("%v: status %d, %s", args, status, stderr)
	}
	words := strings.Fields(stdout)
	return words[:len(words)-1] // the last is a directive
}

func TestValuesComplete(t *testing.T) {
	for _, c := range []struct{ args, want string }{
		{"watch --format |", "text jsonl rttm csv srt vtt eaf json html"},
		{"replay --channel |", "mix each 1 2"},
		{"send --speed |", "1 2 10 max"},
		{"replay --nats |", "embedded off nats://127.0.0.1:4222"},
		{"watch --nats-wait |", "forever 30s 5m"},
		{"convert |", "rttm jsonl"},
		{"streams identify standup |", "on off"},
	} {
		args := strings.Fields(strings.Replace(c.args, "|", "", 1))
		if got := strings.Join(completed(t, append(args, "")...), " "); got != c.want {
			t.Errorf("%s completes to %q, expected %q", c.args, got, c.want)
		}
	}
	url := natsServer(t)
	publishTo(t, url, talk("standup", "run1", 1))
	for _, args := range [][]string{{"watch", "--nats", url, "--stream", ""}, {"streams", "stop", "--nats", url, "st"}} {
		if got := completed(t, args...); !slices.Equal(got, []string{"standup"}) {
			t.Errorf("%v completes to %q", args, got)
		}
	}
}

// A flag that one command completes is completed by every command that has it.
func TestSameFlagsComplete(t *testing.T) {
	known := values()
	seen := map[string]bool{}
	for _, c := range everyCommand(newRootCommand()) {
		c.LocalFlags().VisitAll(func(f *pflag.Flag) {
			if _, ok := known[f.Name]; !ok {
				return
			}
			seen[f.Name] = true
			if _, ok := c.GetFlagCompletionFunc(f.Name); !ok {
				t.Errorf("%s --%s does not complete", c.CommandPath(), f.Name)
			}
		})
	}
	for name := range known {
		if !seen[name] {
			t.Errorf("no command has --%s", name)
		}
	}
}
