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

// kept returns what is kept of a stream, if the stream can be resumed: the model that it was heard
// with must be available. The error matches [saved.ErrNone] if nothing is kept.
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

// fitting returns the configuration with which a session was heard. The model is that of the
// session, whatever --model says now.
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

// goOn begins a recording of a stream that is kept, at the stream's present time.
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

// past returns a recording that has ended, as it is kept, for a recorder that comes back to it. A
// recorder whose state cannot be used gets the answer of one whose recording is not known: it then
// begins anew, and does not ask again for ever.
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
	if err := a.sessions.CheckState(rec.stream, state); err != nil {
		return recorder{}, record.State{}, refuse(http.StatusNotFound, "stream %s: its recorder cannot go on where it was, and begins anew: %w", rec.stream, err)
	}
	kept.session, kept.after, kept.run, kept.numbered, kept.starts = rec.session, rec.after, rec.run, rec.numbered, true
	kept.begin = state.Table.At
	return kept, state, nil
}

// comeBack returns the recording of a recorder that comes back. The recording may be going on, or
// it may have ended and be kept.
func (a *API) comeBack(rec *recorder) (*record.Session, error) {
	s, err := a.sessions.Find(rec.session)
	if err == nil {
		return s, nil
	}
	kept, state, err := a.past(*rec)
	if err != nil {
		if errors.Is(err, record.ErrState) {
			a.opts.Keeping.Say(err)
		}
		return nil, err
	}
	*rec = kept
	s, err = a.sessions.Restore(rec.stream, state, 0)
	return s, notBegun(err)
}

// couldGoOn returns the error with which goOn would fail.
func (a *API) couldGoOn(stream string) error {
	if _, err := a.fits(stream); err != nil {
		return err
	}
	return notBegun(a.sessions.Check(stream, false))
}

// fits returns what is kept of a stream. Its error is an answer to the client.
func (a *API) fits(stream string) (recorder, error) {
	if a.opts.Keeping.Dir == "" {
		return recorder{}, refuse(http.StatusNotFound, "stream %s: nobody records it, and this server keeps nothing to go on with", stream)
	}
	rec, _, err := a.kept(stream)
	switch {
	case errors.Is(err, saved.ErrNone):
		return rec, refuse(http.StatusNotFound, "stream %s: nobody records it, and nothing is kept of it to go on with", stream)
	case err != nil:
		return rec, refuse(http.StatusNotFound, "stream %s cannot be continued: %w", stream, err)
	}
	return rec, nil
}

// source returns what the first event says about the stream.
func (rec *recorder) source() event.Source {
	source := event.Source{Name: cmp.Or(rec.name, rec.stream)}
	if rec.from != nil {
		source.Origin = rec.from.Snapshot.Source.Origin
	}
	return source
}
