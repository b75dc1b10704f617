package main

import (
	"strings"
	"testing"

	"github.com/seed-7adb9000/diarizer/internal/cli"
)

// Every command has an example that it takes.
func TestExamplesAreTaken(t *testing.T) {
	for _, c := range newRootCommand().Commands() {
		lines := 0
		for line := range strings.SplitSeq(c.Example, "\n") {
			words := strings.Fields(line)
			if len(words) == 0 || words[0] != "diarizer-lab" {
				continue
			}
			lines++
			cmd, args, err := newRootCommand().Find(words[1:])
			if err == nil {
				err = cmd.ParseFlags(args)
			}
			if err == nil {
				err = cmd.ValidateArgs(cmd.Flags().Args())
			}
			if err == nil {
				err = cmd.ValidateRequiredFlags()
			}
			if err != nil {
				t.Errorf("%s: example %q: %v", c.CommandPath(), line, err)
			}
		}
		if lines == 0 || !strings.Contains(c.Example, c.CommandPath()) {
			t.Errorf("%s: no example of it in %q", c.CommandPath(), c.Example)
		}
	}
}

// The error of a flag that cannot be parsed has the form that it has in diarizer.
func TestFlagErrors(t *testing.T) {
	command := inDir(t, nil)
	for args, want := range map[string]string{
		"evaluate --data . --latencies 1": "--latencies 1: expected durations such as 500ms,2s",
		"evaluate --dat .":                "unknown flag --dat; is --data meant?",
	} {
		status, stdout, stderr := command(args)
		if status != cli.ExitUsage || stdout != "" || stderr != "diarizer-lab: "+want+"\n" {
			t.Errorf("%s: status %d, %s%s\nwant %s", args, status, stdout, stderr, want)
		}
	}
}
