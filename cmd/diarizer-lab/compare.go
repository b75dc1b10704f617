package main

import (
	"bytes"
	"fmt"
	"io"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/spf13/cobra"

	"github.com/seed-7adb9000/diarizer/internal/cli"
	"github.com/seed-7adb9000/diarizer/internal/lab/calibration"
	"github.com/seed-7adb9000/diarizer/internal/lab/compare"
	"github.com/seed-7adb9000/diarizer/internal/lab/dataset"
	"github.com/seed-7adb9000/diarizer/internal/lab/experiment"
	"github.com/seed-7adb9000/diarizer/internal/lab/figure"
	"github.com/seed-7adb9000/diarizer/internal/network/modelfile"
)

// compareFlags are the flags of "diarizer-lab compare".
type compareFlags struct {
	data, out, plots string
	conversations    int
	seconds          float64
	seed             uint64
	jobs             int
	force            bool
	model            string
}

// newCompareCommand makes "diarizer-lab compare".
func newCompareCommand() *cobra.Command {
	var o compareFlags
	cmd := &cobra.Command{
		Use:   "compare --data DIR",
		Short: "Set the methods of comparing utterances side by side",
		Long: `Set the methods of comparing utterances side by side: the closed form with and
without eigenchannels, the cross likelihood ratio (CLR), the generalised
likelihood ratio (GLR), the Bayesian information criterion (BIC) and the distance
between eigenvoice coordinates (EV), on the same utterances with the same
clustering, offline and online, each with the threshold that was best on the
other half of the recordings.

The recordings are telephone conversations composed of the speakers of split
"sim" in DIR/train/manifest.tsv, and those of DIR/dev. The table is Markdown. The
same data, model and seed give the same table, but for the seconds.`,
		Example: `  diarizer-lab compare --data DIR --out comparison.md
  diarizer-lab compare --data DIR --conversations 300 --seed 2 --plots plots`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runCompare(cmd, o) },
	}
	f := cmd.Flags()
	f.StringVar(&o.data, "data", "", "directory with train and dev")
	f.StringVar(&o.out, "out", "", "write the table to this Markdown file too")
	cli.ForceFlag(f, &o.force)
	f.StringVar(&o.plots, "plots", "", "write a DET plot for each kind of recordings to this directory")
	f.IntVar(&o.conversations, "conversations", 100, "simulated telephone conversations")
	f.Float64Var(&o.seconds, "seconds", 300, "longest length of a conversation; most end earlier, when all has been said")
	f.Uint64Var(&o.seed, "seed", 1, "start of every random choice")
	f.IntVar(&o.jobs, "jobs", runtime.NumCPU(), "recordings to work on at once")
	f.StringVar(&o.model, "model", modelfile.Light, "light, or a file of an eigenvoice model")
	_ = cmd.MarkFlagRequired("data") // the flag exists
	return cmd
}

func runCompare(cmd *cobra.Command, o compareFlags) error {
	if o.conversations < 2 {
		return cli.Usage("--conversations %d: expected 2 or more, one for each half", o.conversations)
	}
	if !(o.seconds >= 10 && o.seconds <= 3600) {
		return cli.Usage("--seconds %v: expected 10 to 3600", o.seconds)
	}
	files := cli.NewFiles(cmd.OutOrStdout(), cmd.ErrOrStderr(), o.force, false)
	out, err := files.Optional("--out", o.out)
	if err != nil {
		return err
	}
	if err := plotsIn(o.plots); err != nil {
		return err
	}
	m, err := cli.ReadEigenvoices(o.model)
	if err != nil {
		return err
	}
	all, err := dataset.ReadManifest(filepath.Join(o.data, "train"))
	if err != nil {
		return err
	}
	cast, err := experiment.Cast(dataset.Split(all, "sim"))
	if err != nil {
		return err
	}
	telephone, err := compare.Telephone(experiment.OneLine(cast), o.seed, o.conversations, o.seconds)
	if err != nil {
		return fmt.Errorf("%s: %w", filepath.Join(o.data, "train"), err)
	}
	dev, err := experiment.Dev(filepath.Join(o.data, "dev"))
	if err != nil {
		return err
	}
	if len(dev) < 2 {
		return fmt.Errorf("%s: %d recording: expected 2 or more, one for each half", filepath.Join(o.data, "dev"), len(dev))
	}
	sections, err := compare.Run(cmd.Context(), m, []compare.Set{telephone, compare.Real("dev", dev)},
		compare.Options{Jobs: o.jobs, Progress: &progressBars{cmd: cmd}})
	if err != nil {
		return err
	}
	var table bytes.Buffer
	if err := compare.Write(&table, sections); err != nil {
		return err
	}
	fmt.Fprintf(&table, "\n%s", compare.Notes)
	for _, s := range sections {
		fmt.Fprintf(&table, "\n%s: %d recordings, %.0f s of speech.\n", s.Name, s.Recordings, s.Seconds)
	}
	if _, err := cmd.OutOrStdout().Write(table.Bytes()); err != nil {
		return err
	}
	if out != nil {
		if err := files.WriteOne(cmd, out, table.Bytes()); err != nil {
			return err
		}
	}
	if o.plots == "" {
		return nil
	}
	return plotComparison(cmd, o.plots, o.force, sections)
}

// plotComparison writes det-NAME.svg for each section.
func plotComparison(cmd *cobra.Command, dir string, force bool, sections []compare.Section) error {
	for _, s := range sections {
		var curves []figure.Curve
		for _, l := range s.Lines {
			name, _, _ := strings.Cut(l.Method, " (")
			curves = append(curves, figure.Curve{Name: name, Points: calibration.DET(l.Trials)})
		}
		err := writeFigure(cmd, force, filepath.Join(dir, "det-"+s.Name+".svg"), func(w io.Writer) error {
			return figure.WriteDET(w, "Utterance against speaker: "+s.Name, curves)
		})
		if err != nil {
			return err
		}
	}
	return nil
}
