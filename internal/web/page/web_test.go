package page

import (
	"bytes"
	"fmt"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/seed-7adb9000/diarizer/internal/show/palette"
)

// The page loads nothing from other servers, has no code in its markup, and has the
// program's colours.
func TestPageIsItsOwn(t *testing.T) {
	files, err := web.ReadDir("web")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		data, err := web.ReadFile("web/" + f.Name())
		if err != nil {
			t.Fatal(err)
		}
		text := bytes.ReplaceAll(data, []byte(`xmlns="http://www.w3.org/2000/svg"`), nil)
		if found := regexp.MustCompile(`https?:|//[a-z]+\.|innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(| on[a-z]+=|style="`).Find(text); found != nil {
			t.Errorf("%s has %q", f.Name(), found)
		}
		r := httptest.NewRequest("GET", "/"+strings.TrimPrefix(f.Name(), "index.html"), nil)
		w := httptest.NewRecorder()
		newHandler(NewHub(), Options{}).ServeHTTP(w, r)
		if w.Code != 200 || !bytes.Equal(w.Body.Bytes(), data) {
			t.Errorf("%s is not served: status %d", f.Name(), w.Code)
		}
	}
	js, err := web.ReadFile("web/text.js")
	if err != nil {
		t.Fatal(err)
	}
	var colours []string
	for i := range palette.Count {
		colours = append(colours, fmt.Sprintf("%q", palette.Of(i).Hex()))
	}
	if want := "palette = [" + strings.Join(colours, ", ") + "]"; !bytes.Contains(js, []byte(want)) {
		t.Errorf("text.js has other colours than %s", want)
	}
}
