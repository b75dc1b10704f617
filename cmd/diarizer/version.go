package main

import (
	"cmp"
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/seed-7adb9000/diarizer/internal/network/modelfile"
	"github.com/seed-7adb9000/diarizer/internal/network/simd"
	"github.com/seed-7adb9000/diarizer/internal/session/version"
)

// newVersionCommand makes "diarizer version".
func newVersionCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		Short:   "Say which program this is: its commit, its models, and the kernels it uses here",
		Example: `  diarizer version`,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			settings := map[string]string{}
			if info, ok := debug.ReadBuildInfo(); ok {
				for _, s := range info.Settings {
					settings[s.Key] = s.Value
				}
			}
			commit := cmp.Or(settings["vcs.revision"], "unknown")
			if settings["vcs.modified"] == "true" {
				commit += ", changed since"
			}
			lines := [][2]string{
				{"version", version.String()}, {"commit", commit}, {"of", cmp.Or(settings["vcs.time"], "unknown")},
				{"built by", fmt.Sprintf("%s for %s/%s, cgo %s", runtime.Version(), runtime.GOOS, runtime.GOARCH, cmp.Or(settings["CGO_ENABLED"], "unknown"))},
				{"kernels", fmt.Sprintf("%s, of %v", simd.Best(), simd.Paths())},
			}
			for _, name := range []string{modelfile.Accurate, modelfile.Light} {
				m, _, err := modelfile.Embedded(name)
				if err != nil {
					return err
				}
				lines = append(lines, [2]string{name, m.Fingerprint()})
			}
			for _, l := range lines {
				if _, err := fmt.Fprintf(cmd.OutOrStdout(), "%-9s %s\n", l[0], l[1]); err != nil {
					return err
				}
			}
			return nil
		},
	}
}
