package main

import (
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/session/saved"
	"github.com/seed-7adb9000/diarizer/internal/voices/enroll"
	"github.com/seed-7adb9000/diarizer/internal/voices/voicefile"
	"github.com/seed-7adb9000/diarizer/internal/voices/voicekey"
	"github.com/seed-7adb9000/diarizer/online/model"
)

// lessons read and write what a file of voices has learnt of a session, in the session's form.
// What they write is encrypted with the key of the file, nil where there is none.
type lessons struct {
	file string
	key  *voicekey.Key
}

// read returns the voices of a session that the file has learnt, by their speakers.
func (f lessons) read(all []saved.Learnt, m model.Model) (map[event.Speaker]enroll.Speaker, error) {
	path, err := filepath.Abs(f.file)
	if err != nil {
		return nil, err
	}
	learnt := map[event.Speaker]enroll.Speaker{}
	for _, l := range all {
		if l.File != path {
			continue
		}
		if learnt[l.Speaker], err = enroll.Unseal(l.Voice, m, f.key); err != nil {
			return nil, fmt.Errorf("what was learnt of %s: %w", l.Speaker, err)
		}
	}
	return learnt, nil
}

// write returns what all files have learnt of a session: this one the given voices, the others what
// they had learnt before.
func (f lessons) write(learnt map[event.Speaker]enroll.Speaker, m model.Model, before []saved.Learnt) ([]saved.Learnt, error) {
	path, err := filepath.Abs(f.file)
	if err != nil {
		return before, err
	}
	all := slices.DeleteFunc(slices.Clone(before), func(l saved.Learnt) bool { return l.File == path })
	var errs []error
	for _, who := range slices.Sorted(maps.Keys(learnt)) {
		voice, err := enroll.Encode(learnt[who], m)
		if err == nil {
			voice, err = f.key.Seal(voice)
		}
		if err != nil {
			errs = append(errs, err)
			continue
		}
		all = append(all, saved.Learnt{Speaker: who, File: path, Voice: voice})
	}
	return all, errors.Join(errs...)
}

// lessons are those of the file of voices.
func (r *recognition) lessons() lessons { return lessons{r.file.Path(), r.key} }

// goOn reads what the file of voices has learnt of a session with which this command goes on,
// so that nothing is learnt twice.
func (r *recognition) goOn(s *saved.Session) error {
	if r == nil || r.file == nil || s == nil {
		return nil
	}
	learnt, err := r.lessons().read(s.Learnt, r.model)
	for who, sp := range learnt {
		r.learn(s.Stream, who, sp)
	}
	return err
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
	learnt := r.all(stream)
	if r.keeper != nil { // without the lock, which the keeper takes when it says something
		if kept, _, ok := r.keeper.Learnt(stream); ok {
			learnt = kept
		}
	}
	return r.lessons().write(learnt, r.model, before)
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
