package main

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/seed-7adb9000/diarizer/internal/cli"
	"github.com/seed-7adb9000/diarizer/internal/lab/calibration"
	"github.com/seed-7adb9000/diarizer/internal/lab/evaluate"
)

// calibrationRows are a group and the sum of all groups, as Table returns them.
func calibrationRows() []evaluate.Row {
	claims := []calibration.Claim{{Confidence: 0.9, Right: true, Weight: 3}, {Confidence: 0.7, Right: false, Weight: 1}}
	trials := []calibration.Trial{{Score: 1, Same: true}, {Score: -1}, {Score: 2}, {Score: 3, Same: true}}
	row := evaluate.Row{Claims: claims, GivenClaims: claims[:1], Trials: trials}
	a, all := row, row
	a.Group, all.Group = "ami", "all"
	return []evaluate.Row{a, all}
}

func TestPrintCalibration(t *testing.T) {
	var b bytes.Buffer
	if err := printCalibration(&b, calibrationRows()); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(b.String()), "\n")
	if len(lines) != 6 {
		t.Fatalf("%d lines, expected a head of 2 and two for each of 2 groups:\n%s", len(lines), b.String())
	}
	var cells []string
	for _, c := range strings.Split(lines[2], "|") {
		cells = append(cells, strings.TrimSpace(c))
	}
	// By number (0.01 + 0.49)/2, by time (3·0.01 + 0.49)/4.
	want := []string{"", "ami", "2", "80.0", "50.0", "0.250", "0.400", "85.0", "75.0", "0.130", "0.250", "50.0", ""}
	if strings.Join(cells, "|") != strings.Join(want, "|") {
		t.Errorf("%q, expected %q", cells, want)
	}
}

// quiet is a command whose output is dropped.
func quiet() *cobra.Command {
	cmd := &cobra.Command{}
	cmd.SetOut(io.Discard)
	cmd.SetErr(io.Discard)
	return cmd
}

func TestWritePlots(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "plots")
	if err := writePlots(quiet(), dir, false, calibrationRows()); err != nil {
		t.Fatal(err)
	}
	for name, words := range map[string]string{"reliability.svg": "own turns: 2, Brier score 0.250", "det.svg": "ami: EER 50.0 %"} {
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Contains(data, []byte(words)) {
			t.Errorf("%s does not say %q", name, words)
		}
		for d := xml.NewDecoder(bytes.NewReader(data)); ; {
			if _, err := d.Token(); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
	}
	file := filepath.Join(dir, "det.svg")
	if err := writePlots(quiet(), file, false, calibrationRows()); err == nil || !strings.Contains(err.Error(), "det.svg") {
		t.Errorf("a file for a directory: error %v", err)
	}
}

func TestCompareErrors(t *testing.T) {
	dir := t.TempDir()
	for _, c := range []struct {
		args   []string
		status int
		want   string
	}{
		{[]string{"compare"}, cli.ExitUsage, "data"},
		{[]string{"compare", "--data", dir}, cli.ExitInput, "no training data"},
		{[]string{"compare", "--data", dir, "--conversations", "1"}, cli.ExitUsage, "--conversations 1: expected 2 or more"},
		{[]string{"compare", "--data", dir, "--seconds", "3"}, cli.ExitUsage, "--seconds 3: expected 10 to 3600"},
		{[]string{"compare", "--data", dir, "--model", filepath.Join(dir, "none")}, cli.ExitInput, "--model: open"},
		{[]string{"compare", "--data", dir, "--out", filepath.Join(dir, "none", "x.md")}, cli.ExitOutput, "there is no directory"},
		{[]string{"evaluate", "--data", dir, "--plots", "/dev/null/x"}, cli.ExitOutput, "--plots"},
		{[]string{"train", "--data", dir, "--out", dir}, cli.ExitOutput, "is a directory"},
		{[]string{"train-vad", "--data", dir, "--out", filepath.Join(dir, "none", "x")}, cli.ExitOutput, "there is no directory"},
	} {
		var out, errs bytes.Buffer
		if status := run(t.Context(), c.args, nil, &out, &errs); status != c.status || !strings.Contains(errs.String(), c.want) || strings.Count(errs.String(), "\n") != 1 {
			t.Errorf("%v: status %d, %q; expected %d and one line with %q", c.args, status, errs.String(), c.status, c.want)
		}
	}
}
