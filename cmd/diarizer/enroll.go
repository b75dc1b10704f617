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
	// with opens the store of enrolled speakers and calls do with it.
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
			store, err := newFileStore(voicesPath(file), m, key, cmd.ErrOrStderr())
			if err != nil {
				return err
			}
			return do(cmd.Context(), store, m)
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
		Long: `Enroll learns the voice of a person and keeps it under a name: from recordings of that
person alone, or from a speaker of a stream that is being diarized. Streams can compare
their speakers with the enrolled voices, see "diarizer streams identify".

Of a stream that is over, the server keeps times and no voices. --recording then names its
recording, and the voice is learned from the parts where only that speaker talks. With
--recording, --from also takes a file of turns that "diarizer run --out" has written.

A recording with too little speech, a second voice or much noise is refused, and the error
says what was found. --anyway takes a recording where a second voice or noise was found in
error.

A voice is biometric data: it identifies a person. It is kept in the bucket
diarizer-speakers of the NATS server, for everybody who may read the bucket. With --file, it
is kept in a file on this machine, for "diarizer listen --identify" and other commands with
--identify. --voices-key encrypts the voices in either place; the names in a bucket are not
encrypted. Ask the person before, say with --expire how long the voice is needed, and delete
it when it is no longer needed. No sound is kept, and only the model that learned a voice can
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
				return usage("--recording: expected it with --from, which names the stream or the file of turns; without --from, recordings of one person follow the name")
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

// learn takes the voice from recordings. With anyway, it takes a recording with a second
// voice or with noise too.
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
