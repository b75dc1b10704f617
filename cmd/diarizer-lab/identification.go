package main

import (
	"context"
	"fmt"
	"io"

	"github.com/seed-7adb9000/diarizer/internal/cli"
	"github.com/seed-7adb9000/diarizer/internal/lab/experiment"
	"github.com/seed-7adb9000/diarizer/internal/lab/trial"
)

// identificationSeed draws the channels and conversations of "evaluate --identify".
const identificationSeed = 5

// evaluateIdentification measures how well enrolled people are recognised, see package trial.
// It prints its progress to errs.
func evaluateIdentification(ctx context.Context, w, errs io.Writer, data, modelName string) error {
	m, err := cli.ReadModel(modelName)
	if err != nil {
		return err
	}
	people, err := trial.People(ctx, data)
	if err != nil {
		return err
	}
	acoustics, err := experiment.Acoustics(data)
	if err != nil {
		return err
	}
	material, err := trial.Gather(ctx, people, acoustics, m, identificationSeed, func(done, all int) {
		if done%50 == 0 {
			fmt.Fprintf(errs, "%d of %d samples and streams\n", done, all)
		}
	})
	if err != nil {
		return err
	}
	return trial.Report(ctx, w, material, m)
}
