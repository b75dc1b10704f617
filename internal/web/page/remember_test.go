package page

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/seed-7adb9000/diarizer/internal/voices/remember"
)

// No voice is kept without consent and a time.
func TestRememberAsksForConsent(t *testing.T) {
	var got []remember.Wish
	keep := func(_ context.Context, stream string, w remember.Wish) (string, error) {
		switch {
		case stream != "room":
			return "", fmt.Errorf("%w: nobody knows %s", remember.ErrRefused, stream)
		case w.Name == "Disk":
			return "", errors.New("the disk is full")
		}
		got = append(got, w)
		return "kept", nil
	}
	handler := newHandler(NewHub(), Options{Remember: keep})
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
	if len(got) != 1 || got[0].Name != "Ada" || got[0].Speaker != 2 || time.Until(got[0].Expires) < 89*24*time.Hour {
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
