package main

import (
	"context"
	"fmt"
	"math"
	"strings"

	"github.com/seed-7adb9000/diarizer"
	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/online/model"
)

// voices know the people of a household by a recording of each: what a pipeline has
// heard of their voice is a pair, and pairs are compared.
type voices struct {
	cfg    diarizer.Config
	people []person
}

type person struct {
	name  string
	voice model.Stats
}

// least is how much speech there has to be of everybody, in frames of 10 ms.
const least = 300

// listenTo makes voices of recordings, NAME=FILE each, of one person alone.
func listenTo(ctx context.Context, m diarizer.Model, recordings []string) (*voices, error) {
	v := &voices{cfg: diarizer.Config{Model: m}}
	v.cfg.Online.Limits.Max = 1
	for _, r := range recordings {
		name, path, ok := strings.Cut(r, "=")
		if !ok || name == "" || path == "" {
			return nil, fmt.Errorf("%q: expected NAME=FILE, such as Ada=ada.flac", r)
		}
		rec, err := capture.Open(ctx, path, capture.Options{})
		if err != nil {
			return nil, err
		}
		samples, err := capture.ReadAll(ctx, rec)
		rec.Close()
		if err != nil {
			return nil, err
		}
		voice, err := v.hear(ctx, samples)
		if err != nil {
			return nil, err
		}
		if voice.N < least {
			return nil, fmt.Errorf("%s: %.1f s of speech: expected 3 s or more of %s alone", path, voice.N/100, name)
		}
		v.people = append(v.people, person{name, voice})
	}
	return v, nil
}

// hear is what is heard of the voice in samples.
func (v *voices) hear(ctx context.Context, samples []float32) (sum model.Stats, err error) {
	p, err := diarizer.New(v.cfg)
	if err != nil {
		return sum, err
	}
	nobody := func(event.Event) error { return nil }
	if err := p.Hear(ctx, capture.Block{Samples: samples}, nobody); err != nil {
		return sum, err
	}
	if err := p.Flush(nobody); err != nil {
		return sum, err
	}
	sum = v.cfg.Model.Shape().NewStats()
	for _, stats := range p.Speakers() {
		sum.Add(stats)
	}
	return sum, nil
}

// who has said a command: the name, and the probability of it among the others and
// somebody unknown; or nobody, where that is the likeliest.
func (v *voices) who(ctx context.Context, samples []float32) (name string, sure float64, err error) {
	heard, err := v.hear(ctx, samples)
	if err != nil || heard.N == 0 {
		return "", 0, err
	}
	scorer := v.cfg.Model.NewScorer()
	command := &model.Voice{Stats: heard}
	scorer.Update(command)
	best, all := 1.0, 1.0 // somebody unknown, against whom everybody's odds are
	for _, p := range v.people {
		one := &model.Voice{Stats: p.voice.Clone()}
		scorer.Update(one)
		odds := math.Exp(v.cfg.Model.Rule().LogOdds(scorer.Score(command, one)))
		if all += odds; odds > best {
			name, best = p.name, odds
		}
	}
	if name == "" {
		return "", 0, nil
	}
	return name, best / all, nil
}
