package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/network/modelfile"
	"github.com/seed-7adb9000/diarizer/internal/pipeline"
	"github.com/seed-7adb9000/diarizer/internal/session"
	"github.com/seed-7adb9000/diarizer/internal/session/correct"
	"github.com/seed-7adb9000/diarizer/internal/session/saved"
	"github.com/seed-7adb9000/diarizer/internal/session/tracks"
)

// sessionsIn is the directory of sessions.
func sessionsIn() saved.Dir { return saved.Dir(filepath.Join(stateHome(), "diarizer", "sessions")) }

// savedEvery is the stream time between two snapshots of a session.
const savedEvery = 10 * capture.Rate

// resumption saves the session of listen, and is what --resume goes on with.
type resumption struct {
	dir    saved.Dir
	from   *saved.Session // of --resume
	places []saved.Place  // where there are several microphones
	mu     sync.Mutex     // guards latest and failed, as people say yes at any time
	latest *saved.Session
	learnt []saved.Learnt // what files of voices have learnt of the session
	warn   func(error)
	failed bool // whether latest could not be saved
}

// resumed reads the session that --resume names, which so many microphones go on with.
func (l *listenFlags) resumed(microphones int) (*saved.Session, error) {
	if l.resume == "" {
		return nil, nil
	}
	if l.stream != "" && l.stream != l.resume {
		return nil, usage("--resume %s and --stream %s: expected one of them", l.resume, l.stream)
	}
	if err := event.CheckStream(l.resume); err != nil {
		return nil, usage("--resume: %w", err)
	}
	s, err := sessionsIn().Load(l.resume)
	if err != nil {
		return nil, inputError("--resume %s: %w", l.resume, err)
	}
	if err := l.seat(s.Places, microphones); err != nil {
		return nil, err
	}
	l.stream = l.resume
	if l.title == "" {
		l.title = s.Snapshot.Source.Name
	}
	return &s, nil
}

// fit returns cfg with the model that the session was heard with, unless the user chose one.
// A chosen model or another setting that differs from the session's is an error.
func (l *listenFlags) fit(s *saved.Session, cfg pipeline.Config, chosen bool) (pipeline.Config, error) {
	want := s.Snapshot.Source.Model
	for _, name := range []string{modelfile.Accurate, modelfile.Light} {
		if chosen || cfg.Model.Fingerprint() == want {
			break
		}
		m, _, err := modelfile.Embedded(name)
		if err != nil {
			return cfg, err
		}
		if m.Fingerprint() == want {
			cfg.Model = m
		}
	}
	if got := cfg.Model.Fingerprint(); got != want {
		return cfg, inputError("--resume %s: the session was heard with the model %s, this one is %s: expected the same", l.resume, want, got)
	}
	var err error
	if n := len(s.Places); n > 0 {
		err = tracks.Check(s.Snapshot.Chain, cfg, n)
	} else {
		_, err = pipeline.RestoreStream(cfg, s.Snapshot.Chain)
	}
	if err != nil {
		return cfg, inputError("--resume %s: %w", l.resume, err)
	}
	return cfg, nil
}

// seat gives the participants of a session to the microphones that there are now.
func (l *listenFlags) seat(places []saved.Place, microphones int) error {
	var names []string
	for _, p := range places {
		names = append(names, p.Name)
	}
	switch was := max(1, len(places)); {
	case was == 1 && microphones > 1:
		return usage("--resume %s: it was heard by one microphone: expected one, there are %d", l.resume, microphones)
	case was != microphones:
		return usage("--resume %s: it was heard by %d microphones, of %s: expected as many, in this order, there is %d", l.resume, was, strings.Join(names, ", "), microphones)
	case len(places) > 0 && len(l.names) > 0 && !slices.Equal(names, l.names):
		return usage("--names %s: %s was heard with %s: expected the same, in this order, or no --names", strings.Join(l.names, ","), l.resume, strings.Join(names, ","))
	}
	if len(places) > 0 {
		l.names = names
	}
	return nil
}

// sit records the microphones of a session. It is an error if the microphones of the session
// before have changed places, as one participant would be taken for another.
func (r *resumption) sit(places []saved.Place) error {
	r.places = places
	if r.from == nil {
		return nil
	}
	for i, now := range places {
		was := slices.IndexFunc(r.from.Places, func(p saved.Place) bool { return p.Device == now.Device })
		if was >= 0 && r.from.Places[i].Device != now.Device {
			return usage("--resume %s: %q was the microphone of %s, not of %s: expected the microphones in the order of before", r.from.Stream, now.Device, r.from.Places[was].Name, r.from.Places[i].Name)
		}
	}
	return nil
}

// options are the options of a run that is saved. Its sound begins at origin, which is
// position begin of the stream, in samples.
func (r *resumption) options(stream string, origin time.Time) (keep *session.Keep, began time.Time, begin int64) {
	keep = &session.Keep{Every: savedEvery, Save: func(s session.Snapshot) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.save(saved.Session{Stream: stream, Snapshot: s, Places: r.places, Learnt: r.learnt})
	}}
	if r.from == nil {
		return keep, origin, 0
	}
	began = r.from.Snapshot.Source.Origin
	keep.From, keep.Names, keep.Made = &r.from.Snapshot, r.from.Names, r.from.Made
	keep.Refused = func(c correct.Correction, why error) {
		r.warn(fmt.Errorf("--resume %s: what was corrected after the end cannot be made again as a whole: %s: %w", stream, c.Action, why))
	}
	keep.Begin = max(r.from.Snapshot.At, int64(origin.Sub(began).Seconds()*capture.Rate))
	return keep, began, keep.Begin
}

// say prints what the session goes on with.
func (r *resumption) say(out *output, begin int64) {
	if r.from == nil {
		return
	}
	speakers, turns := 0, 0
	for _, e := range r.from.Snapshot.Events {
		switch e.Kind {
		case event.SpeakerAdded:
			speakers++
		case event.TurnStarted, event.TurnEnded:
			turns++
		}
	}
	at := r.from.Snapshot.At
	out.say("going on with %s, %s and %s, heard up to %s; %v were missed\n", r.from.Stream, count(speakers, "speaker"), count(turns, "turn"),
		clockTime(at), capture.Duration(begin-at).Round(time.Second))
}

// save saves a session. It tells the first of several failures, and the success after them.
func (r *resumption) save(s saved.Session) {
	s.Saved = time.Now().UTC().Round(time.Second)
	r.latest = &s
	err := r.dir.Save(s)
	switch {
	case err != nil && !r.failed:
		r.warn(fmt.Errorf("the session cannot be kept, and cannot be continued later: %w", err))
	case err == nil && r.failed:
		r.warn(errors.New("the session is kept again, and can be continued later"))
	}
	r.failed = err != nil
}

// over saves what people corrected after the last snapshot, and what was learnt of the
// voices. If the last snapshot could not be saved, which was told, over tries once more.
func (r *resumption) over(out *output, stream string) error {
	names, made := r.corrected(out, stream)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.latest == nil {
		return nil
	}
	learnt, err := out.voices.learntOf(r.latest.Stream, r.latest.Learnt)
	if len(names) == 0 && len(made) == 0 && len(learnt) == 0 && !r.failed {
		return err
	}
	r.latest.Names, r.latest.Made, r.latest.Learnt = names, made, learnt
	if r.failed {
		r.save(*r.latest)
		return err
	}
	return errors.Join(err, r.dir.Save(*r.latest))
}

// corrected returns the names that people gave between the last snapshot and the end, and the
// corrections after the end. Somebody may be correcting, so it takes the lock of out, and
// before its own: a correction may keep a voice, which saves the session.
func (r *resumption) corrected(out *output, stream string) (names map[event.Speaker]string, made []correct.Made) {
	out.mu.Lock()
	defer out.mu.Unlock()
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.latest == nil {
		return nil, nil
	}
	late := out.lates[stream]
	if late == nil || late.Timeline() == nil || late.Timeline().Run() != r.latest.Snapshot.Run || late.Timeline().Ended() == nil {
		return r.named(out.timelines, nil), nil
	}
	return r.named(out.timelines, late), late.Made()
}

// named returns the names that people gave between the last snapshot and the end, empty
// where they took one away. Names that the program found or took back in that time are none
// of theirs. A speaker who was merged into another lost no name by that. Without late nobody
// has given a name after the end.
func (r *resumption) named(all []*event.Timeline, late *correct.Late) map[event.Speaker]string {
	before := map[event.Speaker]string{}
	for _, e := range r.latest.Snapshot.Events {
		if e.Kind == event.SpeakerAdded || e.Kind == event.SpeakerIdentified {
			before[e.Speaker] = ownless(e.Speaker, e.Name)
		}
	}
	names := map[event.Speaker]string{}
	for _, tl := range all {
		if tl.Run() != r.latest.Snapshot.Run {
			continue
		}
		for who, was := range before {
			name, sure, there := ownless(who, tl.Name(who)), tl.NameConfidence(who), true
			if late != nil {
				name, sure, there = late.Name(who)
			}
			if there && name != was && sure == 1 { // only a person is that sure
				names[who] = name
			}
		}
	}
	return names
}

// ownless is a name as people give it, empty for that of the speaker's number.
func ownless(who event.Speaker, name string) string {
	if name == who.String() {
		return ""
	}
	return name
}

// shifted is a source that begins at a later position.
type shifted struct {
	capture.Source
	by int64
}

// Next returns the next block, as [capture.Source] has it.
func (s *shifted) Next(ctx context.Context) (capture.Block, error) {
	b, err := s.Source.Next(ctx)
	b.Start += s.by
	return b, err
}

// sweepSessions removes sessions that are too old to go on with.
func sweepSessions(warn func(error)) {
	if err := sessionsIn().Sweep(time.Now(), saved.Lifetime); err != nil {
		warn(fmt.Errorf("old sessions cannot be removed: %w", err))
	}
}
