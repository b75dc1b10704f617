package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/session/saved"
	"github.com/seed-7adb9000/diarizer/internal/voices/enroll"
	"github.com/seed-7adb9000/diarizer/internal/voices/voicefile"
	"github.com/seed-7adb9000/diarizer/online/model"
)

// goOn reads what the file of voices has learnt of a session with which this command goes on,
// so that nothing is learnt twice.
func (r *recognition) goOn(s *saved.Session) error {
	if r == nil || r.file == nil || s == nil {
		return nil
	}
	path, err := filepath.Abs(r.file.Path())
	if err != nil {
		return err
	}
	for _, l := range s.Learnt {
		if l.File != path {
			continue
		}
		sp, err := enroll.Decode(l.Voice, r.model)
		if err != nil {
			return fmt.Errorf("what was learnt of %s: %w", l.Speaker, err)
		}
		r.learn(s.Stream, l.Speaker, sp)
	}
	return nil
}

// learn adds to what the file has learnt of a stream's speaker.
func (r *recognition) learn(stream string, who event.Speaker, sp enroll.Speaker) {
	if r.learnt[stream] == nil {
		r.learnt[stream] = map[event.Speaker]enroll.Speaker{}
	}
	sp.Stats = sp.Stats.Clone()
	if before, ok := r.learnt[stream][who]; ok {
		sp.Stats.Add(before.Stats)
	}
	r.learnt[stream][who] = sp
}

// before returns the statistics that were learnt of a stream before this run.
func (r *recognition) before(stream string) map[int]model.Stats {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := map[int]model.Stats{}
	for who, sp := range r.learnt[stream] {
		all[int(who)] = sp.Stats
	}
	return all
}

// learntOf returns everything that files of voices have learnt of a stream: what this command
// has learnt, and of what was learnt before what other files have.
func (r *recognition) learntOf(stream string, before []saved.Learnt) ([]saved.Learnt, error) {
	if r == nil || r.file == nil {
		return before, nil
	}
	path, err := filepath.Abs(r.file.Path())
	if err != nil {
		return before, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.keeper != nil {
		for who, sp := range r.keeper.Learnt(stream) {
			r.learn(stream, who, sp)
		}
	}
	all := slices.DeleteFunc(slices.Clone(before), func(l saved.Learnt) bool { return l.File == path })
	var errs []error
	for _, who := range slices.Sorted(maps.Keys(r.learnt[stream])) {
		voice, err := enroll.Encode(r.learnt[stream][who], r.model)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		all = append(all, saved.Learnt{Speaker: who, File: path, Voice: json.RawMessage(voice)})
	}
	return all, errors.Join(errs...)
}

// knows reports whether a file has a voice of that name.
func knows(f *voicefile.File, name string) bool {
	return slices.ContainsFunc(f.Speakers(), func(sp enroll.Speaker) bool { return sp.Name == name })
}
