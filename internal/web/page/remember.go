package page

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/voices/enroll"
	"github.com/seed-7adb9000/diarizer/internal/voices/remember"
)

// Voices keeps the voices of people, as a [remember.Keeper] does.
type Voices interface {
	// Keep keeps the voice of a person who has consented. It returns a sentence that says what
	// happens to the voice. If the voice cannot be kept, the error matches [remember.ErrRefused].
	Keep(stream string, w remember.Wish) (said string, err error)
	// Voices returns the voices that are kept.
	Voices() ([]remember.Voice, error)
	// Erase erases the voices that are kept under a name. It returns a sentence that says what was
	// erased, and that nothing of it is left. If nothing is kept under the name, the error matches
	// [enroll.ErrNobody].
	Erase(name string) (said string, err error)
}

// maxWish is far above the size of a page's request, in bytes.
const maxWish = 4 << 10

// mostDays is the longest time for which a page can have a voice kept.
const mostDays = 3650

// wish is the request of a page to keep a voice.
type wish struct {
	Run     string        `json:"run"` // that Speaker is of; empty for the latest one
	Speaker event.Speaker `json:"speaker"`
	Name    string        `json:"name"`
	Days    int           `json:"days"`    // until the voice is erased
	Consent bool          `json:"consent"` // whether the person has consented
}

// errNoVoices is the answer of a server that keeps no voices.
var errNoVoices = errors.New("this server keeps no voices: start it with --identify")

// remember answers the request to keep a voice.
func (h *handler) remember(w http.ResponseWriter, r *http.Request) {
	said, status, err := h.wish(w, r)
	say(w, said, status, err)
}

// erase answers the request to erase a voice.
func (h *handler) erase(w http.ResponseWriter, r *http.Request) {
	if h.voices == nil {
		say(w, "", http.StatusForbidden, errNoVoices)
		return
	}
	name := r.URL.Query().Get("name")
	if err := enroll.CheckName(name); err != nil {
		say(w, "", http.StatusBadRequest, err)
		return
	}
	said, err := h.voices.Erase(name)
	switch {
	case err == nil:
		say(w, said, http.StatusOK, nil)
	case errors.Is(err, enroll.ErrNobody):
		say(w, "", http.StatusNotFound, err)
	default:
		say(w, "", http.StatusInternalServerError, err)
	}
}

// listVoices answers with the list of the voices that are kept.
func (h *handler) listVoices(w http.ResponseWriter, _ *http.Request) {
	if h.voices == nil {
		say(w, "", http.StatusForbidden, errNoVoices)
		return
	}
	all, err := h.voices.Voices()
	if err != nil {
		say(w, "", http.StatusInternalServerError, err)
		return
	}
	answer(w, http.StatusOK, all)
}

// say answers with a sentence or an error.
func say(w http.ResponseWriter, said string, status int, err error) {
	if err != nil {
		answer(w, status, map[string]string{"error": err.Error()})
		return
	}
	answer(w, status, map[string]string{"text": said})
}

func answer(w http.ResponseWriter, status int, value any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(value) // if it fails, the client is gone
}

// wish reads a request to keep a voice, and carries it out.
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
	case h.voices == nil:
		return "", http.StatusForbidden, errNoVoices
	case !ask.Consent:
		return "", http.StatusBadRequest, errors.New("consent: expected true: the person whose voice it is has to agree")
	case ask.Days < 1 || ask.Days > mostDays:
		return "", http.StatusBadRequest, fmt.Errorf("days %d: expected 1 to %d, after which the voice is erased", ask.Days, mostDays)
	}
	if now := h.hub.latest(stream); ask.Run != "" && now != "" && ask.Run != now {
		return "", http.StatusConflict, fmt.Errorf("%w: it is of run %s, and this is run %s, whose speakers are others", remember.ErrRefused, ask.Run, now)
	}
	said, err = h.voices.Keep(stream, remember.Wish{Speaker: ask.Speaker, Name: ask.Name, Expires: time.Now().AddDate(0, 0, ask.Days)})
	switch {
	case err == nil:
		return said, http.StatusOK, nil
	case errors.Is(err, remember.ErrRefused):
		return "", http.StatusConflict, err
	}
	return "", http.StatusInternalServerError, err
}
