// Package page shows running streams in a browser: who speaks now, a lane for each
// speaker, shares of the talk time, level, gaps and latency. It also takes corrections
// from the browser. The page is part of the program and loads nothing from other
// servers. docs/view.md describes it.
package page

import (
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/session/correct"
)

//go:embed web
var web embed.FS

// Correct hands a correction to the program that diarizes the stream.
type Correct func(ctx context.Context, stream string, c correct.Correction) (correct.Reply, error)

// handler serves all routes.
type handler struct {
	hub     *Hub
	correct Correct
	voices  Voices // nil if no voices are kept
	sounds  *Sounds
	first   func() // called when a page opens
	pages   atomic.Int64
	ping    time.Duration
}

// maxPages bounds how many pages are open at once.
const maxPages = 1000

// pingEvery is the time between two signs of life to a page.
const pingEvery = 10 * time.Second

// writeWithin is how long a page may take to read a message.
const writeWithin = 20 * time.Second

func newHandler(hub *Hub, o Options) http.Handler {
	h := &handler{hub: hub, correct: o.Correct, voices: o.Voices, sounds: o.Sounds, first: func() {}, ping: pingEvery}
	if o.OnFirst != nil {
		h.first = sync.OnceFunc(o.OnFirst)
	}
	mux := http.NewServeMux()
	mux.Handle("GET /{$}", asset("index.html"))
	for _, file := range []string{"page.css", "icon.svg", "main.js", "state.js", "lanes.js", "overview.js", "hands.js", "people.js", "said.js", "link.js", "pace.js", "text.js", "record.js", "recording.js", "unfinished.js", "remember.js", "voices.js", "microphone.js"} {
		mux.Handle("GET /"+file, asset(file))
	}
	mux.HandleFunc("GET /events", h.events)
	mux.HandleFunc("POST /correct", h.post)
	mux.HandleFunc("POST /remember", h.remember)
	mux.HandleFunc("GET /voices", h.listVoices)
	mux.HandleFunc("DELETE /voices", h.erase)
	mux.HandleFunc("GET /download", h.download)
	mux.HandleFunc("GET /sounds", h.listSounds)
	mux.HandleFunc("GET /abilities", abilities(o))
	mux.HandleFunc("GET /sound", h.sound)
	mux.HandleFunc("GET /phone.svg", phone(o.others))
	for pattern, also := range o.Also {
		mux.Handle(pattern, unhurried(also))
	}
	return mux
}

// abilities tells the page what else its server does: whether it takes sound, whether a
// phone can open the page, and whether it keeps voices.
func abilities(o Options) http.HandlerFunc {
	_, record := o.Also["GET /v1/live"]
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Cache-Control", "no-store")
		fmt.Fprintf(w, "{\"record\":%t,\"phone\":%t,\"remember\":%t}\n", record, o.others != "", o.Voices != nil)
	}
}

// unhurried lets a handler read its request for longer than the server's read timeout.
func unhurried(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = http.NewResponseController(w).SetReadDeadline(time.Time{}) // not every writer has deadlines
		next.ServeHTTP(w, r)
	})
}

// asset serves one file of the page.
func asset(name string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-cache")
		http.ServeFileFS(w, r, web, "web/"+name)
	})
}

// events sends a page the list of streams, the board or the events since the page's last
// one, and then everything new.
func (h *handler) events(w http.ResponseWriter, r *http.Request) {
	c := cursor{stream: r.URL.Query().Get("stream"), wanted: r.URL.Query().Get("run")}
	if c.wanted != "" && !event.ValidToken(c.wanted) {
		http.Error(w, "run: expected the run of a stream", http.StatusBadRequest)
		return
	}
	if c.stream != "" && !event.ValidToken(c.stream) {
		http.Error(w, "stream: expected the id of a stream", http.StatusBadRequest)
		return
	}
	last := r.Header.Get("Last-Event-ID")
	if last == "" {
		last = r.URL.Query().Get("after")
	}
	c.run, c.seq = parseID(last)
	if h.pages.Add(1) > maxPages {
		h.pages.Add(-1)
		http.Error(w, fmt.Sprintf("%d pages are open: close one", maxPages), http.StatusServiceUnavailable)
		return
	}
	defer h.pages.Add(-1)
	h.first()
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Accel-Buffering", "no")
	if err := h.stream(r.Context(), w, &c); err != nil && r.Context().Err() == nil {
		return // the page is gone or does not read; it comes back by itself
	}
}

// stream writes messages until ctx is done or the page is gone.
func (h *handler) stream(ctx context.Context, w http.ResponseWriter, c *cursor) error {
	out := http.NewResponseController(w)
	if err := out.SetReadDeadline(time.Time{}); err != nil { // the request's deadline is for its body
		return err
	}
	write := func(format string, args ...any) error {
		_, err := fmt.Fprintf(w, format, args...)
		return err
	}
	if err := write("retry: 1000\n\n"); err != nil {
		return err
	}
	ping := time.NewTicker(h.ping)
	defer ping.Stop()
	for first := true; ; first = false {
		messages, news := h.hub.next(c)
		if err := out.SetWriteDeadline(time.Now().Add(writeWithin)); err != nil {
			return err
		}
		for _, m := range messages {
			if m.id != "" {
				if err := write("id: %s\n", m.id); err != nil {
					return err
				}
			}
			// encoding/json writes no line breaks.
			if err := write("event: %s\ndata: %s\n\n", m.event, m.data); err != nil {
				return err
			}
		}
		if len(messages) > 0 || first {
			if err := out.Flush(); err != nil {
				return err
			}
		}
		select {
		case <-news[0]:
		case <-news[1]:
		case <-ping.C:
			if err := write("event: ping\ndata: %d\n\n", time.Now().UnixMilli()); err != nil {
				return err
			}
			if err := out.Flush(); err != nil {
				return err
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// post answers a correction.
func (h *handler) post(w http.ResponseWriter, r *http.Request) {
	reply, status := h.applied(w, r)
	data, err := json.Marshal(reply)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(data) // the client may be gone
}

// applied reads a correction, hands it on, and returns the answer with its HTTP status.
func (h *handler) applied(w http.ResponseWriter, r *http.Request) (correct.Reply, int) {
	fail := func(status int, err error) (correct.Reply, int) { return correct.Reply{Error: err.Error()}, status }
	if r.Header.Get("Content-Type") != "application/json" {
		return fail(http.StatusUnsupportedMediaType, errors.New("content type: expected application/json"))
	}
	stream := r.URL.Query().Get("stream")
	if err := event.CheckStream(stream); err != nil {
		return fail(http.StatusBadRequest, err)
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, correct.MaxSize))
	if err != nil {
		return fail(http.StatusRequestEntityTooLarge, err)
	}
	c, err := correct.Decode(body)
	if err != nil {
		return fail(http.StatusBadRequest, err)
	}
	if h.correct == nil {
		return fail(http.StatusForbidden, errors.New("this page takes no corrections"))
	}
	reply, err := h.correct(r.Context(), stream, c)
	switch {
	case err == nil:
		return reply, http.StatusOK
	case errors.Is(err, correct.ErrMalformed):
		return fail(http.StatusBadRequest, err)
	case errors.Is(err, correct.ErrRefused):
		return fail(http.StatusConflict, err)
	case errors.Is(err, correct.ErrNobody):
		return fail(http.StatusServiceUnavailable, err)
	}
	return fail(http.StatusBadGateway, err)
}
