package httpapi

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/network/modelfile"
	"github.com/seed-7adb9000/diarizer/internal/pipeline"
	"github.com/seed-7adb9000/diarizer/internal/session"
	"github.com/seed-7adb9000/diarizer/internal/session/saved"
	"github.com/seed-7adb9000/diarizer/internal/web/record"
)

// Keeping says where live recordings are kept while they go on and for a while
// afterwards. The zero value keeps none.
type Keeping struct {
	// Dir is where; empty for nowhere.
	Dir saved.Dir
	// For is how long a recording that was interrupted or has ended can be gone on with.
	For time.Duration
	// Say is told what went wrong with it.
	Say func(error)
}

const (
	// keptEvery is the stream time between two snapshots: so long it takes at least until
	// what was heard is acknowledged.
	keptEvery = 10 * capture.Rate
	// mostKept bounds the recordings that are kept when they have ended.
	mostKept = 100
)

// rest is what is kept of a live recording besides the snapshot of its session.
type rest struct {
	// Name is that of the stream, How its howParameters.
	Name string `json:"name"`
	How  string `json:"how,omitempty"`
	// State is that of those who record; nil when the recording is over.
	State *record.State `json:"state,omitempty"`
	// Past is that of those who recorded when it ended.
	Past *record.State `json:"past,omitempty"`
}

// keeper keeps one live recording.
type keeper struct {
	a       *API
	s       *record.Session
	kept    saved.Session
	rest    rest
	begin   int64        // where its sound begins, in samples of the stream
	release func() error // of the lock
	failed  bool
}

// keep begins to keep a recording. The error is that of another process that has it. It
// returns nil where none is kept.
func (a *API) keep(s *record.Session, rec recorder) (*keeper, error) {
	if a.opts.Keeping.Dir == "" {
		return nil, nil
	}
	k := &keeper{a: a, s: s, rest: rest{Name: rec.name, How: rec.how}, begin: rec.begin, release: func() error { return nil }}
	switch release, err := a.opts.Keeping.Dir.Lock(s.Stream()); {
	case errors.Is(err, saved.ErrBusy):
		return nil, err
	case err == nil:
		k.release = release
	}
	if k.kept = (saved.Session{Stream: s.Stream()}); rec.from != nil {
		k.kept = *rec.from
	}
	k.save() // so that it can be gone on with from the beginning
	return k, nil
}

// options are those of a session that is kept.
func (k *keeper) options(rec recorder) *session.Keep {
	if k == nil {
		return nil
	}
	keep := &session.Keep{Every: keptEvery, Save: func(s session.Snapshot) {
		k.kept.Snapshot = s
		k.save()
	}}
	if rec.from != nil && rec.from.Snapshot.Run != "" {
		keep.From, keep.Begin = &rec.from.Snapshot, max(rec.begin, rec.from.Snapshot.At)
	}
	return keep
}

// save keeps the session and its recorders, and has acknowledged what that covers.
func (k *keeper) save() {
	state, covered := k.s.State(max(k.kept.Snapshot.At, k.begin))
	k.rest.State = &state
	err := k.write()
	if err == nil {
		k.failed = false
		covered()
		return
	}
	err = fmt.Errorf("stream %s cannot be kept: %w: until it can, a server that is killed loses the sound that it has acknowledged and not heard, and the recording cannot be gone on with", k.s.Stream(), err)
	k.s.Lapse(err.Error())
	if !k.failed {
		k.failed = true
		k.a.opts.Keeping.Say(err)
	}
}

func (k *keeper) write() (err error) {
	if k.kept.Rest, err = json.Marshal(k.rest); err != nil {
		return err
	}
	k.kept.Saved = time.Now().UTC().Round(time.Second)
	return k.a.opts.Keeping.Dir.Save(k.kept)
}

// end says that the recording is over: nobody comes back to it, but it can be gone on with.
func (k *keeper) end() {
	if k == nil {
		return
	}
	past := k.s.Past(max(k.kept.Snapshot.At, k.begin))
	k.rest.State, k.rest.Past = nil, &past
	if err := errors.Join(k.write(), k.release(), k.a.sweep()); err != nil && !k.failed {
		k.a.opts.Keeping.Say(fmt.Errorf("stream %s cannot be kept: %w", k.s.Stream(), err))
	}
}

// sweep removes what nobody goes on with any more.
func (a *API) sweep() error {
	k := a.opts.Keeping
	return errors.Join(k.Dir.Sweep(time.Now(), k.For), k.Dir.Limit(mostKept))
}

// Restore takes up the recordings that went on when a process before was killed. Their
// recorders have a minute to come back. Call it before anybody asks.
func (a *API) Restore() {
	if a.opts.Keeping.Dir == "" {
		return
	}
	say := a.opts.Keeping.Say
	if err := a.sweep(); err != nil {
		say(fmt.Errorf("old recordings cannot be removed: %w", err))
	}
	for _, stream := range a.opts.Keeping.Dir.Streams() {
		if err := a.restore(stream); err != nil {
			say(fmt.Errorf("stream %s was interrupted and cannot be gone on with: %w", stream, err))
		}
	}
}

func (a *API) restore(stream string) error {
	rec, rest, err := a.kept(stream)
	if err != nil || rest.State == nil {
		return err
	}
	release, err := a.opts.Keeping.Dir.Lock(stream)
	if errors.Is(err, saved.ErrBusy) {
		return nil // another server is at it
	}
	if err == nil {
		err = release() // hear takes it again
	}
	if err != nil {
		return err
	}
	s, err := a.sessions.Restore(stream, *rest.State, a.limits.Resume)
	if err != nil {
		return err
	}
	rec.begin = rest.State.Table.At
	src := s.Source()
	a.wg.Go(func() { a.hear(s, src, rec) })
	return nil
}

// kept is what is kept of a stream, as far as it can be gone on with: with the model that
// it was heard with. An error matches [saved.ErrNone] where there is nothing.
func (a *API) kept(stream string) (rec recorder, rest rest, err error) {
	from, err := a.opts.Keeping.Dir.Load(stream)
	if err != nil {
		return rec, rest, err
	}
	if time.Since(from.Saved) > a.opts.Keeping.For {
		return rec, rest, fmt.Errorf("%w of %s: it was over more than %v ago", saved.ErrNone, stream, a.opts.Keeping.For)
	}
	if err := json.Unmarshal(from.Rest, &rest); err != nil {
		return rec, rest, fmt.Errorf("%w: %w", saved.ErrDamaged, err)
	}
	q, err := url.ParseQuery(rest.How)
	if err != nil {
		return rec, rest, fmt.Errorf("%w: %w", saved.ErrDamaged, err)
	}
	rec = recorder{stream: stream, name: rest.Name, how: rest.How, from: &from}
	rec.cfg, err = a.fitting(q, from.Snapshot)
	return rec, rest, err
}

// fitting is how a session was heard: whatever the model of --model is now, with its own.
func (a *API) fitting(q url.Values, s session.Snapshot) (cfg pipeline.Config, err error) {
	asked := q.Get("model")
	for _, name := range []string{asked, modelfile.Accurate, modelfile.Light} {
		q.Set("model", name)
		if cfg, err = a.pipelineFor(q); err != nil && name == asked {
			return cfg, err
		}
		if err == nil && (s.Run == "" || cfg.Model.Fingerprint() == s.Source.Model) {
			if s.Run != "" {
				_, err = pipeline.RestoreStream(cfg, s.Chain)
			}
			return cfg, err
		}
	}
	return cfg, fmt.Errorf("it was heard with the model %s, which this server has not", s.Source.Model)
}

// goOn begins a recording of a stream that is kept, where the stream is by now.
func (a *API) goOn(rec *recorder) (*record.Session, error) {
	kept, err := a.fits(rec.stream)
	if err != nil {
		return nil, err
	}
	kept.format, kept.numbered, kept.starts = rec.format, rec.numbered, true
	if s := kept.from.Snapshot; s.Run != "" {
		since := time.Since(s.Source.Origin) - rec.ago
		kept.begin = max(s.At, int64(since.Seconds()*capture.Rate))
	}
	*rec = kept
	s, err := a.sessions.Resume(rec.stream, rec.format, rec.begin)
	return s, notBegun(err)
}

// past is a recording that has ended, of a recorder that comes back to it, as it is kept.
func (a *API) past(rec recorder) (recorder, record.State, error) {
	none := func() (recorder, record.State, error) {
		return recorder{}, record.State{}, &refusal{http.StatusNotFound, record.ErrNone}
	}
	if a.opts.Keeping.Dir == "" || rec.stream == "" {
		return none()
	}
	kept, rest, err := a.kept(rec.stream)
	if err != nil || rest.Past == nil {
		return none()
	}
	state, ok := rest.Past.Only(rec.session)
	if !ok || a.sessions.Check(rec.stream, false) != nil {
		return none()
	}
	kept.session, kept.after, kept.run, kept.numbered, kept.starts = rec.session, rec.after, rec.run, rec.numbered, true
	kept.begin = state.Table.At
	return kept, state, nil
}

// comeBack is the recording of a recorder that comes back: one that goes on, or one that has
// ended and is kept.
func (a *API) comeBack(rec *recorder) (*record.Session, error) {
	s, err := a.sessions.Find(rec.session)
	if err == nil {
		return s, nil
	}
	kept, state, err := a.past(*rec)
	if err != nil {
		return nil, err
	}
	*rec = kept
	s, err = a.sessions.Restore(rec.stream, state, 0)
	return s, notBegun(err)
}

// couldGoOn is why goOn would fail.
func (a *API) couldGoOn(stream string) error {
	if _, err := a.fits(stream); err != nil {
		return err
	}
	return notBegun(a.sessions.Check(stream, false))
}

// fits is what is kept of a stream. The error is a refusal.
func (a *API) fits(stream string) (recorder, error) {
	if a.opts.Keeping.Dir == "" {
		return recorder{}, refuse(http.StatusNotFound, "stream %s: nobody records it, and this server keeps nothing to go on with", stream)
	}
	rec, _, err := a.kept(stream)
	switch {
	case errors.Is(err, saved.ErrNone):
		return rec, refuse(http.StatusNotFound, "stream %s: nobody records it, and nothing is kept of it to go on with", stream)
	case err != nil:
		return rec, refuse(http.StatusNotFound, "stream %s cannot be gone on with: %w", stream, err)
	}
	return rec, nil
}

// source is what the first event says of the stream.
func (rec *recorder) source() event.Source {
	source := event.Source{Name: cmp.Or(rec.name, rec.stream)}
	if rec.from != nil {
		source.Origin = rec.from.Snapshot.Source.Origin
	}
	return source
}
