package page

import (
	"bytes"
	"cmp"
	"fmt"
	"mime"
	"net/http"
	"slices"
	"time"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/session/said"
	"github.com/seed-7adb9000/diarizer/internal/show/board"
	"github.com/seed-7adb9000/diarizer/internal/show/export"
)

// types are the media types of the formats.
var types = map[export.Format]string{
	export.RTTM: "text/plain; charset=utf-8", export.CSV: "text/csv; charset=utf-8", export.SRT: "application/x-subrip; charset=utf-8",
	export.VTT: "text/vtt; charset=utf-8", export.EAF: "application/xml", export.JSON: "application/json", export.HTML: "text/html; charset=utf-8",
	export.Text: "text/plain; charset=utf-8", export.CTM: "text/plain; charset=utf-8", export.STM: "text/plain; charset=utf-8",
}

// download answers with a file of who spoke when in a stream so far. With ?words= it is a
// file of what was said, by the words of that recogniser.
func (h *handler) download(w http.ResponseWriter, r *http.Request) {
	stream, format, recogniser := r.URL.Query().Get("stream"), export.Format(r.URL.Query().Get("format")), r.URL.Query().Get("words")
	formats := export.Formats()
	if recogniser != "" {
		formats = export.WordFormats()
	}
	if !slices.Contains(formats, format) {
		http.Error(w, fmt.Sprintf("format: expected one of %v", formats), http.StatusBadRequest)
		return
	}
	snapshot, ok := h.hub.snapshot(stream, r.URL.Query().Get("run"))
	if !ok {
		http.Error(w, "stream: no stream of that name, or no such run of it", http.StatusNotFound)
		return
	}
	t, err := timelineOf(snapshot)
	var data bytes.Buffer
	name := cmp.Or(snapshot.Source.Name, snapshot.Stream)
	switch {
	case err != nil:
	case recogniser == "":
		err = export.Write(&data, format, []*event.Timeline{t})
	case !slices.Contains(t.Recognisers(), recogniser):
		http.Error(w, "words: no recogniser of that name", http.StatusNotFound)
		return
	default:
		name += "-said" // the files of the turns have the same extensions
		err = export.WriteWords(&data, format, export.Transcript{Source: t.Source(), Words: said.Words(t.Words(recogniser)), Names: said.Names(t)})
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	name += "." + string(format)
	head := w.Header()
	head.Set("Content-Type", types[format])
	head.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
	head.Set("Cache-Control", "no-store")
	_, _ = w.Write(data.Bytes()) // the client may be gone
}

// snapshot is the board of a stream's run, the latest if run is empty. ok is false if there
// is none.
func (h *Hub) snapshot(stream, run string) (board.Snapshot, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	s := h.run(stream, run)
	if s == nil {
		return board.Snapshot{}, false
	}
	return s.board.Snapshot(), true
}

// timelineOf is the timeline of a board. It lacks the turns that the board has only added
// up.
func timelineOf(s board.Snapshot) (*event.Timeline, error) {
	enc := event.Encoder{Stream: s.Stream, Run: s.Run, Now: func() time.Time { return s.Source.Origin }}
	events := []event.Event{enc.Start(s.Source)}
	next := func(e event.Event) {
		enc.Seq++
		e.Stream, e.Run, e.Seq, e.At = s.Stream, s.Run, enc.Seq, s.Time
		events = append(events, e)
	}
	for _, p := range s.Speakers {
		if p.Speaker == event.Unknown {
			continue
		}
		next(event.Event{Kind: event.SpeakerAdded, Speaker: p.Speaker})
		if p.Name != "" {
			next(event.Event{Kind: event.SpeakerIdentified, Speaker: p.Speaker, Name: p.Name})
		}
	}
	for _, t := range s.Turns {
		kind := event.TurnEnded
		if t.Open {
			kind = event.TurnStarted
		}
		next(event.Event{Kind: kind, Turn: &t.Turn})
	}
	for _, m := range s.Marks {
		next(event.Event{Kind: event.Marked, Mark: &m})
	}
	for _, heard := range s.Said {
		next(event.Event{Kind: event.WordsAttributed, Words: &event.Words{Recogniser: heard.Recogniser, List: heard.Words}})
	}
	if s.End != nil {
		next(event.Event{Kind: event.StreamEnded, End: s.End})
	}
	tl := &event.Timeline{}
	for _, e := range events {
		if err := tl.Apply(e); err != nil {
			return nil, err
		}
	}
	return tl, nil
}
