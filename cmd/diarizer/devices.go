package main

import (
	"encoding/json"
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/seed-7adb9000/diarizer/capture/mic"
)

// newDevicesCommand makes "diarizer devices".
func newDevicesCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "devices",
		Short: "List the microphones that listen can use",
		Long: `List the microphones and the other inputs of the machine. listen uses the marked one
unless --device names another.`,
		Example: `  diarizer devices`,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			host, err := mic.System()
			if err != nil {
				return as(exitInput, err)
			}
			return devices(cmd.OutOrStdout(), cmd.ErrOrStderr(), host, asJSON)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print them as JSON, an array of objects")
	return cmd
}

// devices prints the inputs of a sound system.
func devices(stdout, stderr io.Writer, host mic.Host, asJSON bool) error {
	all, err := host.Devices()
	if err != nil {
		return as(exitInput, fmt.Errorf("list the microphones: %w", err))
	}
	if asJSON {
		if all == nil {
			all = []mic.Device{}
		}
		enc := json.NewEncoder(stdout)
		enc.SetIndent("", "  ")
		return enc.Encode(all)
	}
	if len(all) == 0 {
		_, err := fmt.Fprintln(stderr, "no inputs: plug in a microphone, or start the sound server")
		return err
	}
	w := tabwriter.NewWriter(stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "\tINDEX\tNAME\tHOST API\tCHANNELS\tRATE")
	for _, d := range all {
		mark := ""
		if d.Default {
			mark = "*"
		}
		fmt.Fprintf(w, "%s\t%d\t%s\t%s\t%d\t%d Hz\n", mark, d.Index, d.Name, d.HostAPI, d.Channels, d.Rate)
	}
	return w.Flush()
}
