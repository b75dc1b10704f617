package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/capture/flac"
	"github.com/seed-7adb9000/diarizer/event/rttm"
	"github.com/seed-7adb9000/diarizer/internal/cli"
	"github.com/seed-7adb9000/diarizer/internal/cli/outfile"
	"github.com/seed-7adb9000/diarizer/internal/lab/evaluate"
	"github.com/seed-7adb9000/diarizer/internal/lab/experiment"
	"github.com/seed-7adb9000/diarizer/internal/lab/simulate"
)

// planFlags say which conversations are composed.
type planFlags struct {
	conditions []string
	length     time.Duration
	seed       uint64
}

func (p *planFlags) register(f *pflag.FlagSet) {
	var names []string
	for _, c := range experiment.EveryCondition() {
		names = append(names, c.String())
	}
	f.StringSliceVar(&p.conditions, "conditions", names, "conditions of composed conversations: clean, telephone, rooms, meeting, television")
	f.DurationVar(&p.length, "length", 5*time.Minute, "longest that a composed conversation lasts")
	f.Uint64Var(&p.seed, "seed", evaluate.SimulatedSeed, "seed of composed conversations: the same seed gives the same ones")
}

// plan returns the plan of count conversations of each condition.
func (p *planFlags) plan(count int) (experiment.Plan, error) {
	plan := experiment.Plan{Count: count, Seconds: p.length.Seconds(), Seed: p.seed}
	if count < 1 {
		return plan, cli.Usage("%d conversations of each condition: expected 1 or more", count)
	}
	if p.length < 10*time.Second {
		return plan, cli.Usage("--length %v: expected 10s or more", p.length)
	}
	for _, name := range p.conditions {
		c, err := simulate.ParseCondition(name)
		if err != nil {
			return plan, cli.Usage("--conditions: %v", err)
		}
		plan.Conditions = append(plan.Conditions, c)
	}
	return plan, nil
}

// newSimulateCommand makes "diarizer-lab simulate".
func newSimulateCommand() *cobra.Command {
	var (
		data, out string
		count     int
		force     bool
		flags     planFlags
	)
	cmd := &cobra.Command{
		Use:   "simulate --data DIR --out DIR",
		Short: "Compose conversations with an exact reference",
		Long: `Compose conversations with an exact reference.

The voices are those of --data that are kept out of training (split "sim" of
train/manifest.tsv), the rooms and noises those of rir and noise, and made ones. Of each
condition there are --count conversations: clean, telephone, rooms (a close room with
noise), meeting (4 to 8 people around a table, 0.5 to 4 m from one microphone, with
overlap and noise) and television (music under the speech, jingles and applause).
People in meetings say what they have again until the time is up, so meetings of an hour
can be made; other conversations end when the voices have no more material.

The output is NAME.flac and NAME.rttm, which "diarizer-lab evaluate" reads.`,
		Example: "  diarizer-lab simulate --data data --out meetings --conditions meeting --count 3 --length 30m\n" +
			"  diarizer-lab evaluate --data meetings",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			plan, err := flags.plan(count)
			if err != nil {
				return err
			}
			if err := os.MkdirAll(out, 0o755); err != nil {
				return cli.As(cli.ExitOutput, fmt.Errorf("--out: %w", err))
			}
			recs, err := evaluate.Simulated(data, plan)
			if err != nil {
				return cli.As(cli.ExitInput, err)
			}
			for r := range recs {
				if err := cmd.Context().Err(); err != nil {
					return err
				}
				if err := keep(cmd, filepath.Join(out, r.Name), r, force); err != nil {
					return err
				}
			}
			return nil
		},
	}
	f := cmd.Flags()
	f.StringVar(&data, "data", "", "directory of train, rir and noise")
	f.StringVarP(&out, "out", "o", "", "write the conversations into this directory")
	f.IntVar(&count, "count", 10, "conversations of each condition")
	cli.ForceFlag(f, &force)
	flags.register(f)
	_ = cmd.MarkFlagRequired("data") // the flag exists
	_ = cmd.MarkFlagRequired("out")
	return cmd
}

// keep writes base.flac and base.rttm.
func keep(cmd *cobra.Command, base string, r evaluate.Recording, force bool) error {
	files := cli.NewFiles(cmd.OutOrStdout(), cmd.ErrOrStderr(), force, false)
	sound, err := files.Set.Add("--out", base+".flac")
	if err != nil {
		return err
	}
	turns, err := files.Set.Add("--out", base+".rttm")
	if err != nil {
		return err
	}
	var text strings.Builder
	if err := rttm.Write(&text, r.Reference); err != nil {
		return err
	}
	if err := writeFLAC(sound, r.Samples); err != nil {
		return cli.As(cli.ExitOutput, sound.Keep(err))
	}
	return files.WriteOne(cmd, turns, []byte(text.String()))
}

// writeFLAC writes samples as a FLAC file of 16 bits.
func writeFLAC(file *outfile.File, samples []float32) error {
	path, err := file.Partial()
	if err != nil {
		return err
	}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	w, err := flac.NewWriter(f, capture.Rate)
	if err != nil {
		f.Close()
		return err
	}
	if err := w.Write(samples); err != nil {
		_ = w.Close() // fails for the same reason
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	return file.Commit()
}
