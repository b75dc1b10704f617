package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/pipeline"
	"github.com/seed-7adb9000/diarizer/internal/serve"
	"github.com/seed-7adb9000/diarizer/internal/voices/enroll"
	"github.com/seed-7adb9000/diarizer/online/model"
)

// learnFrom takes the voice of a speaker from a stream that a worker is diarizing.
func (o *controlFlags) learnFrom(cmd *cobra.Command, sp *enroll.Speaker, m model.Model, stream string, args []string) error {
	if err := event.CheckStream(stream); err != nil {
		return usage("--from: %w", err)
	}
	nc, err := o.connect(cmd)
	if err != nil {
		return err
	}
	defer nc.Close()
	var speaker event.Speaker
	if speaker.UnmarshalText([]byte(args[0])) != nil { // a name
		tl, err := streamNow(cmd.Context(), nc, stream)
		if err != nil {
			return err
		}
		if speaker, err = speakerOf(tl, args[0]); err != nil {
			return err
		}
	}
	sp.Source = "stream " + stream + ", " + speaker.String()
	sp.Stats, err = serve.Voice(cmd.Context(), nc, pipeline.Config{Model: m}, stream, speaker)
	return err
}

// learnOver takes the voice of a speaker from a recording. The turns of the speaker are
// those of a stream that is over, or of a file.
func (o *controlFlags) learnOver(cmd *cobra.Command, sp *enroll.Speaker, m model.Model, from, recording string, args []string, anyway bool) error {
	tl, err := o.turnsOf(cmd, from)
	if err != nil {
		return err
	}
	speaker, err := speakerOf(tl, args[0])
	if err != nil {
		return err
	}
	src, err := capture.Open(cmd.Context(), recording, capture.Options{})
	if err != nil {
		return err
	}
	sample, err := enroll.Learn(cmd.Context(), m, enroll.Only(src, enroll.Alone(tl.Turns(), speaker)))
	if err = errors.Join(err, src.Close()); err == nil && !anyway {
		err = sample.Check()
	}
	if err != nil {
		return fmt.Errorf("%s, what %s says: %w", recording, args[0], err)
	}
	sp.Stats.Add(sample.Stats)
	sp.Source = filepath.Base(recording) + ", " + speaker.String()
	return nil
}

// turnsOf reads the turns of a file, or of the latest run of a stream where there is no file
// of that name.
func (o *controlFlags) turnsOf(cmd *cobra.Command, from string) (*event.Timeline, error) {
	info, err := os.Stat(from)
	if err == nil && info.Mode().IsRegular() {
		all, err := readTimelines(cmd.Context(), cmd.InOrStdin(), from, func(err error) { fmt.Fprintf(cmd.ErrOrStderr(), "diarizer: %v\n", err) })
		if err != nil {
			return nil, err
		}
		if len(all) != 1 {
			return nil, inputError("%s: turns of %d recordings: expected one", from, len(all))
		}
		return all[0], nil
	}
	if errStream := event.CheckStream(from); errStream != nil {
		if filepath.Ext(from) != "" || filepath.Base(from) != from {
			return nil, inputError("--from %s: there is no such file: expected one of turns, or a stream", from)
		}
		return nil, usage("--from: %w", errStream)
	}
	nc, err := o.connect(cmd)
	if err != nil {
		return nil, err
	}
	defer nc.Close()
	return streamNow(cmd.Context(), nc, from)
}
