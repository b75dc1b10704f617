package main

import (
	"context"
	"fmt"
	"path/filepath"
	"time"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/network/modelfile"
	"github.com/seed-7adb9000/diarizer/internal/pipeline"
	"github.com/seed-7adb9000/diarizer/internal/session"
	"github.com/seed-7adb9000/diarizer/internal/session/saved"
)

// sessionsIn is where sessions are kept.
func sessionsIn() saved.Dir { return saved.Dir(filepath.Join(stateHome(), "diarizer", "sessions")) }

// savedEvery is the stream time between two snapshots of a session.
const savedEvery = 10 * capture.Rate

// resumption is what is kept of a session, and what it goes on with. A nil one keeps
// nothing.
type resumption struct {
	dir    saved.Dir
	from   *saved.Session // of --resume
	latest *saved.Session
	warn   func(error)
	failed bool
}

// resumed reads the session that --resume names.
func (l *listenFlags) resumed() (*saved.Session, error) {
	if l.resume == "" {
		return nil, nil
	}
	switch {
	case len(l.devices) > 1 || len(l.names) > 0:
		return nil, usage("--resume %s: expected one microphone", l.resume)
	case l.stream != "" && l.stream != l.resume:
		return nil, usage("--resume %s and --stream %s: expected one of them", l.resume, l.stream)
	}
	if err := event.CheckStream(l.resume); err != nil {
		return nil, usage("--resume: %w", err)
	}
	s, err := sessionsIn().Load(l.resume)
	if err != nil {
		return nil, inputError("--resume %s: %w", l.resume, err)
	}
	l.stream = l.resume
	if l.title == "" {
		l.title = s.Snapshot.Source.Name
	}
	return &s, nil
}

// fit makes cfg the configuration that the session was heard with: where no model was
// asked for, that of its own.
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
	if _, err := pipeline.RestoreStream(cfg, s.Snapshot.Chain); err != nil {
		return cfg, inputError("--resume %s: %w", l.resume, err)
	}
	return cfg, nil
}

// options are those of a run that is kept, whose sound begins at origin, which is
// position begin of the stream.
func (r *resumption) options(stream string, origin time.Time) (keep *session.Keep, began time.Time, begin int64) {
	keep = &session.Keep{Every: savedEvery, Save: func(s session.Snapshot) { r.save(saved.Session{Stream: stream, Snapshot: s}) }}
	if r.from == nil {
		return keep, origin, 0
	}
	began = r.from.Snapshot.Source.Origin
	keep.From, keep.Names = &r.from.Snapshot, r.from.Names
	keep.Begin = max(r.from.Snapshot.At, int64(origin.Sub(began).Seconds()*capture.Rate))
	return keep, began, keep.Begin
}

// say tells what is gone on with.
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

// save keeps a session. That it cannot be kept is said once.
func (r *resumption) save(s saved.Session) {
	s.Saved = time.Now().UTC().Round(time.Second)
	r.latest = &s
	if err := r.dir.Save(s); err != nil && !r.failed {
		r.failed = true
		r.warn(fmt.Errorf("the session cannot be kept, and not be gone on with: %w", err))
	}
}

// named keeps the names that people gave when it was over.
func (r *resumption) named(all []*event.Timeline) error {
	if r.latest == nil || r.failed {
		return nil
	}
	names := map[event.Speaker]string{}
	for _, tl := range all {
		if tl.Run() != r.latest.Snapshot.Run {
			continue
		}
		for _, e := range r.latest.Snapshot.Events {
			if e.Kind == event.SpeakerAdded {
				if name := tl.Name(e.Speaker); name != e.Speaker.String() {
					names[e.Speaker] = name
				}
			}
		}
	}
	for _, e := range r.latest.Snapshot.Events {
		if e.Kind == event.SpeakerIdentified && names[e.Speaker] == e.Name {
			delete(names, e.Speaker) // known already
		}
	}
	if len(names) == 0 {
		return nil
	}
	r.latest.Names = names
	return r.dir.Save(*r.latest)
}

// shifted is a source that begins at a later position.
type shifted struct {
	capture.Source
	by int64
}

// Next is that of a [capture.Source].
func (s *shifted) Next(ctx context.Context) (capture.Block, error) {
	b, err := s.Source.Next(ctx)
	b.Start += s.by
	return b, err
}

// sweepSessions removes the sessions that nobody goes on with any more.
func sweepSessions(warn func(error)) {
	if err := sessionsIn().Sweep(time.Now(), saved.Lifetime); err != nil {
		warn(fmt.Errorf("old sessions cannot be removed: %w", err))
	}
}
