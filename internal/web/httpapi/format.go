package httpapi

import (
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/seed-7adb9000/diarizer/internal/show/export"
)

// stream is the media type of server-sent events.
const stream = "text/event-stream"

// media are the formats of answers by media type. Within a range such as text/*, the first
// one is preferred.
var media = []struct {
	name   string
	format export.Format
}{
	{"application/json", export.JSON},
	{"text/vtt", export.VTT},
	{"application/x-subrip", export.SRT},
	{"text/plain", export.RTTM},
	{"text/csv", export.CSV},
}

func formats() []string {
	all := make([]string, len(media))
	for i, m := range media {
		all[i] = string(m.format)
	}
	return all
}

// answer is the form of the answer that a client wants.
type answer struct {
	format   export.Format
	progress bool // by server-sent events
}

// contentType is the media type of the format.
func (a answer) contentType() string {
	for _, m := range media {
		if m.format == a.format {
			if strings.HasPrefix(m.name, "text/") {
				return m.name + "; charset=utf-8"
			}
			return m.name
		}
	}
	return "application/octet-stream"
}

// negotiate reads ?format= and Accept. The format parameter decides the format of the
// result, or Accept if there is no parameter. Accept also decides whether progress is
// reported.
func negotiate(r *http.Request) (answer, error) {
	ranges := accepted(r.Header.Values("Accept"))
	a := answer{format: export.JSON, progress: slices.Contains(ranges, stream)}
	if f := r.URL.Query().Get("format"); f != "" {
		if !slices.Contains(formats(), f) {
			return a, refuse(http.StatusBadRequest, "format %.40q: expected one of %s", f, strings.Join(formats(), ", "))
		}
		a.format = export.Format(f)
		return a, nil
	}
	if a.progress || len(ranges) == 0 {
		return a, nil
	}
	for _, want := range ranges {
		for _, m := range media {
			kind, _, _ := strings.Cut(m.name, "/")
			if want == "*/*" || want == m.name || want == kind+"/*" && m.format != export.RTTM {
				a.format = m.format
				return a, nil
			}
		}
	}
	return a, refuse(http.StatusNotAcceptable, "Accept %.100q: expected one of application/json, text/vtt, application/x-subrip, text/plain (RTTM), text/csv, %s, or ?format=",
		strings.Join(r.Header.Values("Accept"), ", "), stream)
}

// accepted returns the media ranges of Accept with a positive weight, the greatest weight
// first.
func accepted(values []string) []string {
	type wanted struct {
		name string
		q    float64
	}
	var all []wanted
	for _, part := range strings.Split(strings.Join(values, ","), ",") {
		name, params, err := mime.ParseMediaType(part)
		if err != nil {
			continue
		}
		q := 1.0
		if v, ok := params["q"]; ok {
			if q, err = strconv.ParseFloat(v, 64); err != nil {
				continue
			}
		}
		if q > 0 {
			all = append(all, wanted{name, q})
		}
	}
	slices.SortStableFunc(all, func(a, b wanted) int {
		switch {
		case a.q > b.q:
			return -1
		case a.q < b.q:
			return 1
		}
		return 0
	})
	names := make([]string, len(all))
	for i, w := range all {
		names[i] = w.name
	}
	return names
}
