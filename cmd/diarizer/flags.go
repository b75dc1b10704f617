package main

import (
	"math"
	"slices"
	"time"

	"github.com/spf13/pflag"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/event/rttm"
	"github.com/seed-7adb9000/diarizer/internal/cli"
	"github.com/seed-7adb9000/diarizer/internal/pipeline"
	"github.com/seed-7adb9000/diarizer/online"
	"github.com/seed-7adb9000/diarizer/segment"
	"github.com/seed-7adb9000/diarizer/vad"
)

// diarizeFlags are the flags of every command that diarizes.
type diarizeFlags struct {
	rttm, rttmLive     string
	results            resultFlags
	latency            time.Duration
	json               bool
	nats               string
	publish            publishFlags
	model              string
	speech, utterances string
	speakers, min, max int
	turns              cli.TurnFlags
	page               pageFlags
	tui                bool
	identify           string
	voicesKey          string
	voicesExpire       within
}

func (o *diarizeFlags) register(f *pflag.FlagSet) {
	f.StringVar(&o.rttm, "rttm", "", "write the final timeline, all revisions applied, to this file")
	f.StringVar(&o.rttmLive, "rttm-live", "", "write what a listener had been told in time to this file, see --latency")
	o.results.register(f)
	f.DurationVar(&o.latency, "latency", time.Second, "how long after a moment --rttm-live asks what was told of it")
	f.BoolVar(&o.json, "json", false, "print the events as lines of JSON")
	f.StringVar(&o.nats, "nats", "embedded", "publish to a NATS server: a URL, embedded (a server of the program's own on a free loopback port), or off")
	o.publish.register(f)
	cli.ModelFlag(f, &o.model)
	f.StringVar(&o.speech, "speech", "", "take the regions of speech from this RTTM file instead of detecting them")
	f.StringVar(&o.utterances, "utterances", "", "take the boundaries of turns from this RTTM file, its speakers ignored")
	f.IntVar(&o.speakers, "speakers", 0, "the number of speakers, where it is known")
	f.IntVar(&o.min, "min-speakers", 0, "the least number of speakers")
	f.IntVar(&o.max, "max-speakers", 0, "the largest number of speakers")
	o.turns.Register(f)
	identifyFlag(f, &o.identify)
	keyFlag(f, &o.voicesKey)
	expireFlag(f, &o.voicesExpire)
	o.page.register(f)
	f.BoolVar(&o.tui, "tui", false, "show who speaks full-screen, where the output is a terminal")
}

// config checks the flags and returns the configuration of the pipeline that they describe.
func (o *diarizeFlags) config() (pipeline.Config, error) {
	limits := online.Limits{Min: o.min, Max: o.max}
	switch {
	case o.speakers < 0 || o.min < 0 || o.max < 0:
		return pipeline.Config{}, usage("--speakers %d, --min-speakers %d, --max-speakers %d: expected 0 or more", o.speakers, o.min, o.max)
	case o.speakers > 0 && (o.min > 0 || o.max > 0):
		return pipeline.Config{}, usage("--speakers %d: expected it without --min-speakers and --max-speakers", o.speakers)
	case o.max > 0 && o.min > o.max:
		return pipeline.Config{}, usage("--min-speakers %d: expected at most --max-speakers %d", o.min, o.max)
	case o.speech != "" && o.utterances != "":
		return pipeline.Config{}, usage("--speech and --utterances: expected one of them")
	case o.turns.Check() != nil:
		return pipeline.Config{}, o.turns.Check()
	case o.latency < 0:
		return pipeline.Config{}, usage("--latency %v: expected a duration such as 1s", o.latency)
	case o.speakers > 0:
		limits = online.Limits{Min: o.speakers, Max: o.speakers}
	}
	m, err := cli.ReadModel(o.model)
	if err != nil {
		return pipeline.Config{}, as(exitInput, err)
	}
	cfg := pipeline.Config{Model: m, Online: o.turns.Config()}
	cfg.Online.Limits = limits
	return cfg, nil
}

// given adds the speech or the utterances of the named recording from the file of --speech
// or --utterances.
func (o *diarizeFlags) given(cfg pipeline.Config, name string) (pipeline.Config, error) {
	path := o.speech
	if path == "" {
		path = o.utterances
	}
	if path == "" {
		return cfg, nil
	}
	segments, err := segmentsOf(path, name)
	if err != nil {
		return cfg, err
	}
	if o.utterances != "" {
		cfg.Utterances = utterancesOf(segments)
	} else {
		cfg.Speech = speechOf(segments)
	}
	return cfg, nil
}

// segmentsOf reads the lines of one recording from an RTTM file: those with that name, or
// all lines where the file has only one name.
func segmentsOf(path, name string) ([]rttm.Segment, error) {
	all, err := cli.ReadLines(path)
	if err != nil {
		return nil, err
	}
	var own []rttm.Segment
	others := make(map[string]bool)
	for _, s := range all {
		if s.File == name {
			own = append(own, s)
		} else {
			others[s.File] = true
		}
	}
	switch {
	case len(own) > 0:
		return own, nil
	case len(others) == 1:
		return all, nil
	case len(others) == 0:
		return nil, inputError("%s: no SPEAKER lines", path)
	}
	return nil, inputError("%s: none of its %d recordings is %q", path, len(others), name)
}

func sample(seconds float64) int64 { return int64(math.Round(seconds * capture.Rate)) }

// utterancesOf makes an utterance of each segment.
func utterancesOf(segments []rttm.Segment) []segment.Utterance {
	out := make([]segment.Utterance, 0, len(segments))
	for _, s := range segments {
		if u := (segment.Utterance{Start: sample(s.Start), End: sample(s.End)}); u.End > u.Start {
			out = append(out, u)
		}
	}
	return out
}

// speechOf returns the union of segments as spans in order.
func speechOf(segments []rttm.Segment) []vad.Span {
	spans := make([]vad.Span, 0, len(segments))
	for _, u := range utterancesOf(segments) {
		spans = append(spans, vad.Span{Start: u.Start, End: u.End})
	}
	slices.SortFunc(spans, func(a, b vad.Span) int { return int(min(1, max(-1, a.Start-b.Start))) })
	union := spans[:0]
	for _, s := range spans {
		if n := len(union); n > 0 && s.Start <= union[n-1].End {
			union[n-1].End = max(union[n-1].End, s.End)
			continue
		}
		union = append(union, s)
	}
	return union
}
