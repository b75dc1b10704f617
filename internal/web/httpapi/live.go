package httpapi

import (
	"cmp"
	"crypto/rand"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/coder/websocket"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/pipeline"
	"github.com/seed-7adb9000/diarizer/internal/session"
	"github.com/seed-7adb9000/diarizer/internal/session/saved"
	"github.com/seed-7adb9000/diarizer/internal/web/record"
)

// recorder is what a recorder asks for in its request.
type recorder struct {
	session  string // id of the recording that the recorder comes back to; empty for a new recording
	after    uint64 // number of the last event that the recorder has
	run      string // run of that event; empty if the recorder does not say
	numbered bool   // whether packets have numbers and positions
	stream   string
	name     string
	joins    bool          // whether it joins other devices that record the stream
	resumes  bool          // whether it resumes a stream that others record, or that was interrupted
	ago      time.Duration // age of its first sample, if it resumes a stream
	format   record.Format
	how      string // howParameters
	cfg      pipeline.Config
	from     *saved.Session // the recording that it resumes, if one is kept
	begin    int64          // position at which it resumes, in samples of the stream
	starts   bool           // nobody diarizes the stream yet
}

// live takes the sound of a recorder and sends the events of the stream.
func (a *API) live(w http.ResponseWriter, r *http.Request) {
	rec, err := a.parseRecorder(r)
	if err != nil {
		answerError(w, err)
		return
	}
	if !strings.EqualFold(r.Header.Get("Upgrade"), "websocket") {
		// A browser does not tell a page why it got no WebSocket. A page asks again without one.
		if err := a.would(rec); err != nil {
			answerError(w, err)
			return
		}
		if r.ProtoMajor == 1 { // HTTP/2 forbids these, and some browsers then drop the answer
			w.Header().Set("Connection", "Upgrade")
			w.Header().Set("Upgrade", "websocket")
		}
		answerError(w, refuse(http.StatusUpgradeRequired, "expected a request for a WebSocket: ws: or wss: instead of http: or https:"))
		return
	}
	if !a.enter() {
		answerError(w, refuse(http.StatusServiceUnavailable, "%w", record.ErrClosing))
		return
	}
	defer a.wg.Done()
	s, err := a.sessionOf(&rec)
	if err != nil {
		answerError(w, err)
		return
	}
	// The page's guard has checked the origin; the library checks it again.
	conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{CompressionMode: websocket.CompressionDisabled})
	if err != nil { // Accept has answered
		if rec.session == "" || rec.starts {
			a.sessions.Forget(s)
		}
		return
	}
	defer conn.CloseNow()
	conn.SetReadLimit(record.MaxMessage)
	if rec.starts {
		src := s.Source()
		a.wg.Go(func() { a.hear(s, src, rec) })
	}
	c := &connection{api: a, conn: conn, session: s, numbered: rec.numbered, told: rec.after, of: rec.run, resumed: rec.session != "", joined: rec.joins}
	if rec.run == "" && rec.session != "" && !s.Restored() { // there was only one run
		c.of = s.Run()
	}
	c.run()
}

// sessionOf returns the recording that a recorder comes back to, or a new recording. For a new
// recording, it writes to rec what the recording resumes.
func (a *API) sessionOf(rec *recorder) (*record.Session, error) {
	if rec.session != "" {
		return a.comeBack(rec)
	}
	if !rec.joins && !rec.resumes {
		rec.starts = true
		s, err := a.sessions.Begin(rec.stream, rec.format)
		return s, notBegun(err)
	}
	s, err := a.sessions.Join(rec.stream, rec.format)
	if rec.resumes && errors.Is(err, record.ErrNobody) {
		return a.goOn(rec)
	}
	rec.joins = true
	return s, notBegun(err)
}

// would is the error with which sessionOf would fail. It begins no recording.
func (a *API) would(rec recorder) error {
	if rec.session != "" {
		_, err := a.sessions.Find(rec.session)
		if err != nil {
			_, _, err = a.past(rec)
		}
		return err
	}
	err := a.sessions.Check(rec.stream, rec.joins || rec.resumes)
	if rec.resumes && errors.Is(err, record.ErrNobody) {
		return a.couldGoOn(rec.stream)
	}
	return notBegun(err)
}

// notBegun gives the error of a recording that does not begin its HTTP status.
func notBegun(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, record.ErrFull), errors.Is(err, record.ErrClosing):
		return &refusal{http.StatusServiceUnavailable, err}
	case errors.Is(err, record.ErrTaken):
		return &refusal{http.StatusConflict, err}
	case errors.Is(err, record.ErrNobody):
		return &refusal{http.StatusNotFound, err}
	}
	return &refusal{http.StatusBadRequest, err}
}

// hear diarizes the sound of all devices that record a stream, to its end.
func (a *API) hear(s *record.Session, src capture.Source, rec recorder) {
	k, err := a.keep(s, rec)
	var learnt []saved.Learnt
	if rec.from != nil {
		learnt = rec.from.Learnt
	}
	if err == nil {
		_, err = a.opts.Live(a.base, src, session.Options{
			Stream:   rec.stream,
			Source:   rec.source(),
			Pipeline: rec.cfg,
			OnEvent:  s.Event,
			Keep:     k.options(rec),
		}, learnt)
	}
	k.end()
	s.Done(err)
}

func (a *API) parseRecorder(r *http.Request) (rec recorder, err error) {
	q := r.URL.Query()
	if err = known(q, append([]string{"session", "after", "run", "framing", "stream", "name", "join", "resume", "ago", "encoding", "rate", "channels"}, howParameters...)...); err != nil {
		return rec, err
	}
	switch q.Get("framing") {
	case "", "plain":
	case "numbered":
		rec.numbered = true
	default:
		return rec, refuse(http.StatusBadRequest, "framing=%.40q: expected plain or numbered", q.Get("framing"))
	}
	if text := q.Get("after"); text != "" {
		if rec.after, err = strconv.ParseUint(text, 10, 53); err != nil {
			return rec, refuse(http.StatusBadRequest, "after=%.40q: expected the number of an event", text)
		}
	}
	if rec.run = q.Get("run"); rec.run != "" && !event.ValidToken(rec.run) {
		return rec, refuse(http.StatusBadRequest, "run=%.40q: expected the run of an event", rec.run)
	}
	if rec.stream = q.Get("stream"); rec.stream != "" {
		if err = event.CheckStream(rec.stream); err != nil {
			return rec, refuse(http.StatusBadRequest, "%w", err)
		}
	}
	if rec.session = q.Get("session"); rec.session != "" {
		return rec, nil // the other parameters were given when the recording began
	}
	if rec.joins, err = flagIn(q, "join"); err != nil {
		return rec, err
	}
	if rec.joins && rec.stream == "" {
		return rec, refuse(http.StatusBadRequest, "join=true: expected stream=ID too, the stream that others record")
	}
	if rec.resumes, err = flagIn(q, "resume"); err != nil {
		return rec, err
	}
	if rec.resumes && (rec.joins || rec.stream == "") {
		return rec, refuse(http.StatusBadRequest, "resume=true: expected stream=ID besides, the stream to go on with, and no join")
	}
	if ago, err := numberIn(q, "ago", 0, int(mostAgo.Milliseconds()), 0); err != nil {
		return rec, err
	} else if rec.ago = time.Duration(ago) * time.Millisecond; ago > 0 && !rec.resumes {
		return rec, refuse(http.StatusBadRequest, "ago=%d: expected it with resume=true", ago)
	}
	rec.name = clean(q.Get("name"))
	rec.stream = cmp.Or(rec.stream, "live-"+strings.ToLower(rand.Text()[:8]))
	rec.format = record.Format{Encoding: record.Encoding(cmp.Or(q.Get("encoding"), string(record.S16)))}
	usual := 16000
	if rec.format.Encoding == record.Opus {
		usual = 48000
	}
	if rec.format.Rate, err = numberIn(q, "rate", 1, 1<<20, usual); err != nil {
		return rec, err
	}
	if rec.format.Channels, err = numberIn(q, "channels", 1, 1<<10, 1); err != nil {
		return rec, err
	}
	if err = rec.format.Check(); err != nil {
		return rec, refuse(http.StatusBadRequest, "%w", err)
	}
	how := url.Values{}
	for _, name := range howParameters {
		if q.Has(name) {
			how.Set(name, q.Get(name))
		}
	}
	rec.how = how.Encode()
	rec.cfg, err = a.pipelineFor(q)
	return rec, err
}

// mostAgo is the largest age of the first sample of a recorder that resumes a stream.
const mostAgo = time.Hour
