package page

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/voices/enroll"
	"github.com/seed-7adb9000/diarizer/internal/voices/remember"
)

// voices keeps voices in memory.
type voices struct {
	kept []remember.Wish
	fail error // error of all methods
}

func (v *voices) Keep(stream string, w remember.Wish) (string, error) {
	switch {
	case stream != "room":
		return "", fmt.Errorf("%w: nobody knows %s", remember.ErrRefused, stream)
	case w.Name == "Disk":
		return "", errors.New("the disk is full")
	}
	v.kept = append(v.kept, w)
	return "kept", nil
}

func (v *voices) Voices() ([]remember.Voice, error) {
	all := []remember.Voice{}
	for _, w := range v.kept {
		all = append(all, remember.Voice{Name: w.Name, Source: "stream room", Expires: w.Expires})
	}
	return all, v.fail
}

func (v *voices) Erase(name string) (string, error) {
	n := len(v.kept)
	v.kept = slices.DeleteFunc(v.kept, func(w remember.Wish) bool { return w.Name == name })
	if v.fail == nil && len(v.kept) == n {
		return "", fmt.Errorf("%q: %w", name, enroll.ErrNobody)
	}
	return name + " is erased", v.fail
}

// Everybody who may open the page can read whose voices are kept, and erase one. Nobody else can.
func TestVoicesAreShownAndErased(t *testing.T) {
	v := &voices{kept: []remember.Wish{{Name: "Ada/Łucja", Expires: time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)}}}
	const token = "a-token-that-nobody-knows"
	o := Options{Voices: v, Token: token}
	handler := newGuard(newHandler(NewHub(), o), o, "cookie")
	ask := func(h http.Handler, method, query, token, origin string) (int, string) {
		r := httptest.NewRequest(method, "http://page.example/voices"+query, nil)
		if token != "" {
			r.Header.Set("Authorization", "Bearer "+token)
		}
		if origin != "" {
			r.Header.Set("Origin", origin)
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w.Code, w.Body.String()
	}
	const ada = "?name=Ada%2F%C5%81ucja"
	for _, c := range []struct {
		status                       int
		says                         string
		method, query, token, origin string
	}{
		{401, "token", "GET", "", "", ""},
		{401, "token", "DELETE", ada, "another-token-of-somebody", ""},
		{403, "origin", "GET", "", token, "http://evil.example"},
		{403, "origin", "DELETE", ada, token, "http://evil.example"},
		{405, "", "POST", ada, token, ""},
		{200, `[{"name":"Ada/Łucja","source":"stream room","enrolled":"0001-01-01T00:00:00Z","expires":"2030-01-02T03:04:05Z"}]`, "GET", "", token, "http://page.example"},
		{400, "expected 1 to 64 characters", "DELETE", "", token, ""},
		{404, "nobody is enrolled", "DELETE", "?name=Grace", token, ""},
		{200, `"text":"Ada/Łucja is erased"`, "DELETE", ada, token, "http://page.example"},
		{404, "nobody is enrolled", "DELETE", ada, token, ""},
		{200, "[]\n", "GET", "", token, ""},
	} {
		if status, body := ask(handler, c.method, c.query, c.token, c.origin); status != c.status || !strings.Contains(body, c.says) {
			t.Errorf("%s %s: %d, %s, expected %d with %q", c.method, c.query, status, body, c.status, c.says)
		}
	}
	v.fail = errors.New("the disk is full")
	for _, method := range []string{"GET", "DELETE"} {
		if status, body := ask(handler, method, ada, token, ""); status != 500 || !strings.Contains(body, "disk is full") {
			t.Errorf("%s: %d, %s", method, status, body)
		}
		if status, body := ask(newHandler(NewHub(), Options{}), method, ada, "", ""); status != 403 || !strings.Contains(body, "--identify") {
			t.Errorf("%s of a page that keeps none: %d, %s", method, status, body)
		}
	}
}

// No voice is kept without consent and a time.
func TestRememberAsksForConsent(t *testing.T) {
	v := &voices{}
	handler := newHandler(NewHub(), Options{Voices: v})
	const good = `{"speaker":"S2","name":"Ada","days":90,"consent":true}`
	for _, c := range []struct {
		status       int
		says         string
		stream, body string
		kind         string
	}{
		{200, `"text":"kept"`, "room", good, "application/json"},
		{400, "consent", "room", `{"speaker":"S2","name":"Ada","days":90}`, "application/json"},
		{400, "consent", "room", `{"speaker":"S2","name":"Ada","days":90,"consent":false}`, "application/json"},
		{400, "days 0", "room", `{"speaker":"S2","name":"Ada","consent":true}`, "application/json"},
		{400, "days 4000", "room", `{"speaker":"S2","name":"Ada","days":4000,"consent":true}`, "application/json"},
		{400, "expected speaker", "room", `{"speaker":7}`, "application/json"},
		{400, "stream", "a.b", good, "application/json"},
		{409, "nobody knows", "other", good, "application/json"},
		{413, "too large", "room", `{"name":"` + strings.Repeat("x", maxWish) + `"}`, "application/json"},
		{415, "content type", "room", good, "text/plain"},
		{500, "disk is full", "room", `{"speaker":"S2","name":"Disk","days":90,"consent":true}`, "application/json"},
	} {
		r := httptest.NewRequest(http.MethodPost, "/remember?stream="+c.stream, strings.NewReader(c.body))
		r.Header.Set("Content-Type", c.kind)
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		if w.Code != c.status || !strings.Contains(w.Body.String(), c.says) {
			t.Errorf("%.60s: %d, %s, expected %d with %q", c.body, w.Code, w.Body, c.status, c.says)
		}
	}
	if got := v.kept; len(got) != 1 || got[0].Name != "Ada" || got[0].Speaker != 2 || time.Until(got[0].Expires) < 89*24*time.Hour {
		t.Errorf("kept %+v", got)
	}
	r := httptest.NewRequest(http.MethodPost, "/remember?stream=room", strings.NewReader(good))
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	newHandler(NewHub(), Options{}).ServeHTTP(w, r)
	if w.Code != http.StatusForbidden {
		t.Errorf("a page that keeps nothing: %d", w.Code)
	}
}

// A page asks about a speaker of the run that it showed. In a later run that speaker is somebody
// else.
func TestRememberIsAboutARun(t *testing.T) {
	hub, v := NewHub(), &voices{}
	handler := newHandler(hub, Options{Voices: v})
	for _, run := range []string{"run1", "run2"} {
		enc := event.Encoder{Stream: "room", Run: run}
		if err := hub.Event(enc.Start(event.Source{})); err != nil {
			t.Fatal(err)
		}
	}
	for run, status := range map[string]int{"run1": http.StatusConflict, "run2": http.StatusOK, "": http.StatusOK} {
		body := fmt.Sprintf(`{"run":%q,"speaker":"S2","name":"Ada","days":90,"consent":true}`, run)
		r := httptest.NewRequest(http.MethodPost, "/remember?stream=room", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		if w.Code != status || status == http.StatusConflict && !strings.Contains(w.Body.String(), "run run1, and this is run run2") {
			t.Errorf("%q: %d, %s, expected %d", run, w.Code, w.Body, status)
		}
	}
	if len(v.kept) != 2 {
		t.Errorf("%d voices were kept, expected 2", len(v.kept))
	}
}
