package httpapi_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/seed-7adb9000/diarizer/internal/network/modelfile"
	"github.com/seed-7adb9000/diarizer/internal/pipeline"
	"github.com/seed-7adb9000/diarizer/internal/web/httpapi"
)

// FuzzRequest holds that every request is answered with a status of the document, and that
// no request is answered with an internal error.
func FuzzRequest(f *testing.F) {
	f.Add("POST", "format=vtt&name=a", "text/vtt", "audio/flac", []byte("fLaC"))
	f.Add("POST", "speakers=2&channel=1&exclusive=true", "text/event-stream;q=0.5, */*;q=0", "multipart/form-data; boundary=x", []byte("--x\r\nContent-Disposition: form-data; name=f; filename=\"a/../b\"\r\n\r\nRIFF\r\n--x--"))
	f.Add("GET", "stream=room&rate=8000&encoding=opus&framing=numbered", "", "", []byte{})
	f.Add("GET", "session=x&after=9", "", "", []byte{})
	f.Add("POST", "", "", "", []byte("RIFF\x24\x00\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00\x80\x3e\x00\x00\x00\x7d\x00\x00\x02\x00\x10\x00data\x04\x00\x00\x00\x01\x02\x03\x04"))
	api := httpapi.New(httpapi.Options{
		Pipeline: func(name string) (pipeline.Config, error) {
			if name != "" && name != modelfile.Light {
				return pipeline.Config{}, errors.New("expected light")
			}
			return pipeline.Config{Model: light()}, nil
		},
		Live: live, Limits: httpapi.Limits{Bytes: 1 << 16, Sound: time.Second}, Temp: f.TempDir(),
	})
	f.Cleanup(func() { _ = api.Close(f.Context()) })
	routes := api.Routes()
	f.Fuzz(func(t *testing.T, method, query, accept, kind string, body []byte) {
		path := "/v1/live"
		if method == "POST" {
			path = "/v1/diarize"
		} else {
			method = "GET"
		}
		r := httptest.NewRequest(method, "http://localhost"+path, strings.NewReader(string(body)))
		r.URL = &url.URL{Path: path, RawQuery: query}
		r.Header.Set("Accept", accept)
		r.Header.Set("Content-Type", kind)
		w := httptest.NewRecorder()
		routes[method+" "+path].ServeHTTP(w, r)
		op, _ := operationOf(t, r)
		if _, ok := op.Responses[fmt.Sprint(w.Code)]; !ok || w.Code == http.StatusInternalServerError {
			t.Fatalf("%s %s?%s: %d: %s", method, path, query, w.Code, w.Body)
		}
	})
}
