package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/internal/cli"
	"github.com/seed-7adb9000/diarizer/internal/serve"
	"github.com/seed-7adb9000/diarizer/internal/voices/enroll"
	"github.com/seed-7adb9000/diarizer/internal/voices/voicefile"
	"github.com/seed-7adb9000/diarizer/internal/voices/voicekey"
	"github.com/seed-7adb9000/diarizer/online/model"
)

// newEnrollCommand makes "diarizer enroll".
func newEnrollCommand() *cobra.Command {
	var o controlFlags
	var from, recording string
	var replace, anyway bool
	var replicas int
	var d diarizeFlags
	var file, keyPath string
	var expire within
	// with calls do with the enrolled speakers.
	with := func(cmd *cobra.Command, do func(context.Context, voiceStore, model.Model) error) error {
		m, err := cli.ReadModel(d.model)
		if err != nil {
			return as(exitInput, err)
		}
		key, err := keyOf(keyPath)
		if err != nil {
			return err
		}
		if file != "" {
			f, err := voicefile.Open(voicesPath(file), m, key)
			if err != nil {
				return as(exitInput, err)
			}
			sayExpired(cmd.ErrOrStderr(), f)
			return do(cmd.Context(), fileStore{f}, m)
		}
		nc, err := o.connect(cmd)
		if err != nil {
			return err
		}
		defer nc.Close()
		store, err := serve.Enrolled(cmd.Context(), nc, m, key, serve.StoreOptions{Replicas: replicas})
		if err != nil {
			return err
		}
		return do(cmd.Context(), serverStore{store}, m)
	}
	cmd := &cobra.Command{
		Use:   "enroll NAME FILE...",
		Short: "Keep speakers under a name, to be recognised in other streams",
		Long: `Enroll keeps what recordings of one person, or a speaker of a stream that is
being diarized, say of their voice. Streams that ask for it compare their
speakers with it, see "diarizer streams identify".

Of a stream that is over, the server keeps times and no voices: --recording is where
it was recorded, and the voice is learned from what the speaker says there while nobody
else speaks. Instead of a stream, --from takes a file of turns, as "diarizer run --out"
writes it, then too.

A recording with too little speech, with a second voice or with much noise is
refused, with what was found; where a second voice or noise was found in error,
--anyway takes it.

What is kept is biometric data: it says whose voice a voice is. It lies in the bucket
diarizer-speakers of the NATS server, where everybody can read it who may read the
bucket, or with --file in a file on this machine, which "diarizer listen --identify"
and its like read. With --voices-key it is encrypted, in either; in a bucket the names
are not. Ask the person before, say with --expire how long it is needed, and delete it
when it is not needed any more. No sound is kept, and only the model that made it can
use it.`,
		Example: `  diarizer enroll "Ada Lovelace" ada-1.flac ada-2.wav
  diarizer enroll --from standup "Ada Lovelace" S2
  diarizer enroll --from standup --recording standup.flac "Ada Lovelace" S2
  diarizer enroll --file --from standup.rttm --recording standup.flac Ada Ada
  diarizer enroll --file --expire 90d "Ada Lovelace" ada-1.flac
  diarizer enroll new-key voices.key
  diarizer enroll --file --voices-key voices.key "Ada Lovelace" ada-1.flac
  diarizer enroll --nats nats://bus:4222 --voices-key voices.key "Ada Lovelace" ada-1.flac
  diarizer enroll encrypt --nats nats://bus:4222 --voices-key voices.key
  diarizer enroll list
  diarizer enroll rename "Ada Lovelace" Ada
  diarizer enroll delete Ada`,
		Args: cobra.MinimumNArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			name, sources := args[0], args[1:]
			if err := enroll.CheckName(name); err != nil {
				return as(exitUsage, err)
			}
			switch {
			case from == "" && recording != "":
				return usage("--recording: expected it with --from, the stream or file of turns that it is of; without, recordings of one person follow the name")
			case from != "" && len(sources) != 1:
				return usage("%s after the name: expected one speaker, such as S2 or a name, with --from", count(len(sources), "argument"))
			}
			return with(cmd, func(ctx context.Context, store voiceStore, m model.Model) error {
				now := time.Now()
				sp := enroll.Speaker{Name: name, Enrolled: now, Expires: expire.from(now), Stats: m.Shape().NewStats()}
				var err error
				switch {
				case from == "":
					err = learn(ctx, &sp, m, sources, anyway)
				case recording == "":
					err = o.learnFrom(cmd, &sp, m, from, sources)
				default:
					err = o.learnOver(cmd, &sp, m, from, recording, sources, anyway)
				}
				if err != nil {
					return err
				}
				if err := enroll.Check(sp.Stats); err != nil {
					return fmt.Errorf("%q: %w", name, err)
				}
				if err := store.Add(ctx, sp, replace); err != nil {
					return err
				}
				until := ""
				if !sp.Expires.IsZero() {
					until = ", until " + sp.Expires.Format(time.DateTime)
				}
				fmt.Fprintf(cmd.ErrOrStderr(), "%s is enrolled with %.1f s of speech%s\n", name, sp.Stats.N/100, until)
				return nil
			})
		},
	}
	o.register(cmd)
	cli.ModelFlag(cmd.PersistentFlags(), &d.model)
	cmd.PersistentFlags().StringVar(&file, "file", "", "keep the voices in this `file` instead of on a server, --file=FILE (default that of --identify)")
	cmd.PersistentFlags().Lookup("file").NoOptDefVal = defaultVoices
	keyFlag(cmd.PersistentFlags(), &keyPath)
	cmd.Flags().Var(&expire, "expire", "erase the voice by itself after this time, 90d or 36h (default never)")
	cmd.PersistentFlags().IntVar(&replicas, "replicas", 1, "how many servers of a cluster keep the speakers, where their bucket has to be created")
	cmd.Flags().StringVar(&from, "from", "", "take the voice from a speaker of this stream instead of files: NAME SPEAKER; with --recording also of a file of turns")
	cmd.Flags().StringVar(&recording, "recording", "", "the recording of the stream or turns of --from: for those that are over")
	cmd.Flags().BoolVar(&anyway, "anyway", false, "enrol although a recording seems to have several voices or much noise")
	cmd.Flags().BoolVar(&replace, "replace", false, "replace the speaker of that name")
	cmd.AddCommand(
		&cobra.Command{Use: "list", Short: "List the enrolled speakers", Example: "  diarizer enroll list", Args: cobra.NoArgs, RunE: func(cmd *cobra.Command, _ []string) error {
			return with(cmd, func(ctx context.Context, store voiceStore, _ model.Model) error {
				return listSpeakers(ctx, cmd, store, keyPath != "")
			})
		}},
		&cobra.Command{Use: "rename NAME NEW", Short: "Give a speaker another name", Example: "  diarizer enroll rename \"Ada Lovelace\" Ada", Args: cobra.ExactArgs(2), RunE: func(cmd *cobra.Command, args []string) error {
			return with(cmd, func(ctx context.Context, store voiceStore, _ model.Model) error {
				if err := store.Rename(ctx, args[0], args[1]); err != nil {
					return err
				}
				fmt.Fprintf(cmd.ErrOrStderr(), "%s is called %s from now on\n", args[0], args[1])
				return nil
			})
		}},
		&cobra.Command{Use: "new-key FILE", Short: "Make a key for --voices-key", Example: "  diarizer enroll new-key voices.key", Args: cobra.ExactArgs(1), RunE: func(cmd *cobra.Command, args []string) error {
			if err := voicekey.Make(args[0]); err != nil {
				return as(exitOutput, err)
			}
			fmt.Fprintf(cmd.ErrOrStderr(), "made %s: keep it apart from the voices, and a copy in a safe place, as they cannot be read without it\n", args[0])
			return nil
		}},
		&cobra.Command{Use: "encrypt", Short: "Encrypt voices that were kept before there was a key", Example: "  diarizer enroll encrypt --voices-key voices.key", Args: cobra.NoArgs, RunE: func(cmd *cobra.Command, _ []string) error {
			if keyPath == "" {
				return usage("enroll encrypt: expected --voices-key with the key, see diarizer enroll new-key")
			}
			return with(cmd, func(ctx context.Context, store voiceStore, _ model.Model) error {
				names, err := store.Seal(ctx)
				if len(names) > 0 {
					fmt.Fprintf(cmd.ErrOrStderr(), "encrypted the voice of %s\n", strings.Join(names, ", "))
				} else if err == nil {
					fmt.Fprintln(cmd.ErrOrStderr(), "all voices are encrypted already")
				}
				return err
			})
		}},
		&cobra.Command{Use: "delete NAME", Short: "Delete a speaker", Example: "  diarizer enroll delete Ada", Args: cobra.ExactArgs(1), RunE: func(cmd *cobra.Command, args []string) error {
			return with(cmd, func(ctx context.Context, store voiceStore, _ model.Model) error {
				said, err := store.Delete(ctx, args[0])
				if err != nil {
					return err
				}
				fmt.Fprintf(cmd.ErrOrStderr(), "what was kept of %s's voice is deleted: %s\n", args[0], said)
				return nil
			})
		}})
	return cmd
}

// learn takes the voice from recordings.
// With anyway, it does not matter what else was found in them.
func learn(ctx context.Context, sp *enroll.Speaker, m model.Model, files []string, anyway bool) error {
	var names []string
	for _, file := range files {
		src, err := capture.Open(ctx, file, capture.Options{})
		if err != nil {
			return err
		}
		sample, err := enroll.Learn(ctx, m, src)
		if err = errors.Join(err, src.Close()); err == nil && !anyway {
			err = sample.Check()
		}
		if err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		sp.Stats.Add(sample.Stats)
		names = append(names, filepath.Base(file))
	}
	sp.Source = strings.Join(names, ", ")
	return nil
}

// listSpeakers prints who is enrolled; keyed says that they are meant to be encrypted.
func listSpeakers(ctx context.Context, cmd *cobra.Command, store voiceStore, keyed bool) error {
	all, err := store.List(ctx)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "NAME\tSPEECH\tENROLLED\tUNTIL\tFROM\tNOTE")
	for _, e := range all {
		var notes []string
		if e.Err != nil {
			notes = append(notes, e.Err.Error())
		}
		if keyed && !e.Sealed {
			notes = append(notes, "not encrypted: diarizer enroll encrypt does it")
		}
		note := strings.Join(notes, "; ")
		until := "-"
		if !e.Expires.IsZero() {
			until = e.Expires.Local().Format(time.DateOnly)
		}
		enrolled := "-"
		if !e.Enrolled.IsZero() {
			enrolled = e.Enrolled.Format(time.DateOnly)
		}
		fmt.Fprintf(w, "%s\t%.1fs\t%s\t%s\t%s\t%s\n", e.Name, e.Stats.N/100, enrolled, until, e.Source, note)
	}
	return w.Flush()
}
