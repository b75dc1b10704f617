package main

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/seed-7adb9000/diarizer/event/rttm"
	"github.com/seed-7adb9000/diarizer/internal/cli"
	"github.com/seed-7adb9000/diarizer/internal/metrics"
)

// scoreFlags are the flags of the score command.
type scoreFlags struct {
	opts metrics.Options
	uem  string
	json bool
}

func newScoreCommand() *cobra.Command {
	var flags scoreFlags
	cmd := &cobra.Command{
		Use:   "score [flags] REF.rttm HYP.rttm...",
		Short: "Compare speaker turns with a reference",
		Long: `Compare speaker turns with a reference: diarization error rate (DER) with its
parts (miss, false alarm, confusion), Jaccard error rate, cluster purity and the
numbers of speakers, for each recording and in all.

REF and HYP are RTTM files, or directories of .rttm files. They may hold several
recordings, which are matched by their file field (field 2). A recording without
turns in HYP counts as missed; one that is only in HYP is not scored. Both are
named in a warning.`,
		Example: `  diarizer score meeting.ref.rttm meeting.rttm
  diarizer score --collar 0.25 --skip-overlap references/ out/*.rttm`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) < 2 {
				return fmt.Errorf("score: %s named: expected REF.rttm and one HYP.rttm or more", count(len(args), "file"))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			return runScore(flags, args[0], args[1:], cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	f := cmd.Flags()
	f.Float64Var(&flags.opts.Collar, "collar", 0, "leave out this many `seconds` on both sides of reference boundaries")
	f.BoolVar(&flags.opts.SkipOverlap, "skip-overlap", false, "leave out reference overlap")
	f.StringVar(&flags.uem, "uem", "", "score the regions in this UEM `file` only")
	f.BoolVar(&flags.json, "json", false, "print JSON")
	return cmd
}

func runScore(flags scoreFlags, refPath string, hypPaths []string, stdout, stderr io.Writer) error {
	if c := flags.opts.Collar; !(c >= 0 && c <= rttm.MaxSeconds) {
		return usage("--collar %v: expected seconds, 0 or more", c)
	}
	if flags.uem != "" {
		regions, err := rttm.ReadUEMFile(flags.uem)
		if err != nil {
			return err
		}
		if len(regions) == 0 {
			return inputError("%s: no region: expected lines with file, channel, start, end", flags.uem)
		}
		flags.opts.Regions = regions
	}
	ref, err := readTurns([]string{refPath})
	if err != nil {
		return err
	}
	if len(ref) == 0 && flags.uem == "" {
		return inputError("%s: no SPEAKER line: nothing to score against", refPath)
	}
	hyp, err := readTurns(hypPaths)
	if err != nil {
		return err
	}
	corpus, err := metrics.CompareAll(ref, hyp, flags.opts)
	if err != nil {
		return err
	}
	if len(corpus.Unknown) > 0 && len(corpus.Missing) > 0 && len(corpus.Missing) == len(corpus.Recordings) {
		return inputError("%s: recording %q is not in %s, which has %q: expected the same file field (field 2)",
			strings.Join(hypPaths, ", "), corpus.Unknown[0], refPath, corpus.Recordings[0].Name)
	}
	for _, w := range []struct {
		names []string
		what  string
	}{{corpus.Missing, "has no turns in the hypothesis: all of it counts as missed"},
		{corpus.Unknown, "is not in the reference: it is not scored"},
		{corpus.Unevaluated, "has no region in " + flags.uem + ": it is not scored"}} {
		for _, name := range w.names {
			fmt.Fprintf(stderr, "diarizer: warning: recording %q %s\n", name, w.what)
		}
	}
	if flags.json {
		return writeScoreJSON(stdout, corpus, flags.opts)
	}
	return writeScoreTable(stdout, corpus, flags.opts)
}

// readTurns reads RTTM files and directories of RTTM files. A recording that is in two files
// is an error, as the turns of two systems must not be taken for one system's.
func readTurns(paths []string) ([]rttm.Segment, error) {
	var files []string
	for _, path := range paths {
		if info, err := os.Stat(path); err != nil || !info.IsDir() {
			files = append(files, path) // the error of a missing file comes when it is read
			continue
		}
		entries, err := os.ReadDir(path)
		if err != nil {
			return nil, err
		}
		n := len(files)
		for _, e := range entries {
			if filepath.Ext(e.Name()) == ".rttm" {
				files = append(files, filepath.Join(path, e.Name()))
			}
		}
		if len(files) == n {
			return nil, inputError("%s: no .rttm file in this directory", path)
		}
	}
	var all []rttm.Segment
	from := make(map[string]string)
	for _, file := range files {
		segments, err := cli.ReadLines(file)
		if err != nil {
			return nil, err
		}
		for _, s := range segments {
			if first, ok := from[s.File]; ok && first != file {
				return nil, inputError("%s: recording %q is also in %s: expected each recording in one file",
					file, s.File, first)
			}
			from[s.File] = file
		}
		all = append(all, segments...)
	}
	return all, nil
}

func writeScoreTable(w io.Writer, c metrics.Corpus, opts metrics.Options) error {
	rows := slices.Clone(c.Recordings)
	rows = append(rows, metrics.Recording{Name: "all", Score: c.All})
	width := len("recording")
	for _, r := range rows {
		width = max(width, utf8.RuneCountInString(r.Name))
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%-*s %9s %7s %7s %7s %7s %7s %7s %9s\n", width, "recording",
		"speech s", "DER", "miss", "fa", "conf", "JER", "purity", "speakers")
	for _, r := range rows {
		s := r.Score
		fmt.Fprintf(&b, "%-*s %9.2f", width, r.Name, s.Speech.Seconds())
		for _, rate := range []float64{s.DER(), s.MissRate(), s.FalseAlarmRate(), s.ConfusionRate(), s.JER(), s.Purity()} {
			fmt.Fprintf(&b, " %7s", decimals(rate))
		}
		fmt.Fprintf(&b, " %9s\n", fmt.Sprintf("%d/%d", s.RefSpeakers, s.HypSpeakers))
	}
	overlap := "overlap scored"
	if opts.SkipOverlap {
		overlap = "overlap left out"
	}
	all := c.All
	fmt.Fprintf(&b, "\nRates in percent; collar %v s, %s; speakers: reference/found.\n", opts.Collar, overlap)
	fmt.Fprintf(&b, "Number of speakers exact in %d of %d, off by %s on average. Speech detection: miss %s, fa %s.\n",
		all.Exact, all.Recordings, decimals(all.MeanSpeakersOff()),
		decimals(all.Detection.MissRate()), decimals(all.Detection.FalseAlarmRate()))
	_, err := io.WriteString(w, b.String())
	return err
}

// decimals formats a rate. A rate without speech to divide by is a dash.
func decimals(rate float64) string {
	if math.IsNaN(rate) {
		return "-"
	}
	return fmt.Sprintf("%.2f", rate)
}

// scoreJSON is the result of one recording, or of all, of score --json. Times are in seconds,
// rates in percent. A rate without speech to divide by is null.
type scoreJSON struct {
	Recording     string            `json:"recording,omitempty"`
	Speech        float64           `json:"speech"`
	Miss          float64           `json:"miss"`
	FalseAlarm    float64           `json:"false_alarm"`
	Confusion     float64           `json:"confusion"`
	DER           *float64          `json:"der"`
	MissRate      *float64          `json:"miss_rate"`
	FARate        *float64          `json:"false_alarm_rate"`
	ConfusionRate *float64          `json:"confusion_rate"`
	JER           *float64          `json:"jer"`
	Purity        *float64          `json:"purity"`
	Coverage      *float64          `json:"coverage"`
	RefSpeakers   int               `json:"reference_speakers"`
	HypSpeakers   int               `json:"found_speakers"`
	SpeakersOff   *float64          `json:"speakers_off"`
	ExactRate     *float64          `json:"speakers_exact_rate"`
	DetectionMiss *float64          `json:"detection_miss_rate"`
	DetectionFA   *float64          `json:"detection_false_alarm_rate"`
	Speakers      map[string]string `json:"speakers,omitempty"`
}

func writeScoreJSON(w io.Writer, c metrics.Corpus, opts metrics.Options) error {
	out := struct {
		Collar      float64     `json:"collar"`
		SkipOverlap bool        `json:"skip_overlap"`
		Recordings  []scoreJSON `json:"recordings"`
		All         scoreJSON   `json:"all"`
		Missing     []string    `json:"missing,omitempty"`
		Unknown     []string    `json:"unknown,omitempty"`
		Unevaluated []string    `json:"unevaluated,omitempty"`
	}{opts.Collar, opts.SkipOverlap, nil, newScoreJSON("", c.All, nil), c.Missing, c.Unknown, c.Unevaluated}
	for _, r := range c.Recordings {
		out.Recordings = append(out.Recordings, newScoreJSON(r.Name, r.Score, r.Speakers))
	}
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(out)
}

func newScoreJSON(name string, s metrics.Score, speakers map[string]string) scoreJSON {
	rate := func(v float64) *float64 {
		if math.IsNaN(v) {
			return nil
		}
		return &v
	}
	return scoreJSON{name, s.Speech.Seconds(), s.Miss.Seconds(), s.FalseAlarm.Seconds(), s.Confusion.Seconds(),
		rate(s.DER()), rate(s.MissRate()), rate(s.FalseAlarmRate()), rate(s.ConfusionRate()),
		rate(s.JER()), rate(s.Purity()), rate(s.Coverage()), s.RefSpeakers, s.HypSpeakers,
		rate(s.MeanSpeakersOff()), rate(s.ExactRate()), rate(s.Detection.MissRate()), rate(s.Detection.FalseAlarmRate()),
		speakers}
}
