package main

import (
	"context"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/seed-7adb9000/diarizer/capture/mic"
	"github.com/seed-7adb9000/diarizer/internal/network/modelfile"
	"github.com/seed-7adb9000/diarizer/publish"
)

// values are the values that a shell completes, by the name of the flag, for every command
// that has the flag. A flag that is not here takes a file or free text.
func values() map[string]cobra.CompletionFunc {
	only := func(all ...string) cobra.CompletionFunc {
		return cobra.FixedCompletions(all, cobra.ShellCompDirectiveNoFileComp)
	}
	ending := func(all ...string) cobra.CompletionFunc {
		return cobra.FixedCompletions(all, cobra.ShellCompDirectiveFilterFileExt)
	}
	return map[string]cobra.CompletionFunc{
		"format":     only(watchFormats(false)...),
		"channel":    only("mix", "each", "1", "2"),
		"speed":      only("1", "2", "10", "max"),
		"nats":       only("embedded", "off", "nats://127.0.0.1:4222"),
		"nats-wait":  only("forever", "30s", "5m"),
		"http":       only("8080", "127.0.0.1:8080", "0.0.0.0:8080"),
		"raw":        only("s16le:16000:1", "s16le:48000:2", "f32le:48000:1"),
		"rttm":       ending("rttm"),
		"rttm-live":  ending("rttm"),
		"speech":     ending("rttm"),
		"utterances": ending("rttm"),
		"model":      cobra.FixedCompletions([]string{modelfile.Accurate, modelfile.Light}, cobra.ShellCompDirectiveDefault),
		"record":     ending("flac"),
		"uem":        ending("uem"),
		"identify":   cobra.FixedCompletions([]string{natsVoices}, cobra.ShellCompDirectiveDefault),
		"device":     deviceNames,
		"stream":     streamNames,
		"from":       streamNames,
	}
}

// complete tells shells what the flags and arguments of the tree can be.
func complete(cmd *cobra.Command) {
	known := values()
	cmd.LocalFlags().VisitAll(func(f *pflag.Flag) {
		if complete, ok := known[f.Name]; ok {
			_ = cmd.RegisterFlagCompletionFunc(f.Name, complete) // fails where it is registered
		}
	})
	switch cmd.CommandPath() {
	case "diarizer score":
		cmd.ValidArgsFunction = cobra.FixedCompletions([]string{"rttm"}, cobra.ShellCompDirectiveFilterFileExt)
	case "diarizer convert":
		cmd.ValidArgsFunction = convertArguments
	case "diarizer name", "diarizer merge", "diarizer undo", "diarizer mark":
		cmd.ValidArgsFunction = correctArguments
	case "diarizer streams stop", "diarizer streams rename", "diarizer streams identify":
		cmd.ValidArgsFunction = streamArguments
	}
	for _, sub := range cmd.Commands() {
		complete(sub)
	}
}

// convertArguments completes the file that is read, then any file.
func convertArguments(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(args) == 0 {
		return []string{"rttm", "jsonl"}, cobra.ShellCompDirectiveFilterFileExt
	}
	return nil, cobra.ShellCompDirectiveDefault
}

// correctArguments completes a stream or a file as the first argument, and no other.
func correctArguments(cmd *cobra.Command, args []string, word string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	streams, _ := streamNames(cmd, args, word)
	return streams, cobra.ShellCompDirectiveDefault
}

// streamArguments completes a stream as the first argument, and on or off as the second.
func streamArguments(cmd *cobra.Command, args []string, word string) ([]string, cobra.ShellCompDirective) {
	switch {
	case len(args) == 0:
		return streamNames(cmd, args, word)
	case len(args) == 1 && cmd.Name() == "identify":
		return []string{"on", "off"}, cobra.ShellCompDirectiveNoFileComp
	}
	return nil, cobra.ShellCompDirectiveNoFileComp
}

// deviceNames are the microphones of this machine.
func deviceNames(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	host, err := mic.System()
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	all, err := host.Devices()
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var names []string
	for _, d := range all {
		names = append(names, d.Name)
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

// completeWithin bounds how long a shell waits for a server.
const completeWithin = time.Second

// streamNames are the streams that the server keeps events of.
func streamNames(cmd *cobra.Command, _ []string, word string) ([]string, cobra.ShellCompDirective) {
	url, err := cmd.Flags().GetString("nats")
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	named, _ := cmd.Flags().GetString("nats-context") // no such flag, no such context
	ctx, cancel := context.WithTimeout(context.Background(), completeWithin)
	defer cancel()
	nc, err := publish.Connect(ctx, url, publish.ConnectOptions{Context: named, Timeout: completeWithin})
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	defer nc.Close()
	runs, err := publish.LatestRuns(ctx, nc)
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var names []string
	for _, r := range runs {
		if strings.HasPrefix(r.Stream, word) {
			names = append(names, r.Stream)
		}
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}
