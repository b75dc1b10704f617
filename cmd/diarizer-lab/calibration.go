package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/seed-7adb9000/diarizer/internal/cli"
	"github.com/seed-7adb9000/diarizer/internal/cli/outfile"
	"github.com/seed-7adb9000/diarizer/internal/lab/calibration"
	"github.com/seed-7adb9000/diarizer/internal/lab/evaluate"
	"github.com/seed-7adb9000/diarizer/internal/lab/figure"
)

// printCalibration prints how well the confidences of final turns are calibrated, as
// Markdown, by group, with the program's own turns and with those of the reference.
func printCalibration(w io.Writer, rows []evaluate.Row) error {
	t := tabwriter.NewWriter(w, 0, 0, 1, ' ', tabwriter.AlignRight)
	fmt.Fprint(t, "\n| confidence of final turns\t| turns\t| claimed, %\t| right, %\t| Brier score\t| expected calibration error\t| by time: claimed, %\t| right, %\t| Brier score\t| expected calibration error\t| equal error rate of decisions, %\t|\n"+
		"| ---\t| ---:\t| ---:\t| ---:\t| ---:\t| ---:\t| ---:\t| ---:\t| ---:\t| ---:\t| ---:\t|\n")
	for _, r := range rows {
		calibrationRow(t, r.Group, r.Claims, r.Trials)
		calibrationRow(t, r.Group+", given utterances", r.GivenClaims, r.Trials)
	}
	return t.Flush()
}

func calibrationRow(w io.Writer, name string, claims []calibration.Claim, trials []calibration.Trial) {
	fmt.Fprintf(w, "| %s\t| %d\t", name, len(claims))
	for _, c := range [][]calibration.Claim{calibration.Unweighted(claims), claims} {
		confidence, right := calibration.Mean(c)
		fmt.Fprintf(w, "| %.1f\t| %.1f\t| %.3f\t| %.3f\t", 100*confidence, 100*right,
			calibration.Brier(c), calibration.ExpectedError(calibration.Bins(c, calibration.DefaultBins)))
	}
	fmt.Fprintf(w, "| %.1f\t|\n", 100*calibration.EqualError(calibration.DET(trials)))
}

// writePlots writes reliability.svg and det.svg to dir, which it makes if need be.
func writePlots(cmd *cobra.Command, dir string, force bool, rows []evaluate.Row) error {
	var reliability []figure.Reliability
	var det []figure.Curve
	for _, r := range rows {
		if r.Group == "all" {
			reliability = append(reliability,
				figure.Reliability{Name: "own turns", Claims: calibration.Unweighted(r.Claims)},
				figure.Reliability{Name: "given utterances", Claims: calibration.Unweighted(r.GivenClaims)})
		}
		det = append(det, figure.Curve{Name: r.Group, Points: calibration.DET(r.Trials)})
	}
	err := writeFigure(cmd, force, filepath.Join(dir, "reliability.svg"), func(w io.Writer) error {
		return figure.WriteReliability(w, "Confidence of final turns", reliability)
	})
	if err != nil {
		return err
	}
	return writeFigure(cmd, force, filepath.Join(dir, "det.svg"), func(w io.Writer) error {
		return figure.WriteDET(w, "One speaker or two: utterance against speaker", det)
	})
}

// writeFigure writes the picture of draw to the named file. If draw fails, it writes nothing.
func writeFigure(cmd *cobra.Command, force bool, name string, draw func(io.Writer) error) error {
	var picture bytes.Buffer
	if err := draw(&picture); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if err := plotsIn(filepath.Dir(name)); err != nil {
		return err
	}
	files := cli.NewFiles(cmd.OutOrStdout(), cmd.ErrOrStderr(), force, false)
	file, err := files.One(cmd, "--plots", name)
	if err != nil {
		return err
	}
	return files.WriteOne(cmd, file, picture.Bytes())
}

// plotsIn makes the directory of --plots before the evaluation begins.
func plotsIn(dir string) error {
	if dir == "" {
		return nil
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return cli.As(cli.ExitOutput, fmt.Errorf("--plots: %w", err))
	}
	_, err := (&outfile.Set{}).Add("--plots", filepath.Join(dir, "det.svg"))
	return err
}
