package main

import (
	"github.com/spf13/cobra"
)

// newRunCommand makes "diarizer run".
func newRunCommand() *cobra.Command {
	var (
		o      diarizeFlags
		r      replayFlags
		tracks []string
	)
	cmd := &cobra.Command{
		Use:   "run [flags] FILE|DIRECTORY|-...",
		Short: "Diarize recordings and print who spoke when",
		Long: `Diarize recordings as fast as the machine can and print who spoke when: the final
turns, and how much everybody has spoken. With --out, the turns go to files instead, in
the format of their names.

With --tracks, the recordings are one meeting, with a recording for each participant as
Zoom, Jitsi and Craig make them. The result is one timeline with the participants' names.
Speech that two tracks have is told once. --max-speakers is then the number of speakers on
each track, 1 by default. With --channel each and --names, the channels of one recording
are the tracks. Without --names, each channel is a stream of its own.

"diarizer run" is "diarizer replay --speed max --nats off", except that turns are printed
only at the end. "diarizer replay --help" says what can be read.`,
		Example: `  diarizer run meeting.flac
  diarizer run --out meeting.vtt --out meeting.html meeting.m4a
  diarizer run --tracks Alice=a.wav,Bob=b.wav --out meeting.rttm
  diarizer run --channel each --names Alice,Bob --out call.rttm call.wav
  diarizer run --recursive --out all.csv recordings/`,
		RunE: func(cmd *cobra.Command, args []string) error {
			switch {
			case len(tracks) > 0 && len(args) > 0:
				return usage("--tracks and %s: expected one of them", args[0])
			case len(tracks) > 0:
				return runTracks(cmd, o, r, tracks)
			case len(args) == 0:
				return usage("no recording: name files or a directory, or \"-\" for standard input")
			case r.jobs < 0:
				return usage("--jobs %d: expected 1 or more", r.jobs)
			}
			speed, opts, err := r.sound.parse()
			if err != nil {
				return err
			}
			return replay(cmd, args, o, r, speed, opts, true)
		},
	}
	f := cmd.Flags()
	o.register(f)
	cmd.MarkFlagsMutuallyExclusive("nats", "nats-context")
	r.sound.register(f)
	r.registerMany(f)
	f.StringSliceVar(&tracks, "tracks", nil, "a recording for each participant, all from the same moment: Alice=a.wav,Bob=b.wav, or a directory of them")
	namesFlag(f, &r.names)
	for name, value := range map[string]string{"speed": "max", "nats": "off"} {
		_ = f.Set(name, value) // both take it
		f.Lookup(name).DefValue, f.Lookup(name).Changed = value, false
	}
	for _, name := range []string{"speed", "rttm-live", "latency", "http", "http-token", "tls-cert", "tls-key", "tls-self-signed", "tui", "journal", "retain", "nats-context",
		"nats-creds", "nats-nkey", "nats-token", "nats-ca", "nats-cert", "nats-key", "nats-wait"} {
		_ = f.MarkHidden(name) // the help of replay has them
	}
	return cmd
}
