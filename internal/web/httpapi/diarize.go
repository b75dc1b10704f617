package httpapi

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/capture/pcm"
	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/pipeline"
	"github.com/seed-7adb9000/diarizer/internal/session"
	"github.com/seed-7adb9000/diarizer/internal/show/export"
)

// job is a request to diarize a recording.
type job struct {
	answer  answer
	cfg     pipeline.Config
	channel capture.Channel
	track   int
}

// diarize answers with who spoke when in a recording.
func (a *API) diarize(w http.ResponseWriter, r *http.Request) {
	j, err := a.parseJob(r)
	if err != nil {
		answerError(w, err)
		return
	}
	if err := a.jobs.enter(); err != nil {
		answerError(w, refuse(http.StatusServiceUnavailable, "%w: try again later", err))
		return
	}
	defer a.jobs.leave()
	ctx, cancel := context.WithTimeoutCause(r.Context(), a.limits.Time,
		refuse(http.StatusServiceUnavailable, "it took longer than %v: expected a shorter recording, or a server with less to do", a.limits.Time))
	defer cancel()
	u, err := a.receive(w, r)
	if err != nil {
		// The unread rest of the body would be taken for the next request.
		w.Header().Set("Connection", "close")
		answerError(w, err)
		return
	}
	defer u.remove()
	_ = http.NewResponseController(w).SetReadDeadline(time.Time{}) // a deadline would end the connection during the work
	if j.answer.progress {
		a.tell(ctx, w, u, j)
		return
	}
	data, warning, err := a.result(ctx, u, j, nil)
	if err != nil {
		answerError(w, err)
		return
	}
	h := w.Header()
	h.Set("Content-Type", j.answer.contentType())
	h.Set("Cache-Control", "no-store")
	if warning != nil {
		h.Set("Diarizer-Warning", strconv.QuoteToASCII(warning.Error()))
	}
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(answerWithin))
	_, _ = w.Write(data) // the client is gone
}

// answerWithin is how long a client may take to read the answer.
const answerWithin = 2 * time.Minute

func (a *API) parseJob(r *http.Request) (j job, err error) {
	q := r.URL.Query()
	if err = known(q, append([]string{"format", "name", "channel", "track"}, howParameters...)...); err != nil {
		return j, err
	}
	if j.answer, err = negotiate(r); err != nil {
		return j, err
	}
	if j.channel, err = channelIn(q); err != nil {
		return j, err
	}
	if j.track, err = numberIn(q, "track", 1, 1000, 0); err != nil {
		return j, err
	}
	j.cfg, err = a.pipelineFor(q)
	return j, err
}

// result waits for a free worker, diarizes and returns the answer. progress, where not nil,
// is called with how much of the recording has been heard, in samples, and the length of
// the recording, 0 if it is not known. warning names what could not be read.
func (a *API) result(ctx context.Context, u upload, j job, progress func(heard int64, length time.Duration)) (data []byte, warning, err error) {
	if err := a.jobs.begin(ctx); err != nil {
		return nil, nil, err
	}
	defer a.jobs.end()
	name := cmp.Or(u.name, "recording")
	rec, err := capture.Open(ctx, u.path, capture.Options{Channel: j.channel, Track: j.track})
	if err != nil {
		return nil, nil, unreadable(ctx, err, name)
	}
	defer rec.Close()
	length, _ := rec.Duration()
	if length > a.limits.Sound {
		return nil, nil, a.tooLong()
	}
	opts := session.Options{Stream: event.Token(name), Source: event.Source{Name: name}, Pipeline: j.cfg}
	if progress != nil {
		opts.OnProgress = func(at int64) { progress(at, length) }
	}
	timeline, err := session.Run(ctx, &bounded{Source: rec, most: int64(a.limits.Sound.Seconds() * capture.Rate), err: a.tooLong()}, opts)
	if err != nil {
		return nil, nil, unreadable(ctx, err, name)
	}
	var out bytes.Buffer
	if err := export.Write(&out, j.answer.format, []*event.Timeline{timeline}); err != nil {
		return nil, nil, err
	}
	return out.Bytes(), renamed(rec.Warning(), name), nil
}

func (a *API) tooLong() error {
	return refuse(http.StatusRequestEntityTooLarge, "the recording is too long: expected at most %v", a.limits.Sound)
}

// bounded is a source that may have at most so many samples.
type bounded struct {
	capture.Source
	most int64
	err  error
}

func (b *bounded) Next(ctx context.Context) (capture.Block, error) {
	block, err := b.Source.Next(ctx)
	if err == nil && block.End() > b.most {
		return capture.Block{}, b.err
	}
	return block, err
}

// unreadable gives the error of a recording its HTTP status, and the recording the name
// that the client gave it.
func unreadable(ctx context.Context, err error, name string) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	err = renamed(err, name)
	switch {
	case errors.Is(err, pcm.ErrUnsupported):
		return &refusal{http.StatusUnsupportedMediaType, err}
	case errors.Is(err, pcm.ErrEmpty), errors.Is(err, pcm.ErrTruncated), errors.Is(err, pcm.ErrDamaged), errors.Is(err, io.ErrUnexpectedEOF):
		return &refusal{http.StatusUnprocessableEntity, err}
	}
	var of *capture.Error
	if errors.As(err, &of) {
		return &refusal{http.StatusUnprocessableEntity, err}
	}
	return err
}

// renamed is the error of a recording, with the name that the client gave the recording.
func renamed(err error, name string) error {
	var of *capture.Error
	if !errors.As(err, &of) {
		return err
	}
	named := *of
	named.Path = name
	if of != err { // wrapped: the text around it may name the file too
		return fmt.Errorf("%w", &named)
	}
	return &named
}
