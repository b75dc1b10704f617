package page

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/voices/remember"
)

// Remember keeps the voice of a person who has consented, and returns a sentence for that
// person. An error that is the page's fault matches [remember.ErrRefused].
type Remember func(ctx context.Context, stream string, w remember.Wish) (said string, err error)

// maxWish is far above the size of a page's request, in bytes.
const maxWish = 4 << 10

// mostDays is the longest time for which a page can have a voice kept.
const mostDays = 3650

// wish is the request of a page to keep a voice.
type wish struct {
	Speaker event.Speaker `json:"speaker"`
	Name    string        `json:"name"`
	Days    int           `json:"days"`    // until the voice is erased
	Consent bool          `json:"consent"` // whether the person has consented
}

// remember answers a request to keep a voice.
func (h *handler) remember(w http.ResponseWriter, r *http.Request) {
	said, status, err := h.wish(w, r)
	answer := map[string]string{"text": said}
	if err != nil {
		answer = map[string]string{"error": err.Error()}
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(answer) // the client is gone
}

func (h *handler) wish(w http.ResponseWriter, r *http.Request) (said string, status int, err error) {
	stream := r.URL.Query().Get("stream")
	if err := event.CheckStream(stream); err != nil {
		return "", http.StatusBadRequest, err
	}
	if r.Header.Get("Content-Type") != "application/json" {
		return "", http.StatusUnsupportedMediaType, errors.New("content type: expected application/json")
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxWish))
	if err != nil {
		return "", http.StatusRequestEntityTooLarge, err
	}
	var ask wish
	if err := json.Unmarshal(body, &ask); err != nil {
		return "", http.StatusBadRequest, fmt.Errorf("expected speaker, name, days and consent: %w", err)
	}
	switch {
	case h.keep == nil:
		return "", http.StatusForbidden, errors.New("this server keeps no voices: start it with --identify")
	case !ask.Consent:
		return "", http.StatusBadRequest, errors.New("consent: expected true: the person whose voice it is has to agree")
	case ask.Days < 1 || ask.Days > mostDays:
		return "", http.StatusBadRequest, fmt.Errorf("days %d: expected 1 to %d, after which the voice is erased", ask.Days, mostDays)
	}
	said, err = h.keep(r.Context(), stream, remember.Wish{Speaker: ask.Speaker, Name: ask.Name, Expires: time.Now().AddDate(0, 0, ask.Days)})
	switch {
	case err == nil:
		return said, http.StatusOK, nil
	case errors.Is(err, remember.ErrRefused):
		return "", http.StatusConflict, err
	}
	return "", http.StatusInternalServerError, err
}
