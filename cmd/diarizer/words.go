package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/spf13/cobra"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/event/rttm"
	"github.com/seed-7adb9000/diarizer/internal/cli"
	"github.com/seed-7adb9000/diarizer/internal/cli/outfile"
	"github.com/seed-7adb9000/diarizer/internal/session/said"
	"github.com/seed-7adb9000/diarizer/internal/show/export"
	"github.com/seed-7adb9000/diarizer/internal/show/wordfile"
	"github.com/seed-7adb9000/diarizer/words"
)

// wordsOptions are the flags of words.
type wordsOptions struct {
	rttm, recording string
	url, stream     string
	nats            natsFlags
	outputs         []string
	format          string
	offset          string
	force, anyway   bool
}

func newWordsCommand() *cobra.Command {
	var o wordsOptions
	cmd := &cobra.Command{
		Use:   "words [flags] TRANSCRIPT",
		Short: "Say who said each word of a transcript",
		Long: `Words says who said each word of a transcript that a speech recogniser wrote:
JSON of whisper.cpp (-oj, better -ojf), faster-whisper, WhisperX or OpenAI
(verbose_json), CTM, SRT or WebVTT, recognised by its content. Lines whose words
have no times are divided by characters.

The turns are those of an RTTM file, of a recording that is diarized for this, or of a
stream that a NATS server keeps, with the names of its speakers. Each word gets the most
probable speaker, by its time, the confidence of the turns and the words around it, or
none. Where the two clocks differ by a constant or drift apart, the difference is found,
taken off and told. A transcript of another recording is refused.

The ending of each file of -o says its format: txt, a transcript to read; vtt and srt,
subtitles; json, words, segments and speakers; ctm and stm, NIST's lines; eaf, a
document for ELAN.`,
		Example: `  diarizer words meeting.json --recording meeting.flac -o meeting.txt -o meeting.vtt
  diarizer words meeting.json --rttm meeting.rttm
  diarizer words standup.srt --nats nats://bus:4222 --stream standup -o standup.json`,
		Args: cli.OneFile("words", "TRANSCRIPT"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return joinWords(cmd, o, args[0])
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.rttm, "rttm", "", "take the turns from this RTTM file")
	f.StringVar(&o.recording, "recording", "", "diarize this recording")
	f.StringVar(&o.stream, "stream", "", "take the turns of this stream's latest run from the NATS server")
	f.StringVar(&o.url, "nats", nats.DefaultURL, "URL of the NATS server")
	o.nats.register(f)
	f.StringArrayVarP(&o.outputs, "output", "o", nil, "write to this `file`, may be repeated (default standard output)")
	f.StringVar(&o.format, "format", "", "txt, json, vtt, srt, ctm, stm or eaf (default by the file's ending, txt on standard output)")
	f.StringVar(&o.offset, "offset", "auto", "what to add to the recogniser's times, such as 1.5s or -200ms; auto: find it, and drift")
	f.BoolVar(&o.anyway, "anyway", false, "join them even if they seem to be of two recordings")
	cli.ForceFlag(f, &o.force)
	cmd.MarkFlagsMutuallyExclusive("rttm", "recording", "stream")
	cmd.MarkFlagsOneRequired("rttm", "recording", "stream")
	cmd.MarkFlagsMutuallyExclusive("nats", "nats-context")
	return cmd
}

// joinWords gives the words of the transcript at path their speakers and writes them.
func joinWords(cmd *cobra.Command, o wordsOptions, path string) error {
	stderr := cmd.ErrOrStderr()
	r, outputs, err := o.check(cmd, path)
	if err != nil {
		return err
	}
	fixed, err := o.clock()
	if err != nil {
		return err
	}
	tr, err := wordfile.ReadFile(path, rttm.RecordingName(path))
	if err != nil {
		if is, failed := capture.IsRecording(path); failed == nil && is {
			return inputError("%s is a recording: expected a transcript of one, such as the JSON of a recogniser: diarizer words TRANSCRIPT --recording %s", path, cli.Quoted(path))
		}
		return as(exitInput, err)
	}
	for _, n := range tr.Notes {
		fmt.Fprintf(stderr, "diarizer: %s\n", n)
	}
	who, err := o.spoken(cmd, path)
	if err != nil {
		return err
	}
	var clock words.Clock
	var fit words.Fit
	if fixed != nil {
		clock, fit = *fixed, words.Fits(fixed.Apply(tr.Words), who.turns)
	} else {
		clock, fit = words.Align(tr.Words, who.turns)
	}
	if fit.Doubtful() && !o.anyway {
		return as(exitInput, fmt.Errorf("%s does not fit %s: %.0f %% of its %.0f s of words lie where somebody speaks, by chance %.0f %% would: is it of another recording? --anyway joins them",
			path, who.from, 100*fit.Share(), fit.Words.Seconds(), 100*fit.Speech))
	}
	list, err := words.Join(clock.Apply(tr.Words), who.turns)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	fmt.Fprintf(stderr, "%s: %s\n", path, summary(tr.Format, list, clock, fit))
	return o.write(cmd, r, outputs, export.Transcript{Source: who.source, Words: list, Names: who.names, Clock: clock})
}

// clock is the clock that --offset describes, nil for auto.
func (o wordsOptions) clock() (*words.Clock, error) {
	if o.offset == "auto" {
		return nil, nil
	}
	d, err := time.ParseDuration(o.offset)
	if err != nil {
		return nil, usage("--offset %q: expected a duration such as 1.5s or -200ms, or auto", o.offset)
	}
	return &words.Clock{Offset: d}, nil
}

// summary is a line about the result of the join.
func summary(format wordfile.Format, list []words.Said, clock words.Clock, fit words.Fit) string {
	speakers, unknown := map[string]bool{}, 0
	for _, w := range list {
		if w.Speaker == "" {
			unknown++
		} else {
			speakers[w.Speaker] = true
		}
	}
	s := fmt.Sprintf("%s, %s by %s, %d by nobody known; %.0f %% of the words' time is speech",
		format, count(len(list), "word"), count(len(speakers), "speaker"), unknown, 100*fit.Share())
	if clock != (words.Clock{}) {
		s += fmt.Sprintf("; %+.2f s added to the recogniser's times", clock.Offset.Seconds())
	}
	if clock.Drift != 0 {
		s += fmt.Sprintf(", and %+.2f s an hour", clock.Drift*3600)
	}
	return s
}

// wordOutput is a file with its format.
type wordOutput struct {
	file   *outfile.File
	format export.Format
}

// check checks the outputs, before anything is read.
func (o wordsOptions) check(cmd *cobra.Command, transcript string) (*results, []wordOutput, error) {
	r := newResults(cmd.OutOrStdout(), cmd.ErrOrStderr(), o.force, true)
	errs := []error{r.Read(cmd, "the transcript", transcript), r.Read(cmd, "what --rttm reads", o.rttm), r.Read(cmd, "the recording", o.recording)}
	paths := o.outputs
	if len(paths) == 0 {
		paths = []string{outfile.Stdout}
	}
	var all []wordOutput
	for _, path := range paths {
		ending := strings.TrimPrefix(strings.ToLower(filepath.Ext(path)), ".")
		if path == outfile.Stdout {
			ending = ""
		}
		f := export.Format(cmp.Or(o.format, ending, string(export.Text)))
		if err := export.WriteWords(io.Discard, f, export.Transcript{}); err != nil {
			errs = append(errs, usage("%s: %w", path, err))
			continue
		}
		file, err := r.Set.Add("-o", path)
		errs = append(errs, err)
		all = append(all, wordOutput{file, f})
	}
	return r, all, errors.Join(errs...)
}

// write writes every output, whole or not at all.
func (o wordsOptions) write(cmd *cobra.Command, r *results, outputs []wordOutput, t export.Transcript) error {
	var errs []error
	for _, out := range outputs {
		errs = append(errs, finish(out.file, whole, false, func(w io.Writer) error { return export.WriteWords(w, out.format, t) }))
	}
	cli.TellFiles(r.Set, func(format string, args ...any) { fmt.Fprintf(cmd.ErrOrStderr(), format, args...) })
	return errors.Join(errs...)
}

// writeWords writes the words of one run. Where several recognisers heard it, it takes the one
// with the most words.
func writeWords(w io.Writer, f export.Format, runs []*event.Timeline) error {
	if len(runs) > 1 {
		return fmt.Errorf("format %s: %d runs: expected one, name a --stream", f, len(runs))
	}
	var t export.Transcript
	for _, run := range runs {
		t.Source, t.Names = run.Source(), said.Names(run)
		for _, name := range run.Recognisers() {
			if own := run.Words(name); len(own) > len(t.Words) {
				t.Words = said.Words(own)
			}
		}
	}
	return export.WriteWords(w, f, t)
}
