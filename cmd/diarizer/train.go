package main

import (
	"bytes"
	"fmt"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"

	"github.com/seed-7adb9000/diarizer/internal/dataset"
	"github.com/seed-7adb9000/diarizer/internal/experiment"
	"github.com/seed-7adb9000/diarizer/internal/modelfile"
	"github.com/seed-7adb9000/diarizer/internal/outfile"
	"github.com/seed-7adb9000/diarizer/internal/training"
)

// The simulated conversations that the threshold is set on: so many of each
// kind, up to so many seconds long.
const (
	calibrationConversations = 20
	calibrationSeconds       = 180
)

func newTrainCommand() *cobra.Command {
	cfg := training.DefaultConfig()
	var data, out string
	var force bool
	cmd := &cobra.Command{
		Use:   "train --data DIR --out FILE",
		Short: "Make a model from recordings of many speakers",
		Long: `Make a model from recordings of many speakers.

DIR/train/manifest.tsv lists the recordings (tab-separated columns path, corpus,
speaker, seconds, rate, licence, source and split); DIR/rir and DIR/noise hold
room responses and noises. Speakers of split "train" make the model, those of
split "sim" the conversations that its threshold is set on. The same data,
settings and seed give the same model.`,
		Example: `  diarizer train --data data --out voices.safetensors`,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			files := newResults(cmd.OutOrStdout(), cmd.ErrOrStderr(), force, false)
			file, err := files.one(cmd, "--out", out)
			if err != nil {
				return err
			}
			return train(cmd, cfg, data, files, file)
		},
	}
	f := cmd.Flags()
	f.StringVar(&data, "data", "", "directory with the recordings")
	f.StringVar(&out, "out", "", "model file to write")
	forceFlag(f, &force)
	f.Uint64Var(&cfg.Seed, "seed", cfg.Seed, "start of every random choice")
	f.IntVar(&cfg.Features.Ceps, "ceps", cfg.Features.Ceps, "cepstral coefficients")
	f.IntVar(&cfg.Features.Filters, "filters", cfg.Features.Filters, "mel filters")
	f.BoolVar(&cfg.Features.Energy, "energy", cfg.Features.Energy, "log energy as a feature")
	f.BoolVar(&cfg.Features.Deltas, "deltas", cfg.Features.Deltas, "deltas as features")
	f.IntVar(&cfg.Gaussians, "gaussians", cfg.Gaussians, "Gaussians of the UBM")
	f.IntVar(&cfg.Eigenvoices, "eigenvoices", cfg.Eigenvoices, "eigenvoices")
	f.IntVar(&cfg.Eigenchannels, "eigenchannels", cfg.Eigenchannels, "eigenchannels")
	f.BoolVar(&cfg.UseChannels, "use-eigenchannels", cfg.UseChannels, "integrate the channel of each utterance out at run time")
	f.BoolVar(&cfg.Sessions, "sessions", cfg.Sessions, "every recording and copy is a voice of its own")
	f.IntVar(&cfg.Augment, "augment", cfg.Augment, "copies of each recording through rooms, noise and lines")
	f.Float64Var(&cfg.Phi, "phi", cfg.Phi, "scale of frame counts")
	f.Float64Var(&cfg.TrainPhi, "train-phi", cfg.TrainPhi, "scale of frame counts while training")
	f.Float64Var(&cfg.TrainToken, "train-token", cfg.TrainToken, "token while training V and U")
	f.Float64Var(&cfg.OwnMean, "own-mean", cfg.OwnMean, "part of a recording's own mean that is taken off in training")
	f.Float64Var(&cfg.Token, "token", cfg.Token, "variance by which a sound of one utterance may be off as a whole")
	f.Float64Var(&cfg.Slack, "slack", cfg.Slack, "variance by which a speaker may differ from themselves")
	f.Float64Var(&cfg.Length, "length", cfg.Length, "exponent that scores are normalised for length with")
	f.BoolVar(&cfg.Soft, "soft", cfg.Soft, "divide frames among Gaussians")
	_ = cmd.MarkFlagRequired("data")
	_ = cmd.MarkFlagRequired("out")
	return cmd
}

func train(cmd *cobra.Command, cfg training.Config, data string, files *results, file *outfile.File) error {
	ctx, bars := cmd.Context(), &progressBars{cmd: cmd}
	all, err := dataset.ReadManifest(filepath.Join(data, "train"))
	if err != nil {
		return err
	}
	ac, err := experiment.Acoustics(data)
	if err != nil {
		return err
	}
	utts := dataset.Split(all, "train")
	corpus, err := training.Extract(ctx, utts, ac, cfg, bars)
	if err != nil {
		return err
	}
	m, _, err := training.Train(ctx, corpus, cfg, bars)
	if err != nil {
		return err
	}
	cast, err := experiment.Cast(dataset.Split(all, "sim"))
	if err != nil {
		return err
	}
	sounds, err := experiment.Conversations(ctx, cast, ac, cfg.Seed, calibrationConversations, calibrationSeconds)
	if err != nil {
		return err
	}
	done := bars.Start("conversations", len(sounds))
	var recs []*experiment.Recording
	for _, s := range sounds {
		r, err := experiment.NewRecording(s.Name, s.Group, s.Samples, s.Reference, cfg.Features)
		if err != nil {
			return err
		}
		recs = append(recs, r)
		done(1)
	}
	cal, err := experiment.Calibrate(ctx, m, recs)
	if err != nil {
		return err
	}
	m.Threshold, m.Slope = cal.Threshold, cal.Slope
	fmt.Fprintf(cmd.OutOrStdout(), "threshold %.1f, slope %.3f, confusion on %d simulated conversations %.1f %%\n",
		cal.Threshold, cal.Slope, len(recs), cal.Confusion)
	var b bytes.Buffer
	if err := modelfile.Write(&b, m, describe(utts, cfg)); err != nil {
		return fmt.Errorf("%s: %w", file.Path(), err)
	}
	return files.writeOne(cmd, file, b.Bytes())
}

// describe says what the model was made of.
func describe(utts []dataset.Utterance, cfg training.Config) modelfile.Metadata {
	meta := modelfile.Metadata{Seed: cfg.Seed, Settings: map[string]string{
		"own_mean": num(cfg.OwnMean), "train_phi": num(cfg.TrainPhi), "train_token": num(cfg.TrainToken), "chunk_seconds": num(cfg.Chunk),
		"copies": strconv.Itoa(cfg.Augment), "iterations": strconv.Itoa(cfg.Iterations), "ubm_iterations": strconv.Itoa(cfg.UBMIterations),
	}}
	meta.Command = strings.Join([]string{"diarizer train --data DIR --out FILE --seed", strconv.FormatUint(cfg.Seed, 10),
		"--ceps", strconv.Itoa(cfg.Features.Ceps), "--filters", strconv.Itoa(cfg.Features.Filters),
		"--energy=" + strconv.FormatBool(cfg.Features.Energy), "--deltas=" + strconv.FormatBool(cfg.Features.Deltas),
		"--gaussians", strconv.Itoa(cfg.Gaussians), "--eigenvoices", strconv.Itoa(cfg.Eigenvoices),
		"--eigenchannels", strconv.Itoa(cfg.Eigenchannels), "--use-eigenchannels=" + strconv.FormatBool(cfg.UseChannels), "--sessions=" + strconv.FormatBool(cfg.Sessions), "--augment", strconv.Itoa(cfg.Augment),
		"--phi", num(cfg.Phi), "--train-phi", num(cfg.TrainPhi), "--train-token", num(cfg.TrainToken), "--own-mean", num(cfg.OwnMean),
		"--token", num(cfg.Token), "--slack", num(cfg.Slack), "--length", num(cfg.Length),
		"--soft=" + strconv.FormatBool(cfg.Soft)}, " ")
	byName := map[string]*modelfile.Corpus{}
	sources := map[string]map[string]bool{}
	seen := map[string]bool{}
	for _, u := range utts {
		c := byName[u.Corpus]
		if c == nil {
			c = &modelfile.Corpus{Name: u.Corpus, Licence: u.Licence}
			byName[u.Corpus], sources[u.Corpus] = c, map[string]bool{}
		}
		c.Seconds += u.Seconds
		sources[u.Corpus][u.Source] = true
		if !seen[u.SpeakerID()] {
			seen[u.SpeakerID()] = true
			c.Speakers++
		}
	}
	for name, c := range byName {
		var s []string
		for source := range sources[name] {
			s = append(s, source)
		}
		sort.Strings(s)
		c.Source = strings.Join(s, ", ")
		meta.Corpora = append(meta.Corpora, *c)
	}
	sort.Slice(meta.Corpora, func(a, b int) bool { return meta.Corpora[a].Name < meta.Corpora[b].Name })
	return meta
}

func num(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }

// progressBars shows a bar for each stage of the training where standard error is a
// terminal, a line elsewhere.
type progressBars struct{ cmd *cobra.Command }

// Start opens the bar of a stage.
func (p *progressBars) Start(stage string, total int) func(int) {
	w := p.cmd.ErrOrStderr()
	if !isTerminal(w) {
		fmt.Fprintf(w, "%s (%d)\n", stage, total)
		return func(int) {}
	}
	bar := progressbar.NewOptions(total, progressbar.OptionSetDescription(fmt.Sprintf("%-14s", stage)),
		progressbar.OptionSetWriter(w), progressbar.OptionShowCount(), progressbar.OptionThrottle(100*time.Millisecond),
		progressbar.OptionSetWidth(30), progressbar.OptionOnCompletion(func() { fmt.Fprintln(w) }))
	return func(n int) { _ = bar.Add(n) } // a bar that cannot be drawn does not matter
}
