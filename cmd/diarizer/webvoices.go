package main

import (
	"fmt"
	"io"

	"github.com/seed-7adb9000/diarizer/internal/session"
	"github.com/seed-7adb9000/diarizer/internal/session/saved"
	"github.com/seed-7adb9000/diarizer/internal/voices/remember"
	"github.com/seed-7adb9000/diarizer/internal/voices/voicefile"
	"github.com/seed-7adb9000/diarizer/online/model"
)

// webVoices are the voices of web's --identify.
type webVoices struct {
	*remember.Keeper
	lessons
}

// keeper keeps voices in the file of --identify. It is nil without the flag. A file that
// cannot be read is an error at the start, before anybody records.
func (o *webOptions) keeper(models *models, stderr io.Writer) (*webVoices, error) {
	if o.voices == "" {
		return nil, nil
	}
	key, err := keyOf(o.key)
	if err != nil {
		return nil, err
	}
	cfg, err := models.pipeline("")
	if err != nil {
		return nil, as(exitInput, err)
	}
	f, err := voicefile.Open(voicesPath(o.voices), cfg.Model, key)
	if err != nil {
		return nil, as(exitInput, fmt.Errorf("--identify: %w", err))
	}
	sayExpired(stderr, f)
	say := func(text string) { fmt.Fprintf(stderr, "diarizer: %s\n", text) }
	return &webVoices{remember.New(f.Path(), cfg.Model, key, say), lessons{f.Path(), key}}, nil
}

// attach makes a recording compare its speakers with the voices. before is what was learnt of
// the recording before, if it is resumed.
func (v *webVoices) attach(opts *session.Options, before []saved.Learnt) error {
	stream, m := opts.Stream, opts.Pipeline.Model
	learnt, err := v.read(before, m)
	if err != nil {
		return fmt.Errorf("--identify: %w", err)
	}
	people, err := v.Begin(stream, m)
	if err != nil {
		return fmt.Errorf("--identify: %w", err)
	}
	v.GoOn(stream, learnt)
	opts.Recall = &session.Recall{People: people, Learnt: statsOf(learnt), Heard: func(said map[int]model.Stats, who func(int) (int, string)) {
		v.Heard(stream, said, who)
	}}
	return nil
}

// learntOf returns everything that files of voices have learnt of a stream, of which before was
// known.
func (v *webVoices) learntOf(stream string, before []saved.Learnt) ([]saved.Learnt, error) {
	learnt, m, ok := v.Learnt(stream)
	if !ok {
		return before, nil
	}
	return v.write(learnt, m, before)
}
