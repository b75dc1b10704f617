package httpapi_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"mime/multipart"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/show/export"
	"github.com/seed-7adb9000/diarizer/internal/web/httpapi"
)

// form is a recording as curl -F file=@NAME sends it.
func form(t *testing.T, name string, data []byte) (io.Reader, string) {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	if err := w.WriteField("comment", "passed over"); err != nil {
		t.Fatal(err)
	}
	f, err := w.CreateFormFile("file", name)
	if err == nil {
		_, err = f.Write(data)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return &b, w.FormDataContentType()
}

// The answers are the files that the program writes.
func TestAnswersAreThoseOfRun(t *testing.T) {
	s := serve(t, httpapi.Limits{}, "")
	data := recording(t)
	want := timelineOf(t, "talk", bytes.NewReader(data), capture.Options{})
	for _, c := range []struct {
		query, accept, kind string
		format              export.Format
	}{
		{"?name=talk", "text/vtt", "text/vtt; charset=utf-8", export.VTT},
		{"?name=talk&format=srt", "*/*", "application/x-subrip", export.SRT},
		{"?name=talk", "image/png, text/plain;q=0.5, text/csv;q=0", "text/plain; charset=utf-8", export.RTTM},
		{"", "text/csv", "text/csv; charset=utf-8", export.CSV},
		{"?name=talk", "", "application/json", export.JSON},
	} {
		var body io.Reader = bytes.NewReader(data)
		header := []string{"Accept", c.accept}
		if c.query == "" { // the name is the file's
			var kind string
			body, kind = form(t, "talk.wav", data)
			header = append(header, "Content-Type", kind)
		}
		status, text, h := s.ask("POST", "/v1/diarize"+c.query, body, header...)
		if status != http.StatusOK || h.Get("Content-Type") != c.kind || h.Get("Diarizer-Warning") != "" {
			t.Fatalf("%s %s: %d, %v, %.100s", c.query, c.accept, status, h, text)
		}
		var b bytes.Buffer
		if err := export.Write(&b, c.format, []*event.Timeline{want}); err != nil {
			t.Fatal(err)
		}
		if c.format == export.CSV { // CSV names the run
			text = strings.ReplaceAll(text, strings.Split(text, ",")[10], want.Run())
		}
		if c.format == export.JSON {
			if got, want := turnsIn(t, []byte(text)), turnsIn(t, b.Bytes()); got != want {
				t.Errorf("got %s, expected %s", got, want)
			}
		} else if text != b.String() {
			t.Errorf("%s: got\n%s, expected\n%s", c.format, text, b.String())
		}
	}
	empty(t, s)
}

// turnsIn returns the turns of a document.
func turnsIn(t *testing.T, data []byte) string {
	t.Helper()
	var doc struct {
		Streams []struct{ Turns json.RawMessage }
	}
	if err := json.Unmarshal(data, &doc); err != nil || len(doc.Streams) != 1 {
		t.Fatalf("%v: %.200s", err, data)
	}
	return string(doc.Streams[0].Turns)
}

// empty checks that no uploaded recording is left.
func empty(t *testing.T, s *server) {
	t.Helper()
	for began := time.Now(); time.Since(began) < time.Minute; time.Sleep(20 * time.Millisecond) {
		files, err := os.ReadDir(s.temp)
		if err != nil {
			t.Fatal(err)
		}
		if len(files) == 0 {
			return
		}
	}
	t.Error("recordings are left behind")
}

// message is a server-sent event.
type message struct{ event, data string }

func messages(t *testing.T, text string) (all []message) {
	t.Helper()
	for block := range strings.SplitSeq(strings.TrimSuffix(text, "\n\n"), "\n\n") {
		var m message
		for line := range strings.SplitSeq(block, "\n") {
			field, value, _ := strings.Cut(line, ": ")
			switch field {
			case "event":
				m.event = value
			case "data":
				m.data += value + "\n"
			default:
				t.Fatalf("line %q", line)
			}
		}
		all = append(all, m)
	}
	return all
}

func TestProgressAndResult(t *testing.T) {
	s := serve(t, httpapi.Limits{}, "")
	data := recording(t)
	var want bytes.Buffer
	if err := export.Write(&want, export.VTT, []*event.Timeline{timelineOf(t, "talk", bytes.NewReader(data), capture.Options{})}); err != nil {
		t.Fatal(err)
	}
	status, text, h := s.ask("POST", "/v1/diarize?name=talk&format=vtt", bytes.NewReader(data), "Accept", "text/event-stream")
	if status != http.StatusOK || h.Get("Content-Type") != "text/event-stream" {
		t.Fatal(status, h)
	}
	all := messages(t, text)
	heard := -1.0
	for i, m := range all {
		switch {
		case m.event == "progress":
			conforms(t, "/components/schemas/Progress", []byte(m.data))
			var p struct{ Heard, Length float64 }
			if err := json.Unmarshal([]byte(m.data), &p); err != nil || p.Heard < heard || p.Length != 0 && p.Heard > p.Length {
				t.Errorf("%s after %v s", m.data, heard)
			}
			heard = p.Heard
		case m.event != "result" || i != len(all)-1 || m.data != want.String():
			t.Errorf("event %d of %d: %s %.200s", i, len(all), m.event, m.data)
		}
	}
	status, text, _ = s.ask("POST", "/v1/diarize", strings.NewReader("%PDF-1.7 and so on"), "Accept", "text/event-stream")
	all = messages(t, text)
	if last := all[len(all)-1]; status != http.StatusOK || last.event != "error" || !strings.Contains(last.data, `"status":415`) {
		t.Errorf("%d, %+v", status, last)
	} else {
		conforms(t, "/components/schemas/Failure", []byte(last.data))
	}
}

func TestRefusals(t *testing.T) {
	s := serve(t, httpapi.Limits{Bytes: 2 << 20, Sound: 10 * time.Second}, "")
	sound := recording(t)
	empties, boundary := form(t, "", nil)
	long := append(bytes.Clone(sound), make([]byte, 3<<20)...)
	for _, c := range []struct {
		status int
		says   string
		path   string
		body   io.Reader
		header []string
	}{
		{400, "format", "?format=doc", bytes.NewReader(sound), nil},
		{400, "parameter", "?formt=vtt", bytes.NewReader(sound), nil},
		{400, "once", "?format=vtt&format=srt", bytes.NewReader(sound), nil},
		{400, "speakers", "?speakers=0", bytes.NewReader(sound), nil},
		{400, "max_speakers=2", "?min_speakers=3&max_speakers=2", bytes.NewReader(sound), nil},
		{400, "without", "?speakers=3&max_speakers=2", bytes.NewReader(sound), nil},
		{400, "model", "?model=/etc/passwd", bytes.NewReader(sound), nil},
		{400, "channel", "?channel=each", bytes.NewReader(sound), nil},
		{400, "true or false", "?exclusive=yes", bytes.NewReader(sound), nil},
		{406, "text/vtt", "", bytes.NewReader(sound), []string{"Accept", "image/png"}},
		{400, "empty", "", http.NoBody, nil},
		{400, "no file", "", empties, []string{"Content-Type", boundary}},
		{400, "boundary", "", strings.NewReader("--a"), []string{"Content-Type", "multipart/form-data"}},
		{415, "text/html", "", strings.NewReader("<p>"), []string{"Content-Type", "text/html"}},
		{415, "PDF", "?name=it", strings.NewReader("%PDF-1.7 and so on"), nil},
		{415, "text file", "", strings.NewReader("Dear all, this is no sound."), nil},
		{422, "recording", "", bytes.NewReader(append([]byte("fLaC"), make([]byte, 100)...)), nil},
		{413, "10s", "", bytes.NewReader(sound), nil},
		{413, "2097152", "", bytes.NewReader(long), nil},
		{413, "2097152", "", io.MultiReader(bytes.NewReader(long)), nil}, // of unknown length
		{403, "origin", "", bytes.NewReader(sound), []string{"Origin", "https://evil.example"}},
		{403, "host", "", bytes.NewReader(sound), []string{"Host", "evil.example"}},
		{403, "origin", "", bytes.NewReader(sound), []string{"Sec-Fetch-Site", "cross-site"}},
	} {
		status, text, _ := s.ask("POST", "/v1/diarize"+c.path, c.body, c.header...)
		if status != c.status || !strings.Contains(text, c.says) || strings.Contains(text, s.temp) || strings.Count(strings.TrimSpace(text), "\n") > 0 {
			t.Errorf("%s %v: %d, %s, expected %d and a sentence with %q", c.path, c.header, status, text, c.status, c.says)
		}
	}
	empty(t, s)
}

func TestTokenIsAsked(t *testing.T) {
	const token = "0123456789abcdef"
	s := serve(t, httpapi.Limits{}, token)
	for _, path := range []string{"/v1/diarize", "/v1/live", "/v1/openapi.json"} {
		method := map[bool]string{true: "POST", false: "GET"}[path == "/v1/diarize"]
		for _, header := range [][]string{nil, {"Authorization", "Bearer 0123456789abcdeg"}, {"Authorization", "Basic " + token}} {
			if status, text, _ := s.ask(method, path, nil, header...); status != http.StatusUnauthorized || !strings.Contains(text, "token") {
				t.Errorf("%s %v: %d, %s", path, header, status, text)
			}
		}
	}
	if status, text, _ := s.ask("GET", "/v1/openapi.json", nil, "Authorization", "Bearer "+token); status != http.StatusOK || text != string(httpapi.Document()) {
		t.Error(status)
	}
}

// upload is a request whose recording does not come.
type upload struct {
	net.Conn
	in *bufio.Reader
}

// stalled begins an upload. When it returns, the upload has a place: only then does the server ask for
// the body.
func (s *server) stalled() upload {
	s.t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { conn.Close() })
	u := upload{conn, bufio.NewReader(conn)}
	if _, err := io.WriteString(conn, "POST /v1/diarize HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\nExpect: 100-continue\r\n\r\n"); err != nil {
		s.t.Fatal(err)
	}
	if status := u.status(s.t); status != http.StatusContinue {
		s.t.Fatalf("an upload is answered %d before it was sent", status)
	}
	return u
}

// status is the status of the next answer.
func (u upload) status(t testing.TB) int {
	t.Helper()
	_ = u.SetReadDeadline(time.Now().Add(time.Minute))
	answer, err := http.ReadResponse(u.in, nil)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	return answer.StatusCode
}

// pdf sends what is no recording, and returns the answer, which is 415 if there is a place.
func (s *server) pdf() (status int, text string, h http.Header) {
	s.t.Helper()
	return s.ask("POST", "/v1/diarize", strings.NewReader("%PDF-1.7"))
}

// free waits until there is a place.
func (s *server) free() {
	s.t.Helper()
	for began := time.Now(); time.Since(began) < time.Minute; time.Sleep(20 * time.Millisecond) {
		if status, _, _ := s.pdf(); status == http.StatusUnsupportedMediaType {
			return
		}
	}
	s.t.Fatal("places are not freed")
}

// A server with too much to do says so. A client that goes away, during its upload, the work or the
// wait, does not keep a place.
func TestPlacesAreBoundedAndFreed(t *testing.T) {
	s := serve(t, httpapi.Limits{Jobs: 1, Waiting: 1, Stall: time.Hour}, "")
	one, two := s.stalled(), s.stalled()
	if status, text, h := s.pdf(); status != http.StatusServiceUnavailable || !strings.Contains(text, "wait") || h.Get("Retry-After") == "" {
		t.Errorf("nobody was told that there is too much to do: %d, %s, %v", status, text, h)
	}
	one.Close()
	s.free()
	two.Close()
	for range 3 {
		ctx, cancel := context.WithCancel(t.Context())
		r, err := http.NewRequestWithContext(ctx, "POST", s.url+"/v1/diarize", bytes.NewReader(recording(t)))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Accept", "text/event-stream")
		answer, err := s.http.Do(r) // the first event: the upload is complete
		if err != nil {
			t.Fatal(err)
		}
		cancel()
		answer.Body.Close()
	}
	empty(t, s)
	s.free()
}

// An upload that stalls does not keep a place for long.
func TestStalledUploadIsRefused(t *testing.T) {
	s := serve(t, httpapi.Limits{Jobs: 1, Waiting: 1, Stall: 300 * time.Millisecond}, "")
	for range 2 {
		u := s.stalled()
		if status := u.status(t); status != http.StatusRequestTimeout {
			t.Errorf("an upload that stalled: %d", status)
		}
	}
	s.free()
	empty(t, s)
}

// The document names each route and each parameter that a route takes.
func TestDocumentNamesWhatIsThere(t *testing.T) {
	s := serve(t, httpapi.Limits{}, "")
	for pattern := range s.api.Routes() {
		method, path, _ := strings.Cut(pattern, " ")
		r, _ := http.NewRequest(method, path, nil)
		op, ok := operationOf(t, r)
		if !ok {
			t.Errorf("%s is not in the document", pattern)
			continue
		}
		if path == "/v1/openapi.json" {
			continue
		}
		header := []string{"Upgrade", "websocket"}
		_, text, _ := s.ask(method, path+"?nonsense=1", nil, header...)
		_, names, _ := strings.Cut(text, "expected one of ")
		known := strings.Split(strings.TrimRight(names, "\"}\n"), ", ")
		if len(known) != len(op.Parameters) {
			t.Errorf("%s takes %q, the document has %v", pattern, known, op.Parameters)
		}
		for _, p := range op.Parameters {
			if !strings.Contains(names, p.Name) {
				t.Errorf("%s: %s is not taken", pattern, p.Name)
			}
		}
	}
}
