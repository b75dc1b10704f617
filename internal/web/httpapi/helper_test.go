package httpapi_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.uber.org/goleak"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/capture/natsaudio"
	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/cli/demo"
	"github.com/seed-7adb9000/diarizer/internal/network/modelfile"
	"github.com/seed-7adb9000/diarizer/internal/pipeline"
	"github.com/seed-7adb9000/diarizer/internal/session"
	"github.com/seed-7adb9000/diarizer/internal/session/saved"
	"github.com/seed-7adb9000/diarizer/internal/web/httpapi"
	"github.com/seed-7adb9000/diarizer/internal/web/page"
	"github.com/seed-7adb9000/diarizer/online/model"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var light = sync.OnceValue(func() model.Model {
	m, _, err := modelfile.Embedded(modelfile.Light)
	if err != nil {
		panic(err)
	}
	return m
})

// server is the API behind the page's guard.
type server struct {
	t    testing.TB
	api  *httpapi.API
	url  string // without a slash at its end
	temp string
	http http.Client
	mu   sync.Mutex
	said []string // what the code that keeps recordings reports
}

func (s *server) say(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.said = append(s.said, err.Error())
}

func serve(t testing.TB, limits httpapi.Limits, token string) *server {
	t.Helper()
	return serveKept(t, limits, token, "")
}

// serveKept keeps live recordings in a directory, if that is not empty, and resumes those that are
// kept there.
func serveKept(t testing.TB, limits httpapi.Limits, token, dir string) *server {
	t.Helper()
	s := &server{t: t, temp: t.TempDir()}
	s.api = httpapi.New(httpapi.Options{
		Pipeline: func(name string) (pipeline.Config, error) {
			if name != "" && name != modelfile.Light {
				return pipeline.Config{}, errors.New("expected light")
			}
			return pipeline.Config{Model: light()}, nil
		},
		Live: live, Limits: limits, Temp: s.temp,
		Keeping: httpapi.Keeping{Dir: saved.Dir(dir), For: time.Hour, Say: func(err error) { s.say(err) }},
	})
	s.api.Restore()
	p, err := page.Serve(t.Context(), page.NewHub(), page.Options{Addr: "127.0.0.1:0", Token: token, Also: s.api.Routes()})
	if err != nil {
		t.Fatal(err)
	}
	s.url, _, _ = strings.Cut(p.URL(), "/?")
	s.url = strings.TrimSuffix(s.url, "/")
	transport := &http.Transport{}
	s.http.Transport = &documented{t: t, next: transport}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		if err := errors.Join(s.api.Close(ctx), p.Close()); err != nil {
			t.Error(err)
		}
		transport.CloseIdleConnections()
	})
	return s
}

// live diarizes live sound, and learns no voices.
func live(ctx context.Context, src capture.Source, opts session.Options, _ []saved.Learnt) (*event.Timeline, error) {
	return session.Run(ctx, src, opts)
}

// documented checks every answer against the OpenAPI document.
type documented struct {
	t    testing.TB
	next http.RoundTripper
}

type operation struct {
	Parameters []struct{ Name, In string }
	Responses  map[string]struct {
		Content map[string]struct{ Schema json.RawMessage }
	}
}

// operationOf is the operation of the document for a request.
func operationOf(t testing.TB, r *http.Request) (op operation, ok bool) {
	t.Helper()
	var doc struct {
		Paths map[string]map[string]operation
	}
	if err := json.Unmarshal(httpapi.Document(), &doc); err != nil {
		t.Fatal(err)
	}
	op, ok = doc.Paths[r.URL.Path][strings.ToLower(r.Method)]
	return op, ok
}

func (d *documented) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, err := d.next.RoundTrip(r)
	if err != nil {
		return answer, err
	}
	op, ok := operationOf(d.t, r)
	if !ok {
		d.t.Errorf("%s %s is not in the document", r.Method, r.URL.Path)
		return answer, nil
	}
	said, ok := op.Responses[fmt.Sprint(answer.StatusCode)]
	if !ok {
		d.t.Errorf("%s %s: status %d is not in the document", r.Method, r.URL.Path, answer.StatusCode)
	}
	kind, _, _ := mime.ParseMediaType(answer.Header.Get("Content-Type"))
	if _, ok := said.Content[kind]; !ok && answer.StatusCode != http.StatusSwitchingProtocols {
		d.t.Errorf("%s %s, %d: content type %q is not in the document", r.Method, r.URL.Path, answer.StatusCode, kind)
	}
	if kind == "application/json" {
		body, err := io.ReadAll(answer.Body)
		if err != nil {
			return answer, err
		}
		answer.Body = io.NopCloser(bytes.NewReader(body))
		path := fmt.Sprintf("/paths/%s/%s/responses/%d/content/%s/schema", strings.ReplaceAll(r.URL.Path, "/", "~1"), strings.ToLower(r.Method), answer.StatusCode, "application~1json")
		conforms(d.t, path, body)
	}
	return answer, nil
}

// schemas are the document's schemas, by their place in the document.
var schemas struct {
	sync.Mutex
	compiler *jsonschema.Compiler
}

// conforms checks JSON against a schema of the document.
func conforms(t testing.TB, place string, data []byte) {
	t.Helper()
	schemas.Lock()
	defer schemas.Unlock()
	if schemas.compiler == nil {
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(httpapi.Document()))
		if err != nil {
			t.Fatal(err)
		}
		schemas.compiler = jsonschema.NewCompiler()
		schemas.compiler.DefaultDraft(jsonschema.Draft2020)
		if err := schemas.compiler.AddResource("openapi.json", doc); err != nil {
			t.Fatal(err)
		}
	}
	schema, err := schemas.compiler.Compile("openapi.json#" + place)
	if err != nil {
		t.Fatal(err)
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		t.Errorf("%.200q: %v", data, err)
		return
	}
	if err := schema.Validate(value); err != nil {
		t.Errorf("%.200q: %v", data, err)
	}
}

// ask makes a request and reads the answer.
func (s *server) ask(method, path string, body io.Reader, header ...string) (status int, text string, h http.Header) {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), method, s.url+path, body)
	if err != nil {
		s.t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		if header[i] == "Host" {
			r.Host = header[i+1]
		}
		r.Header.Set(header[i], header[i+1])
	}
	answer, err := s.http.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer answer.Body.Close()
	data, err := io.ReadAll(answer.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return answer.StatusCode, string(data), answer.Header
}

// seconds is how much of the demo most tests use: three speakers.
const seconds = 16

// samples is the beginning of the demo as 16 kHz mono of 16 bits.
func samples(t testing.TB) []byte {
	t.Helper()
	rec, err := capture.OpenReader(t.Context(), demo.Recording(), "demo", capture.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer rec.Close()
	all, err := capture.ReadAll(t.Context(), rec)
	if err != nil {
		t.Fatal(err)
	}
	return natsaudio.AppendS16(nil, all[:seconds*capture.Rate])
}

// recording is the same sound as a WAV file.
func recording(t testing.TB) []byte {
	data := samples(t)
	b := binary.LittleEndian.AppendUint32([]byte("RIFF"), uint32(36+len(data)))
	b = append(b, "WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00"...)
	b = binary.LittleEndian.AppendUint32(b, capture.Rate)
	b = binary.LittleEndian.AppendUint32(b, 2*capture.Rate)
	b = append(b, "\x02\x00\x10\x00data"...)
	return append(binary.LittleEndian.AppendUint32(b, uint32(len(data))), data...)
}

// timelineOf is the timeline of a recording that does not go over HTTP.
func timelineOf(t testing.TB, name string, r io.Reader, opts capture.Options) *event.Timeline {
	t.Helper()
	rec, err := capture.OpenReader(t.Context(), r, name, opts)
	if err != nil {
		t.Fatal(err)
	}
	defer rec.Close()
	tl, err := session.Run(t.Context(), rec, session.Options{Stream: event.Token(name), Source: event.Source{Name: name}, Pipeline: pipeline.Config{Model: light()}})
	if err != nil {
		t.Fatal(err)
	}
	return tl
}
