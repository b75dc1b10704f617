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

// all returns what this command and earlier ones have learnt of a stream, except what a keeper
// keeps in this run.
func (r *recognition) all(stream string) map[event.Speaker]enroll.Speaker {
	r.mu.Lock()
	defer r.mu.Unlock()
	return maps.Clone(r.learnt[stream])
}

// statsOf returns the statistics of voices, by the numbers of their speakers.
func statsOf(voices map[event.Speaker]enroll.Speaker) map[int]model.Stats {
	all := map[int]model.Stats{}
	for who, sp := range voices {
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
	learnt := r.all(stream)
	if r.keeper != nil { // without the lock, which the keeper takes when it says something
		if kept, _, ok := r.keeper.Learnt(stream); ok {
			learnt = kept
		}
	}
	all := slices.DeleteFunc(slices.Clone(before), func(l saved.Learnt) bool { return l.File == path })
	var errs []error
	for _, who := range slices.Sorted(maps.Keys(learnt)) {
		voice, err := enroll.Encode(learnt[who], r.model)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		all = append(all, saved.Learnt{Speaker: who, File: path, Voice: json.RawMessage(voice)})
	}
	return all, errors.Join(errs...)
}

// follow saves the session when a voice is kept because somebody said yes, so that the voice is
// not learnt again after a crash.
func (r *resumption) follow(voices *recognition) {
	if voices == nil || voices.keeper == nil {
		return
	}
	voices.keeper.WhenKept(func(stream string) {
		r.mu.Lock()
		defer r.mu.Unlock()
		if r.latest == nil || r.latest.Stream != stream {
			return
		}
		s := *r.latest
		var err error
		if s.Learnt, err = voices.learntOf(stream, s.Learnt); err != nil {
			r.warn(err)
		}
		r.save(s)
	})
}

// knows reports whether a file has a voice of that name.
func knows(f *voicefile.File, name string) bool {
	return slices.ContainsFunc(f.Speakers(), func(sp enroll.Speaker) bool { return sp.Name == name })
}
