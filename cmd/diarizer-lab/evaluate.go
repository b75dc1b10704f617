package main

import (
	"fmt"
	"io"
	"iter"
	"runtime"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/seed-7adb9000/diarizer/internal/cli"
	"github.com/seed-7adb9000/diarizer/internal/lab/evaluate"
	"github.com/seed-7adb9000/diarizer/internal/pipeline"
)

// newEvaluateCommand makes "diarizer-lab evaluate".
func newEvaluateCommand() *cobra.Command {
	var (
		turns     cli.TurnFlags
		modelName string
		data      string
		jobs      int
		each      bool
		plots     string
		force     bool
		simulated int
		identify  bool
		latencies []time.Duration
		flags     planFlags
	)
	cmd := &cobra.Command{
		Use:   "evaluate --data DIR",
		Short: "Diarize recordings that have a reference and print how well that went",
		Long: `Diarize recordings that have a reference and print the error rates.

DIR holds NAME.flac and NAME.rttm; the part of NAME before the first underscore is
the group. With --simulated N it holds train/manifest.tsv, rir and noise as train
wants them, and N conversations of each of --conditions are composed, as simulate does it,
of the voices that are kept out of training. Scores are full: no collar, overlap scored. The tables are Markdown.

The second table says whether the confidences of final turns are probabilities: a
turn is right when its speaker, by the mapping that the score uses, is the
reference speaker who has most of it. --plots draws that (reliability.svg), and
the trade-off between missing a speaker and taking another for them, of the model
on the reference's utterances (det.svg).

With --identify, DIR is as for --simulated, with the recordings in DIR/dev. The table says
how well people are recognised who were enrolled through other rooms and lines:
docs/accuracy-identification.md.`,
		Example: `  diarizer-lab evaluate --data recordings --each
  diarizer-lab evaluate --data data --simulated 10 --plots plots
  diarizer-lab evaluate --data data --simulated 2 --conditions meeting --length 1h
  diarizer-lab evaluate --data data --identify`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if identify {
				return evaluateIdentification(cmd.Context(), cmd.OutOrStdout(), cmd.ErrOrStderr(), data, modelName)
			}
			if err := plotsIn(plots); err != nil {
				return err
			}
			if err := turns.Check(); err != nil {
				return err
			}
			m, err := cli.ReadModel(modelName)
			if err != nil {
				return cli.As(cli.ExitInput, err)
			}
			cfg := pipeline.Config{Model: m, Online: turns.Config()}
			recs, err := recordings(data, simulated, flags)
			if err != nil {
				return err
			}
			opts := evaluate.Options{Latencies: latencies, Jobs: jobs}
			w := cmd.OutOrStdout()
			if each {
				opts.Each = func(name string, r evaluate.Row) {
					fmt.Fprintf(cmd.ErrOrStderr(), "%-20s DER %5.1f %%, with given utterances confusion %5.1f %%\n", name, r.Final.DER(), r.Given.ConfusionRate())
				}
			}
			rows, err := evaluate.Table(recs, cfg, opts)
			if err != nil {
				return err
			}
			if err := printTable(w, rows, latencies); err != nil {
				return err
			}
			if err := printCalibration(w, rows); err != nil || plots == "" {
				return err
			}
			return writePlots(cmd, plots, force, rows)
		},
	}
	f := cmd.Flags()
	f.StringVar(&data, "data", "", "directory of recordings with references")
	turns.Register(cmd.Flags())
	cli.ModelFlag(f, &modelName)
	f.IntVar(&jobs, "jobs", runtime.NumCPU(), "recordings to work on at once")
	f.BoolVar(&each, "each", false, "print the result of every recording as it is done")
	f.DurationSliceVar(&latencies, "latencies", []time.Duration{time.Second / 2, time.Second, 2 * time.Second, 5 * time.Second}, "latencies of the live scores")
	f.StringVar(&plots, "plots", "", "write reliability.svg and det.svg to this directory")
	cli.ForceFlag(f, &force)
	f.IntVar(&simulated, "simulated", 0, "compose so many conversations of each condition instead of reading recordings")
	flags.register(f)
	f.BoolVar(&identify, "identify", false, "measure how well enrolled people are recognised")
	cmd.MarkFlagsMutuallyExclusive("identify", "simulated")
	_ = cmd.MarkFlagRequired("data") // the flag exists
	return cmd
}

// recordings reads the recordings of a directory, or composes simulated conversations of each
// condition.
func recordings(data string, simulated int, flags planFlags) (iter.Seq[evaluate.Recording], error) {
	if simulated == 0 {
		recs, err := evaluate.Load(data)
		return slices.Values(recs), err
	}
	plan, err := flags.plan(simulated)
	if err != nil {
		return nil, err
	}
	return evaluate.Simulated(data, plan)
}

// printTable prints the rows as Markdown.
func printTable(w io.Writer, rows []evaluate.Row, latencies []time.Duration) error {
	t := tabwriter.NewWriter(w, 0, 0, 1, ' ', tabwriter.AlignRight)
	head, rule := "| group\t| files\t| speech, s\t| DER\t| miss\t| false alarm\t| confusion\t| VAD miss + false alarm\t| given utterances: confusion\t| speakers off\t| exact\t", "| ---\t| ---:\t| ---:\t| ---:\t| ---:\t| ---:\t| ---:\t| ---:\t| ---:\t| ---:\t| ---:\t"
	for _, l := range latencies {
		head += fmt.Sprintf("| live at %v: DER\t", l)
		rule += "| ---:\t"
	}
	fmt.Fprintf(t, "%s|\n%s|\n", head, rule)
	for _, r := range rows {
		s := r.Final
		fmt.Fprintf(t, "| %s\t| %d\t| %.1f\t| %.1f\t| %.1f\t| %.1f\t| %.1f\t| %.1f + %.1f\t| %.1f\t| %.2f\t| %.0f %%\t",
			r.Group, s.Recordings, s.Speech.Seconds(), s.DER(), s.MissRate(), s.FalseAlarmRate(), s.ConfusionRate(),
			s.Detection.MissRate(), s.Detection.FalseAlarmRate(), r.Given.ConfusionRate(), s.MeanSpeakersOff(), s.ExactRate())
		for _, l := range r.Live {
			fmt.Fprintf(t, "| %.1f\t", l.DER())
		}
		fmt.Fprint(t, "|\n")
	}
	return t.Flush()
}
