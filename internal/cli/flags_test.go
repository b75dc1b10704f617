package cli

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"
)

// flagged is a program with one command, which has a flag of every type.
func flagged() *cobra.Command {
	root := &cobra.Command{Use: "prog", SilenceUsage: true, SilenceErrors: true}
	cmd := &cobra.Command{Use: "do", RunE: func(*cobra.Command, []string) error { return nil }}
	f := cmd.Flags()
	f.Int("max-speakers", 0, "")
	f.Int("min-speakers", 3, "")
	f.Uint64("seed", 0, "")
	f.Float64("collar", 0, "")
	f.Float64("share", 0.25, "")
	f.Bool("json", false, "")
	f.Duration("retain", 0, "")
	f.Duration("latency", time.Second, "")
	f.DurationSlice("latencies", nil, "")
	f.StringP("output", "o", "", "")
	f.Int("hidden-speakers", 0, "")
	_ = f.MarkHidden("hidden-speakers")
	turns := &cobra.Command{Use: "turns", RunE: cmd.RunE}
	for _, name := range []string{"rttm", "recording", "stream", "out"} {
		turns.Flags().String(name, "", "")
	}
	turns.MarkFlagsOneRequired("rttm", "recording", "stream")
	turns.MarkFlagsMutuallyExclusive("rttm", "recording", "stream")
	_ = turns.MarkFlagRequired("out")
	root.AddCommand(cmd, turns)
	return root
}

// The error of a flag is one line that says what was given and what was expected.
func TestFlagErrors(t *testing.T) {
	for _, c := range []struct {
		args []string
		say  string
	}{
		{[]string{"--max-speakers", "foo"}, "--max-speakers foo: expected a whole number such as 4"},
		{[]string{"--max-speakers=2.5"}, "--max-speakers 2.5: expected a whole number such as 4"},
		{[]string{"--min-speakers", ""}, `--min-speakers "": expected a whole number such as 3`},
		{[]string{"--max-speakers", "99999999999999999999"}, "--max-speakers 99999999999999999999: out of range: expected a whole number such as 4"},
		{[]string{"--seed", "-1"}, "--seed -1: expected a whole number, 0 or more, such as 4"},
		{[]string{"--collar", "a b"}, `--collar "a b": expected a number such as 0.5`},
		{[]string{"--share", "x"}, "--share x: expected a number such as 0.25"},
		{[]string{"--json=perhaps"}, "--json perhaps: expected true or false"},
		{[]string{"--retain", "30"}, "--retain 30: expected a duration such as 1m30s"},
		{[]string{"--latency", "soon"}, "--latency soon: expected a duration such as 1s"},
		{[]string{"--latencies", "1s,soon"}, "--latencies 1s,soon: expected durations such as 500ms,2s"},
		{[]string{"--latency"}, "--latency: expected a value after it"},
		{[]string{"-o"}, "--output: expected a value after it"},
		{[]string{"--max-speaker", "2"}, "unknown flag --max-speaker; is --max-speakers meant?"},
		{[]string{"--max-spaekers=2"}, "unknown flag --max-spaekers; is --max-speakers meant?"},
		{[]string{"-max-speakers", "2"}, "unknown flag -m in -max-speakers; is --max-speakers meant?"},
		{[]string{"--hidden-speaker"}, "unknown flag --hidden-speaker; prog do --help lists the flags"},
		{[]string{"--foo"}, "unknown flag --foo; prog do --help lists the flags"},
		{[]string{"-x"}, "unknown flag -x; prog do --help lists the flags"},
		{[]string{"---json"}, "---json: expected a flag such as --help"},
	} {
		var out, err bytes.Buffer
		status := Run(t.Context(), flagged(), append([]string{"do"}, c.args...), nil, &out, &err)
		if status != ExitUsage || out.Len() > 0 || err.String() != "prog: "+c.say+"\n" {
			t.Errorf("%q: status %d, %s%s\nwant %s", c.args, status, &out, &err, c.say)
		}
	}
}

// An error about a group of flags names the flags.
func TestFlagGroups(t *testing.T) {
	for args, say := range map[string]string{
		"":                                 "turns: expected --out",
		"--out o":                          "turns: expected --rttm, --recording or --stream",
		"--out o --rttm r --stream s":      "--rttm and --stream: expected one of them",
		"--out o --stream s --recording=":  "--recording and --stream: expected one of them",
		"--out o --stream s --recording x": "--recording and --stream: expected one of them",
		"--out o --stream s":               "",
	} {
		var out, err bytes.Buffer
		status := Run(t.Context(), flagged(), append([]string{"turns"}, strings.Fields(args)...), nil, &out, &err)
		if say != "" && (status != ExitUsage || err.String() != "prog: "+say+"\n") || say == "" && status != 0 {
			t.Errorf("%s: status %d, %s\nwant %s", args, status, &err, say)
		}
	}
}
