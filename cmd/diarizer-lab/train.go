package main

import (
	"bytes"
	"fmt"
	"path/filepath"
	"sort"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/seed-7adb9000/diarizer/internal/cli"
	"github.com/seed-7adb9000/diarizer/internal/cli/outfile"
	"github.com/seed-7adb9000/diarizer/internal/lab/dataset"
	"github.com/seed-7adb9000/diarizer/internal/lab/experiment"
	"github.com/seed-7adb9000/diarizer/internal/lab/simulate"
	"github.com/seed-7adb9000/diarizer/internal/lab/training"
	"github.com/seed-7adb9000/diarizer/internal/network/modelfile"
	"github.com/seed-7adb9000/diarizer/online/model"
	"github.com/seed-7adb9000/diarizer/online/model/eigenvoice"
	"github.com/seed-7adb9000/diarizer/online/model/embedding"
)

// The simulated conversations that the threshold is set on: the number of each kind, and
// the longest of them in seconds.
const (
	calibrationConversations = 20
	calibrationSeconds       = 180
)

func newTrainCommand() *cobra.Command {
	var (
		making    making
		kind      string
		threshold float64
		seed      uint64
		voices    = training.DefaultConfig()
		vectors   = training.DefaultEmbeddingConfig()
	)
	cmd := &cobra.Command{
		Use:   "train --data DIR --out FILE",
		Short: "Make a model from recordings of many speakers",
		Long: `Make a model from recordings of many speakers.

DIR/train/manifest.tsv (and manifest-*.tsv) lists the recordings (tab-separated
columns path, corpus, speaker, seconds, rate, licence, source and split); DIR/rir
and DIR/noise hold room responses and noises. Speakers of split "train" make the
model, those of split "sim" the conversations that its threshold is set on. The
same data, settings and seed give the same model.

--kind embedding estimates how the vectors of the network in the program vary within and
between speakers. The network itself stays as it is. --kind eigenvoice makes a UBM,
eigenvoices and eigenchannels. --kind naming estimates how the voices of the accurate
model vary from one recording to another, which the recognition of enrolled people needs.`,
		Example: `  diarizer-lab train --kind embedding --data DIR --out accurate.safetensors
  diarizer-lab train --kind eigenvoice --data DIR --out light.safetensors`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			files, file, err := making.file(cmd)
			if err != nil {
				return err
			}
			t := trainer{cmd: cmd, data: making.data, bars: &progressBars{cmd: cmd}, files: files, file: file, threshold: threshold}
			voices.Seed, vectors.Seed = seed, seed
			switch kind {
			case embedding.Kind:
				for flag, set := range map[string]func(){
					"augment": func() { vectors.Augment = voices.Augment },
					"phi":     func() { vectors.Phi = voices.Phi },
					"slack":   func() { vectors.WithinSpeakerVariance = voices.WithinSpeakerVariance },
					"length":  func() { vectors.LengthExponent = voices.LengthExponent },
				} {
					if cmd.Flags().Changed(flag) {
						set()
					}
				}
				return t.embedding(vectors)
			case eigenvoice.Kind:
				return t.eigenvoice(voices)
			case namingKind:
				return t.naming(seed)
			}
			return cli.Usage("--kind %q: expected %s, %s or %s", kind, embedding.Kind, eigenvoice.Kind, namingKind)
		},
	}
	making.flags(cmd, "model")
	f := cmd.Flags()
	f.StringVar(&kind, "kind", embedding.Kind, "what to make: embedding, eigenvoice or naming")
	f.Float64Var(&threshold, "threshold", 0, "threshold to use instead of the one with the least confusion on simulated conversations")
	f.Uint64Var(&seed, "seed", voices.Seed, "start of every random choice")
	f.IntVar(&vectors.Crops, "crops", vectors.Crops, "embedding: stretches of a recording and of each copy")
	f.Float64Var(&vectors.Channel, "channel", vectors.Channel, "embedding: share of the variance between a speaker's recordings that is also found within one")
	f.IntVar(&vectors.Factors, "factors", vectors.Factors, "embedding: factors that are kept")
	f.IntVar(&voices.Features.Ceps, "ceps", voices.Features.Ceps, "cepstral coefficients")
	f.IntVar(&voices.Features.Filters, "filters", voices.Features.Filters, "mel filters")
	f.BoolVar(&voices.Features.Energy, "energy", voices.Features.Energy, "log energy as a feature")
	f.BoolVar(&voices.Features.Deltas, "deltas", voices.Features.Deltas, "deltas as features")
	f.IntVar(&voices.Gaussians, "gaussians", voices.Gaussians, "Gaussians of the UBM")
	f.IntVar(&voices.Eigenvoices, "eigenvoices", voices.Eigenvoices, "eigenvoices")
	f.IntVar(&voices.Eigenchannels, "eigenchannels", voices.Eigenchannels, "eigenchannels")
	f.BoolVar(&voices.UseChannels, "use-eigenchannels", voices.UseChannels, "integrate the channel of each utterance out at run time")
	f.BoolVar(&voices.Sessions, "sessions", voices.Sessions, "every recording and copy is a voice of its own")
	f.IntVar(&voices.Augment, "augment", voices.Augment, "copies of each recording through rooms, noise and lines, both kinds")
	f.Float64Var(&voices.Phi, "phi", voices.Phi, fmt.Sprintf("scale of frame counts; embedding: of precisions, default %g", vectors.Phi))
	f.Float64Var(&voices.TrainPhi, "train-phi", voices.TrainPhi, "scale of frame counts while training")
	f.Float64Var(&voices.TrainOffsetVariance, "train-token", voices.TrainOffsetVariance, "within-utterance offset variance while training V and U")
	f.Float64Var(&voices.OwnMean, "own-mean", voices.OwnMean, "share of a recording's own mean that is subtracted in training")
	f.Float64Var(&voices.OffsetVariance, "token", voices.OffsetVariance, "within-utterance offset variance: by how much a sound of one utterance may be off as a whole")
	f.Float64Var(&voices.WithinSpeakerVariance, "slack", voices.WithinSpeakerVariance, fmt.Sprintf("within-speaker variance; embedding: default %g", vectors.WithinSpeakerVariance))
	f.Float64Var(&voices.LengthExponent, "length", voices.LengthExponent, "exponent of the length normalisation of scores, both kinds")
	f.BoolVar(&voices.Soft, "soft", voices.Soft, "divide frames among Gaussians")
	return cmd
}

// trainer trains a model of either kind.
type trainer struct {
	cmd   *cobra.Command
	data  string
	bars  *progressBars
	files *cli.Files
	file  *outfile.File // to write
	// threshold is the value of --threshold.
	threshold float64
}

// material reads the recordings of split "train" and the acoustics.
func (t trainer) material() (utts []dataset.Utterance, ac simulate.Acoustics, err error) {
	all, err := dataset.ReadManifest(filepath.Join(t.data, "train"))
	if err != nil {
		return nil, ac, err
	}
	ac, err = experiment.Acoustics(t.data)
	return dataset.Split(all, "train"), ac, err
}

func (t trainer) eigenvoice(cfg training.Config) error {
	ctx := t.cmd.Context()
	utts, ac, err := t.material()
	if err != nil {
		return err
	}
	corpus, err := training.Extract(ctx, utts, ac, cfg, t.bars)
	if err != nil {
		return err
	}
	m, _, err := training.Train(ctx, corpus, cfg, t.bars)
	if err != nil {
		return err
	}
	if m.Threshold, m.Slope, err = t.calibrate(m, ac, cfg.Seed); err != nil {
		return err
	}
	meta := describe(utts, cfg)
	if t.cmd.Flags().Changed("threshold") {
		meta.Command += " --threshold " + num(t.threshold)
	}
	return t.write(m, meta)
}

func (t trainer) embedding(cfg training.EmbeddingConfig) error {
	ctx := t.cmd.Context()
	utts, ac, err := t.material()
	if err != nil {
		return err
	}
	net, err := modelfile.Network()
	if err != nil {
		return err
	}
	crops, err := training.Crops(ctx, utts, ac, net, cfg, t.bars)
	if err != nil {
		return err
	}
	m, err := training.TrainEmbedding(net, crops, cfg)
	if err != nil {
		return err
	}
	if m.Threshold, m.Slope, err = t.calibrate(m, ac, cfg.Seed); err != nil {
		return err
	}
	meta := describeEmbedding(utts, cfg)
	if t.cmd.Flags().Changed("threshold") {
		meta.Command += " --threshold " + num(t.threshold)
	}
	return t.write(m, meta)
}

// calibrate finds the slope of a model, and its threshold unless --threshold gives it, on
// conversations of the voices that are kept out of its training.
func (t trainer) calibrate(m model.Model, ac simulate.Acoustics, seed uint64) (threshold, slope float64, err error) {
	ctx := t.cmd.Context()
	all, err := dataset.ReadManifest(filepath.Join(t.data, "train"))
	if err != nil {
		return 0, 0, err
	}
	cast, err := experiment.Cast(dataset.Split(all, "sim"))
	if err != nil {
		return 0, 0, err
	}
	plan := experiment.Plan{Conditions: experiment.EveryCondition(), Count: calibrationConversations, Seconds: calibrationSeconds, Seed: seed}
	sounds, err := experiment.Conversations(experiment.OneLine(cast), ac, plan)
	if err != nil {
		return 0, 0, err
	}
	done := t.bars.Start("conversations", len(plan.Conditions)*plan.Count)
	var recs []*experiment.Recording
	for s := range sounds {
		if ctx.Err() != nil {
			return 0, 0, ctx.Err()
		}
		r, err := experiment.NewRecording(s.Name, s.Group, s.Samples, s.Reference, m.Front())
		if err != nil {
			return 0, 0, err
		}
		recs = append(recs, r)
		done(1)
	}
	if t.cmd.Flags().Changed("threshold") {
		slope, err = experiment.SlopeAt(ctx, m, recs, t.threshold)
		return t.threshold, slope, err
	}
	cal, err := experiment.Calibrate(ctx, m, recs)
	if err == nil {
		fmt.Fprintf(t.cmd.OutOrStdout(), "threshold %.1f, slope %.3f, confusion on %d simulated conversations %.1f %%\n",
			cal.Threshold, cal.Slope, len(recs), cal.Confusion)
	}
	return cal.Threshold, cal.Slope, err
}

func (t trainer) write(m model.Model, meta modelfile.Metadata) error {
	var b bytes.Buffer
	if err := modelfile.Write(&b, m, meta); err != nil {
		return fmt.Errorf("%s: %w", t.file.Path(), err)
	}
	return t.files.WriteOne(t.cmd, t.file, b.Bytes())
}

// describe returns the metadata of an eigenvoice model: its data and its settings.
func describe(utts []dataset.Utterance, cfg training.Config) modelfile.Metadata {
	meta := modelfile.Metadata{Seed: cfg.Seed, Settings: map[string]string{
		"own_mean": num(cfg.OwnMean), "train_phi": num(cfg.TrainPhi), "train_token": num(cfg.TrainOffsetVariance), "chunk_seconds": num(cfg.Chunk),
		"copies": strconv.Itoa(cfg.Augment), "iterations": strconv.Itoa(cfg.Iterations), "ubm_iterations": strconv.Itoa(cfg.UBMIterations),
	}}
	meta.Command = strings.Join([]string{"diarizer-lab train --kind eigenvoice --data DIR --out FILE --seed", strconv.FormatUint(cfg.Seed, 10),
		"--ceps", strconv.Itoa(cfg.Features.Ceps), "--filters", strconv.Itoa(cfg.Features.Filters),
		"--energy=" + strconv.FormatBool(cfg.Features.Energy), "--deltas=" + strconv.FormatBool(cfg.Features.Deltas),
		"--gaussians", strconv.Itoa(cfg.Gaussians), "--eigenvoices", strconv.Itoa(cfg.Eigenvoices),
		"--eigenchannels", strconv.Itoa(cfg.Eigenchannels), "--use-eigenchannels=" + strconv.FormatBool(cfg.UseChannels), "--sessions=" + strconv.FormatBool(cfg.Sessions), "--augment", strconv.Itoa(cfg.Augment),
		"--phi", num(cfg.Phi), "--train-phi", num(cfg.TrainPhi), "--train-token", num(cfg.TrainOffsetVariance), "--own-mean", num(cfg.OwnMean),
		"--token", num(cfg.OffsetVariance), "--slack", num(cfg.WithinSpeakerVariance), "--length", num(cfg.LengthExponent),
		"--soft=" + strconv.FormatBool(cfg.Soft)}, " ")
	meta.Corpora = corpora(utts)
	return meta
}

// describeEmbedding returns the metadata of an embedding model.
func describeEmbedding(utts []dataset.Utterance, cfg training.EmbeddingConfig) modelfile.Metadata {
	return modelfile.Metadata{Seed: cfg.Seed, Corpora: corpora(utts),
		Settings: map[string]string{"shortest_seconds": num(cfg.Shortest), "longest_seconds": num(cfg.Longest)},
		Command: strings.Join([]string{"diarizer-lab train --kind embedding --data DIR --out FILE --seed", strconv.FormatUint(cfg.Seed, 10),
			"--augment", strconv.Itoa(cfg.Augment), "--crops", strconv.Itoa(cfg.Crops), "--factors", strconv.Itoa(cfg.Factors),
			"--channel", num(cfg.Channel), "--phi", num(cfg.Phi), "--slack", num(cfg.WithinSpeakerVariance), "--length", num(cfg.LengthExponent)}, " ")}
}

// corpora sums the recordings up by corpus.
func corpora(utts []dataset.Utterance) []modelfile.Corpus {
	var out []modelfile.Corpus
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
		out = append(out, *c)
	}
	sort.Slice(out, func(a, b int) bool { return out[a].Name < out[b].Name })
	return out
}

func num(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }
