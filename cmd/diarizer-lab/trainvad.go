package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/seed-7adb9000/diarizer/vad/training"
)

func newTrainVADCommand() *cobra.Command {
	cfg := training.DefaultConfig()
	var making making
	cmd := &cobra.Command{
		Use:   "train-vad --data DIR --out FILE",
		Short: "Make the weights of the speech detector from recordings of voices",
		Long: `Make the weights of the speech detector from recordings of voices.

Conversations in meeting rooms, at headsets, on the telephone and on television
are composed of the recordings that DIR/train/manifest.tsv lists (tab-separated
columns path, corpus, speaker, rate, licence and split; those of split "train"),
of DIR/noise and DIR/rir (FLAC) and of noises made up, with labels that are exact.
The same data, settings and seed give the same file. The program's own weights are
vad/internal/net/default.net; replace that file and build again to use others.`,
		Example: `  diarizer-lab train-vad --data data --out default.net`,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			files, file, err := making.file(cmd)
			if err != nil {
				return err
			}
			command := fmt.Sprintf("diarizer-lab train-vad --seed %d --clips %d --seconds %d --epochs %d --dense %d --state %d --delay %d --rate %g",
				cfg.Seed, cfg.Clips, cfg.Seconds, cfg.Epochs, cfg.Dense, cfg.State, cfg.Delay, cfg.Rate)
			if len(cfg.Without) > 0 {
				command += " --without " + strings.Join(cfg.Without, ",")
			}
			b, err := training.Run(cmd.Context(), making.data, cfg, command, &progressBars{cmd: cmd})
			if err != nil {
				return err
			}
			return files.WriteOne(cmd, file, b)
		},
	}
	making.flags(cmd, "weights")
	f := cmd.Flags()
	f.Uint64Var(&cfg.Seed, "seed", cfg.Seed, "start of every random choice")
	f.IntVar(&cfg.Clips, "clips", cfg.Clips, "conversations to compose")
	f.IntVar(&cfg.Seconds, "seconds", cfg.Seconds, "length of each")
	f.IntVar(&cfg.Epochs, "epochs", cfg.Epochs, "times that all of them are gone through")
	f.IntVar(&cfg.Dense, "dense", cfg.Dense, "rectified units")
	f.IntVar(&cfg.State, "state", cfg.State, "recurrent units")
	f.IntVar(&cfg.Delay, "delay", cfg.Delay, "look-ahead in hops of 10 ms")
	f.Float64Var(&cfg.Rate, "rate", cfg.Rate, "learning rate at the start")
	f.StringSliceVar(&cfg.Without, "without", nil, "noises to leave out, by kind or file name")
	return cmd
}
